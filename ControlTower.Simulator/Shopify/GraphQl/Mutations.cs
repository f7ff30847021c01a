using ControlTower.Simulator.Shopify.Webhooks;
using GraphQL;
using GraphQL.Types;

namespace ControlTower.Simulator.Shopify.GraphQl;

/// <summary>The writes that the estate takes. A <see cref="ShopRefusal"/> becomes the payload's userErrors; the rest of the payload is then null.</summary>
internal static class Mutations
{
    private static readonly HashSet<string> NeedKey = new(StringComparer.Ordinal) { "inventorySetQuantities", "inventoryAdjustQuantities", "inventoryActivate", "refundCreate" };

    public static async ValueTask<object?> RunAsync(string field, Asked a)
    {
        var key = IdempotencyKey(a, field);
        var memory = a.Shop.Idempotency;
        if (key is not null && memory.Replay(field, key, a.Context, out var earlier)) return earlier;
        var payload = a.Context.FieldDefinition.ResolvedType!.GetNamedType().Name;
        object? result;
        try
        {
            if (((Func<string?>)a.Context.UserContext["refusal"]!)() is { } reason) throw new ShopRefusal(reason);
            result = await ApplyAsync(field, a, payload);
        }
        catch (ShopRefusal refusal)
        {
            result = Refused(payload, a.Context.FieldDefinition.ResolvedType!, refusal);
        }

        if (key is not null) memory.Keep(field, key, a.Context, result);
        return result;
    }

    private static async Task<object?> ApplyAsync(string field, Asked a, string payload) => field switch
    {
        "tagsAdd" => await Tags(a, payload, (tags, given) => [.. tags.Concat(given).Distinct(StringComparer.OrdinalIgnoreCase)]),
        "tagsRemove" => await Tags(a, payload, (tags, given) => [.. tags.Where(t => !given.Contains(t, StringComparer.OrdinalIgnoreCase))]),
        "metafieldsSet" => await OrderWrites.Metafields(a, payload),
        "orderUpdate" => await OrderWrites.Update(a, payload),
        "orderCancel" => await OrderWrites.Cancel(a, payload),
        "refundCreate" => await OrderWrites.Refund(a, payload),
        "returnApproveRequest" => await ReturnNodes.Approve(a, payload),
        "returnClose" => await ReturnNodes.Close(a, payload),
        "fulfillmentCreate" => await OrderWrites.Fulfil(a, payload),
        "fulfillmentTrackingInfoUpdate" => await OrderWrites.Track(a, payload),
        "inventorySetQuantities" => await StockWrites.Set(a, payload),
        "inventoryAdjustQuantities" => await StockWrites.Adjust(a, payload),
        "productVariantsBulkUpdate" => await ListingWrites.Update(a, payload),
        "priceListFixedPricesAdd" => await PriceListNodes.Add(a, payload),
        "priceListFixedPricesDelete" => await PriceListNodes.Delete(a, payload),
        "inventoryActivate" => StockWrites.Activate(a, payload),
        "webhookSubscriptionCreate" => await Subscribe(a, payload),
        "webhookSubscriptionUpdate" => await Resubscribe(a, payload),
        "webhookSubscriptionDelete" => await Unsubscribe(a, payload),
        _ when field.StartsWith("discount", StringComparison.Ordinal) => await DiscountWrites.Run(field, a, payload),
        _ => throw new NotModelled("Mutation", field),
    };

    private static async Task<object?> Tags(Asked a, string payload, Func<IReadOnlyList<string>, IReadOnlyList<string>, IReadOnlyList<string>> merge)
    {
        var given = a.Context.GetArgument<string[]>("tags");
        var id = Ids.Parse("Order", a.Arg<string>("id")) ?? throw new ShopRefusal("Invalid id", null, "id");
        var order = await a.Shop.AnnotateAsync(id, (o, _) => merge(o.Tags, given) is var tags && tags.SequenceEqual(o.Tags) ? o : o with { Tags = tags });
        return Done(payload, ("node", OrderNodes.Order.Of(order)));
    }

    private static async Task<object?> Subscribe(Asked a, string payload)
    {
        var input = a.Input("webhookSubscription");
        if (input.GetValueOrDefault("filter") is string { Length: > 0 }) throw new ShopRefusal("The estate does not evaluate subscription filters.", null, "webhookSubscription", "filter");
        if (input.GetValueOrDefault("format") as string == "XML") throw new ShopRefusal("The estate sends JSON only.", null, "webhookSubscription", "format");
        var topic = Topics.Header(a.Arg<string>("topic")!) ?? throw new ShopRefusal("The estate does not send this topic.", null, "topic");
        var uri = Uri(input) ?? throw new ShopRefusal("Address can't be blank", null, "webhookSubscription", "callbackUrl");
        var kept = await a.Shop.ChangeAsync(change => a.Shop.Subscriptions.Add(change, topic, uri, Strings(input, "includeFields") ?? [], input.GetValueOrDefault("name") as string));
        return Done(payload, ("webhookSubscription", OtherNodes.Subscription.Of(kept)));
    }

    private static async Task<object?> Resubscribe(Asked a, string payload)
    {
        var input = a.Input("webhookSubscription");
        var id = Ids.Parse("WebhookSubscription", a.Arg<string>("id")) ?? 0;
        var kept = await a.Shop.ChangeAsync(change => a.Shop.Subscriptions.Change(change, id, Uri(input), Strings(input, "includeFields")));
        return Done(payload, ("webhookSubscription", OtherNodes.Subscription.Of(kept)));
    }

    private static async Task<object?> Unsubscribe(Asked a, string payload)
    {
        var gid = a.Arg<string>("id");
        await a.Shop.ChangeAsync(change =>
        {
            a.Shop.Subscriptions.Remove(change, Ids.Parse("WebhookSubscription", gid) ?? 0);
            return true;
        });
        return Done(payload, ("deletedWebhookSubscriptionId", gid));
    }

    internal static Bag Done(string payload, params (string Field, object? Value)[] values)
    {
        var bag = new Bag(payload) { ["userErrors"] = Array.Empty<INode>(), ["orderCancelUserErrors"] = Array.Empty<INode>() };
        foreach (var (field, value) in values) bag[field] = value;
        return bag;
    }

    internal static IReadOnlyList<string>? Strings(IReadOnlyDictionary<string, object?> input, string name) =>
        (input.GetValueOrDefault(name) as IEnumerable<object?>)?.Select(x => x!.ToString()!).ToList();

    internal static IEnumerable<IReadOnlyDictionary<string, object?>> Rows(IReadOnlyDictionary<string, object?> input, string name) =>
        (input.GetValueOrDefault(name) as IEnumerable<object?> ?? []).Cast<IReadOnlyDictionary<string, object?>>();

    private static string? Uri(IReadOnlyDictionary<string, object?> input) => input.GetValueOrDefault("uri") as string ?? input.GetValueOrDefault("callbackUrl") as string;

    private static Refusal Refused(string payload, GraphQL.Types.IGraphType type, ShopRefusal refusal) => new(payload, type, refusal);

    private static string? IdempotencyKey(Asked a, string field)
    {
        var key = a.Context.GetDirective("idempotent")?.GetArgument<string?>("key");
        if (key is null && NeedKey.Contains(field)) throw new ExecutionError("The @idempotent directive is required for this mutation but was not provided.") { Code = "BAD_REQUEST" };
        if (key is not null && string.IsNullOrWhiteSpace(key)) throw new ExecutionError("The idempotency key cannot be blank.") { Code = "BAD_REQUEST" };
        return key;
    }

}
