using System.Text.Json;
using System.Text.Json.Nodes;
using ControlTower.Data.Canonical;
using ControlTower.Sync.Connectors.Http;

namespace ControlTower.Sync.Connectors.Shopify;

/// <summary>
/// Fulfils what is left of an order. Shopify knows no key of ours here, so what is already fulfilled is read first: parcels with our tracking number count
/// as ours, and nothing can be fulfilled twice because only what remains is offered. One location's goods make one fulfilment.
/// </summary>
internal sealed class Fulfilment(GraphCall call, bool notifyCustomer)
{
    public async Task<Outcome> SendAsync(FulfilOrder command, CallScope scope, CancellationToken cancel)
    {
        var (order, failure) = await ReadAsync(command, scope, cancel).ConfigureAwait(false);
        if (failure is not null)
        {
            return failure;
        }

        if (order is null)
        {
            return new Outcome.Refused(FailureKind.Missing, "no-such-order", "The shop does not have this order.", "order");
        }

        var view = FulfilmentView.Of(order.Value);
        var wanted = view.Wanted(command);
        var picks = Pick(view, wanted);
        if (picks.Count == 0)
        {
            return Nothing(view, wanted, command);
        }

        Outcome last = new Outcome.Unknown("Nothing was sent.");
        foreach (var parcel in picks.GroupBy(p => p.Line.Location, StringComparer.Ordinal))
        {
            last = await CreateAsync(parcel, command, scope, cancel).ConfigureAwait(false);
            if (last is not Outcome.Accepted)
            {
                return last;
            }
        }

        return last;
    }

    public async Task<LookUp> LookUpAsync(FulfilOrder command, CallScope scope, CancellationToken cancel)
    {
        var (order, failure) = await ReadAsync(command, scope, cancel).ConfigureAwait(false);
        if (failure is not null)
        {
            return HttpOutcome.Undecided(failure);
        }

        if (order is null)
        {
            return new LookUp.Absent();
        }

        // Without a tracking number a parcel with just these goods is taken for ours: to fulfil too little can be mended, to tell a customer twice cannot.
        var view = FulfilmentView.Of(order.Value);
        var twin = command.Tracking?.Number is { Length: > 0 } ? null : view.Twin(command);
        var wanted = view.Wanted(command);
        return twin is not null ? new LookUp.Found(Accepted(twin))
            : wanted.Count == 0 && view.Marked(command).FirstOrDefault() is { } marked ? new LookUp.Found(Accepted(marked))
            : Pick(view, wanted).Count == 0 && !view.Held && view.Parcels is [.., var some] ? new LookUp.Found(Accepted(some))
            : new LookUp.Absent();
    }

    private async Task<(JsonElement? Order, Outcome? Failure)> ReadAsync(FulfilOrder command, CallScope scope, CancellationToken cancel)
    {
        var variables = new JsonObject { ["id"] = Acknowledgement.Gid(command.Order) };
        var (data, failure) = await call.ReadAsync(ShopifyDocuments.Fulfilment, variables, scope, cancel).ConfigureAwait(false);
        return failure is null ? (data.At("order"), null) : (null, failure);
    }

    private static List<(FulfilmentView.OpenLine Line, int Quantity)> Pick(FulfilmentView view, Dictionary<string, int> wanted)
    {
        var left = new Dictionary<string, int>(wanted, StringComparer.Ordinal);
        var picks = new List<(FulfilmentView.OpenLine, int)>();
        foreach (var line in view.Open)
        {
            var quantity = Math.Min(left.GetValueOrDefault(line.Sku), line.Remaining);
            if (quantity > 0)
            {
                left[line.Sku] -= quantity;
                picks.Add((line, quantity));
            }
        }

        return picks;
    }

    private static Outcome Nothing(FulfilmentView view, Dictionary<string, int> wanted, FulfilOrder command)
    {
        if (view.Held)
        {
            return new Outcome.Refused(FailureKind.Refused, "on-hold", "The shop holds this order's fulfilment. Release the hold there, then retry.");
        }

        var mine = view.Marked(command).FirstOrDefault() ?? (view.Parcels is [.., var some] ? some : null);
        return mine is not null && wanted.Keys.All(sku => view.Parcels.Any(p => p.Quantities.ContainsKey(sku)))
            ? Accepted(mine)
            : new Outcome.Refused(FailureKind.Missing, "nothing-to-fulfil", "The shop has nothing left of these goods to fulfil.", "lines");
    }

    private async Task<Outcome> CreateAsync(
        IEnumerable<(FulfilmentView.OpenLine Line, int Quantity)> picks, FulfilOrder command, CallScope scope, CancellationToken cancel)
    {
        var fulfillment = new JsonObject
        {
            ["notifyCustomer"] = notifyCustomer,
            ["lineItemsByFulfillmentOrder"] = new JsonArray([.. picks.GroupBy(p => p.Line.UnitId, StringComparer.Ordinal).Select(unit => (JsonNode)new JsonObject
            {
                ["fulfillmentOrderId"] = unit.Key,
                ["fulfillmentOrderLineItems"] = new JsonArray([.. unit.Select(p => (JsonNode)new JsonObject { ["id"] = p.Line.LineId, ["quantity"] = p.Quantity })]),
            })]),
        };
        if (command.Tracking is { } tracking)
        {
            fulfillment["trackingInfo"] = TrackingInfo(tracking);
        }

        var (data, failure) = await call.WriteAsync(ShopifyDocuments.Fulfil, new JsonObject { ["fulfillment"] = fulfillment }, scope, cancel).ConfigureAwait(false);
        return failure
            ?? UserErrors.Of(data, "fulfillmentCreate")
            ?? (data.Text("fulfillmentCreate", "fulfillment", "id") is { } id
                ? new Outcome.Accepted(id, data.Text("fulfillmentCreate", "fulfillment", "name"))
                : HttpOutcome.Garbled(write: true, "it names no fulfilment"));
    }

    private static JsonObject TrackingInfo(Tracking tracking)
    {
        var info = new JsonObject();
        if (tracking.Carrier is { } carrier)
        {
            info["company"] = carrier;
        }

        if (tracking.Number is { } number)
        {
            info["number"] = number;
        }

        if (Uri.TryCreate(tracking.Url, UriKind.Absolute, out var url))
        {
            info["url"] = url.AbsoluteUri;
        }

        return info;
    }

    private static Outcome.Accepted Accepted(FulfilmentView.Parcel parcel) => new(parcel.Id);
}
