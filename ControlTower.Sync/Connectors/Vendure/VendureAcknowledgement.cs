using System.Text.Json;
using System.Text.Json.Nodes;
using ControlTower.Data.Canonical;
using ControlTower.Sync.Connectors.Http;

namespace ControlTower.Sync.Connectors.Vendure;

/// <summary>
/// Leaves the ERP's number on the shop's order: in the custom field named by <c>ackField</c>, which may be set again at will, or as a private note, which may not:
/// a second note is kept out by reading the notes for our key first.
/// </summary>
internal sealed class VendureAcknowledgement(ConnectionProfile profile, VendureApi api)
{
    private string? Field => profile.Settings.GetValueOrDefault("ackField") is { Length: > 0 } name ? name : null;

    public bool SetsField => Field is not null;

    public async Task<Outcome> SendAsync(AcknowledgeOrder command, CancellationToken cancel)
    {
        var (there, failure) = await ReadAsync(command, cancel).ConfigureAwait(false);
        return failure ?? there ?? await WriteAsync(command, cancel).ConfigureAwait(false);
    }

    public async Task<LookUp> LookUpAsync(AcknowledgeOrder command, CancellationToken cancel)
    {
        var (there, failure) = await ReadAsync(command, cancel).ConfigureAwait(false);
        return failure is not null ? HttpOutcome.Undecided(failure) : there is not null ? new LookUp.Found(there) : new LookUp.Absent();
    }

    private async Task<Outcome> WriteAsync(AcknowledgeOrder command, CancellationToken cancel)
    {
        var (document, input, member) = Field is { } field
            ? (VendureQueries.SetCustomField(field), new JsonObject { ["id"] = command.Order.Id, ["customFields"] = new JsonObject { [field] = command.ErpNumber } }, "setOrderCustomFields")
            : (VendureQueries.AddNote, new JsonObject { ["id"] = command.Order.Id, ["note"] = Note(command), ["isPublic"] = false }, "addNoteToOrder");
        var (data, failure) = await api.QueryAsync(document, new JsonObject { ["input"] = input }, write: true, cancel).ConfigureAwait(false);
        return failure ?? (VendureErrors.Text(data, member, "id") is { } id
            ? Done(id, VendureErrors.Text(data, member, "code"))
            : HttpOutcome.Garbled(write: true, "it names no order"));
    }

    private async Task<(Outcome.Accepted? There, Outcome? Failure)> ReadAsync(AcknowledgeOrder command, CancellationToken cancel)
    {
        var document = Field is { } name ? VendureQueries.CustomField(name) : VendureQueries.Notes;
        var (data, failure) = await api.QueryAsync(document, new JsonObject { ["id"] = command.Order.Id }, write: false, cancel).ConfigureAwait(false);
        if (failure is not null)
        {
            return (null, failure);
        }

        if (!data.TryGetProperty("order", out var order))
        {
            return (null, HttpOutcome.Garbled(write: false, "it names no order"));
        }

        if (order.ValueKind != JsonValueKind.Object)
        {
            return (null, new Outcome.Refused(FailureKind.Missing, "order-gone", $"Vendure has no order {command.Order.Id}."));
        }

        var there = Field is { } field
            ? VendureErrors.Text(order, "customFields", field) == command.ErpNumber
            : Notes(order).Any(n => n.Contains(Mark(command), StringComparison.Ordinal));
        return (there ? Done(command.Order.Id, VendureErrors.Text(order, "code")) : null, null);
    }

    private static IEnumerable<string> Notes(JsonElement order)
        => order.TryGetProperty("history", out var history) && history.TryGetProperty("items", out var items) && items.ValueKind == JsonValueKind.Array
            ? items.EnumerateArray().Select(i => VendureErrors.Text(i, "data", "note")).OfType<string>()
            : [];

    private static string Note(AcknowledgeOrder command) => $"ERP order {command.ErpNumber} {Mark(command)}";

    private static string Mark(AcknowledgeOrder command) => $"[{command.Key.Value}]";

    private static Outcome.Accepted Done(string id, string? code) => new(id, code);
}
