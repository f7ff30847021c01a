using System.Text.Json.Nodes;
using ControlTower.Data.Canonical;
using ControlTower.Sync.Connectors.Http;

namespace ControlTower.Sync.Connectors.Shopify;

/// <summary>Ends a return of the shop's own: nothing more is expected. Saying it twice changes nothing.</summary>
internal sealed class ShopReturns(GraphCall call)
{
    public async Task<Outcome> CloseAsync(CloseReturn command, CallScope scope, CancellationToken cancel)
    {
        if (await LookUpAsync(command, scope, cancel).ConfigureAwait(false) is LookUp.Found { As: var closed })
        {
            return closed;
        }

        var (data, failure) = await call.WriteAsync(ShopifyDocuments.CloseReturn, new JsonObject { ["id"] = Gid(command.ReturnId) }, scope, cancel).ConfigureAwait(false);
        return failure
            ?? UserErrors.Of(data, "returnClose")
            ?? (data.Text("returnClose", "return", "id") is { } id ? new Outcome.Accepted(id) : HttpOutcome.Garbled(write: true, "it names no return"));
    }

    public async Task<LookUp> LookUpAsync(CloseReturn command, CallScope scope, CancellationToken cancel)
    {
        var (data, failure) = await call.ReadAsync(ShopifyDocuments.ReturnById, new JsonObject { ["id"] = Gid(command.ReturnId) }, scope, cancel).ConfigureAwait(false);
        return failure is not null ? HttpOutcome.Undecided(failure)
            : data.Text("return", "status") == "CLOSED" ? new LookUp.Found(new Outcome.Accepted(Gid(command.ReturnId)))
            : new LookUp.Absent();
    }

    public static string Gid(string returnId) => $"gid://shopify/Return/{returnId}";
}
