using System.Text.Json.Nodes;
using ControlTower.Data.Canonical;
using ControlTower.Sync.Connectors.Http;

namespace ControlTower.Sync.Connectors.Shopify;

/// <summary>Ends a return of the shop's own: nothing more is expected. What is still asked for there is agreed to first, as the tower did. Saying it twice changes nothing.</summary>
internal sealed class ShopReturns(GraphCall call)
{
    public async Task<Outcome> CloseAsync(CloseReturn command, CallScope scope, CancellationToken cancel)
    {
        var (status, unread) = await StatusAsync(command, scope, cancel).ConfigureAwait(false);
        return unread ?? status switch
        {
            "CLOSED" => Closed(command),
            "REQUESTED" when await ApproveAsync(command, scope, cancel).ConfigureAwait(false) is { } refused => refused,
            _ => await EndAsync(command, scope, cancel).ConfigureAwait(false),
        };
    }

    public async Task<LookUp> LookUpAsync(CloseReturn command, CallScope scope, CancellationToken cancel)
    {
        var (status, unread) = await StatusAsync(command, scope, cancel).ConfigureAwait(false);
        return unread is not null ? HttpOutcome.Undecided(unread) : status == "CLOSED" ? new LookUp.Found(Closed(command)) : new LookUp.Absent();
    }

    private async Task<(string? Status, Outcome? Unread)> StatusAsync(CloseReturn command, CallScope scope, CancellationToken cancel)
    {
        var (data, failure) = await call.ReadAsync(ShopifyDocuments.ReturnById, new JsonObject { ["id"] = Gid(command.ReturnId) }, scope, cancel).ConfigureAwait(false);
        return (failure is null ? data.Text("return", "status") : null, failure);
    }

    private async Task<Outcome?> ApproveAsync(CloseReturn command, CallScope scope, CancellationToken cancel)
    {
        var input = new JsonObject { ["id"] = Gid(command.ReturnId) };
        var (data, failure) = await call.WriteAsync(ShopifyDocuments.ApproveReturn, new JsonObject { ["input"] = input }, scope, cancel).ConfigureAwait(false);
        return failure ?? UserErrors.Of(data, "returnApproveRequest");
    }

    private async Task<Outcome> EndAsync(CloseReturn command, CallScope scope, CancellationToken cancel)
    {
        var (data, failure) = await call.WriteAsync(ShopifyDocuments.CloseReturn, new JsonObject { ["id"] = Gid(command.ReturnId) }, scope, cancel).ConfigureAwait(false);
        return failure
            ?? UserErrors.Of(data, "returnClose")
            ?? (data.Text("returnClose", "return", "id") is { } id ? new Outcome.Accepted(id) : HttpOutcome.Garbled(write: true, "it names no return"));
    }

    private static Outcome.Accepted Closed(CloseReturn command) => new(Gid(command.ReturnId));

    public static string Gid(string returnId) => $"gid://shopify/Return/{returnId}";
}
