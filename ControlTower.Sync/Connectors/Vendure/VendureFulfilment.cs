using System.Text.Json;
using System.Text.Json.Nodes;
using ControlTower.Data.Canonical;
using ControlTower.Sync.Connectors.Http;

namespace ControlTower.Sync.Connectors.Vendure;

/// <summary>
/// Tells the shop that goods left: adds a fulfillment and moves it to Shipped. A fulfillment is ours if it bears our key, in the method's name, so that a second one
/// for the same parcel is never added; one that was added but not moved on is moved on.
/// </summary>
internal sealed class VendureFulfilment(ConnectionProfile profile, VendureApi api)
{
    private const string Pending = "Pending";

    public async Task<Outcome> SendAsync(FulfilOrder command, CancellationToken cancel)
    {
        var (order, failure) = await ReadAsync(command, cancel).ConfigureAwait(false);
        if (failure is not null)
        {
            return failure;
        }

        if (Ours(order, command) is { } ours)
        {
            return VendureErrors.Text(ours, "state") == Pending ? await ShipAsync(VendureErrors.Text(ours, "id")!, cancel).ConfigureAwait(false) : Done(ours);
        }

        var (lines, refused) = Lines(order, command);
        if (refused is not null)
        {
            return refused;
        }

        var (data, failed) = await api.QueryAsync(VendureQueries.Fulfil, new JsonObject { ["input"] = Input(command, lines) }, write: true, cancel).ConfigureAwait(false);
        return failed
            ?? (!data.TryGetProperty("addFulfillmentToOrder", out var added) ? HttpOutcome.Garbled(write: true, "it names no fulfillment")
                : VendureErrors.OfUnion(added) is { } no ? no
                : VendureErrors.Text(added, "id") is { } id ? await ShipAsync(id, cancel).ConfigureAwait(false)
                : HttpOutcome.Garbled(write: true, "it names no fulfillment"));
    }

    public async Task<LookUp> LookUpAsync(FulfilOrder command, CancellationToken cancel)
    {
        var (order, failure) = await ReadAsync(command, cancel).ConfigureAwait(false);
        return failure is not null ? HttpOutcome.Undecided(failure)
            : Ours(order, command) is { } ours && VendureErrors.Text(ours, "state") != Pending ? new LookUp.Found(Done(ours))
            : new LookUp.Absent();
    }

    private async Task<Outcome> ShipAsync(string id, CancellationToken cancel)
    {
        var variables = new JsonObject { ["id"] = id, ["state"] = VendureStates.Shipped };
        var (data, failure) = await api.QueryAsync(VendureQueries.Ship, variables, write: true, cancel).ConfigureAwait(false);
        return failure
            ?? (!data.TryGetProperty("transitionFulfillmentToState", out var moved) ? HttpOutcome.Garbled(write: true, "it names no fulfillment")
                : (Outcome?)VendureErrors.OfUnion(moved) ?? new Outcome.Accepted(id));
    }

    private async Task<(JsonElement Order, Outcome? Failure)> ReadAsync(FulfilOrder command, CancellationToken cancel)
    {
        var (data, failure) = await api.QueryAsync(VendureQueries.Fulfillable, new JsonObject { ["id"] = command.Order.Id }, write: false, cancel).ConfigureAwait(false);
        return failure is not null ? (default, failure)
            : !data.TryGetProperty("order", out var order) ? (default, HttpOutcome.Garbled(write: false, "it names no order"))
            : order.ValueKind != JsonValueKind.Object
                ? (default, new Outcome.Refused(FailureKind.Missing, "order-gone", $"Vendure has no order {command.Order.Id}."))
            : (order, null);
    }

    private static JsonElement? Ours(JsonElement order, FulfilOrder command)
        => Items(order, "fulfillments")
            .Where(f => VendureErrors.Text(f, "state") != VendureStates.Cancelled)
            .Where(f => VendureErrors.Text(f, "method")?.Contains($"[{command.Key.Value}]", StringComparison.Ordinal) == true)
            .Cast<JsonElement?>().FirstOrDefault();

    private static Outcome.Accepted Done(JsonElement fulfillment) => new(VendureErrors.Text(fulfillment, "id") ?? string.Empty);

    private JsonObject Input(FulfilOrder command, IReadOnlyList<(string Line, int Quantity)> lines) => new()
    {
        ["lines"] = new JsonArray([.. lines.Select(l => new JsonObject { ["orderLineId"] = l.Line, ["quantity"] = l.Quantity })]),
        ["handler"] = new JsonObject
        {
            ["code"] = profile.Settings.GetValueOrDefault("fulfillmentHandler") is { Length: > 0 } handler ? handler : "manual-fulfillment",
            ["arguments"] = new JsonArray(
                Argument("method", $"{command.Tracking?.Carrier ?? "Delivery"} [{command.Key.Value}]"),
                Argument("trackingCode", command.Tracking?.Number ?? string.Empty)),
        },
    };

    private static JsonObject Argument(string name, string value) => new() { ["name"] = name, ["value"] = value };

    // SKUs to order lines: what is not yet in a fulfillment, first line first.
    private static (List<(string Line, int Quantity)> Lines, Outcome.Refused? Refused) Lines(JsonElement order, FulfilOrder command)
    {
        var taken = Items(order, "fulfillments").Where(f => VendureErrors.Text(f, "state") != VendureStates.Cancelled)
            .SelectMany(f => Items(f, "lines"))
            .GroupBy(l => VendureErrors.Text(l, "orderLineId") ?? string.Empty, StringComparer.Ordinal)
            .ToDictionary(g => g.Key, g => g.Sum(Quantity), StringComparer.Ordinal);
        var open = Items(order, "lines").Select(l => (
            Line: VendureErrors.Text(l, "id") ?? string.Empty,
            Sku: VendureErrors.Text(l, "productVariant", "sku"),
            Left: Quantity(l) - taken.GetValueOrDefault(VendureErrors.Text(l, "id") ?? string.Empty))).ToList();
        List<(string Line, int Quantity)> lines = [];
        foreach (var (sku, quantity) in command.Lines.GroupBy(l => l.Sku, StringComparer.Ordinal).Select(g => (g.Key, g.Sum(l => l.Quantity))))
        {
            var wanted = quantity;
            foreach (var line in open.Where(l => l.Sku == sku && l.Left > 0))
            {
                var part = Math.Min(wanted, line.Left);
                if (part > 0)
                {
                    lines.Add((line.Line, part));
                    wanted -= part;
                }
            }

            if (wanted > 0)
            {
                return ([], new Outcome.Refused(FailureKind.Value, "nothing-left-to-ship", $"The shop's order has {wanted} fewer of {sku} left to ship than the ERP shipped.", "lines"));
            }
        }

        return (lines, null);
    }

    private static IEnumerable<JsonElement> Items(JsonElement owner, string name)
        => owner.TryGetProperty(name, out var list) && list.ValueKind == JsonValueKind.Array ? list.EnumerateArray().Where(i => i.ValueKind == JsonValueKind.Object) : [];

    private static int Quantity(JsonElement line) => line.TryGetProperty("quantity", out var value) && value.TryGetInt32(out var number) ? number : 0;
}
