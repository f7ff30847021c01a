using System.Globalization;
using ControlTower.Simulator.Traffic;
using GraphQL;

namespace ControlTower.Simulator.Shopify.GraphQl;

/// <summary>The reads that the estate answers.</summary>
internal static class Queries
{
    public static object? Run(string field, Asked a) => field switch
    {
        "shop" => OtherNodes.Shop.Of(a.Shop),
        "order" => OrderNodes.Order.OrNull(a.Shop.Find(Ids.Parse("Order", a.Arg<string>("id")) ?? 0)),
        "orders" => Orders(a),
        "return" => ReturnNodes.Return.OrNull(a.Shop.FindReturn(Ids.Parse("Return", a.Arg<string>("id")) ?? 0)),
        "ordersCount" => new Bag("Count") { ["count"] = Matching(a).Count, ["precision"] = "EXACT" },
        "fulfillmentOrder" => OrderNodesByFulfillmentOrder(a),
        "locations" => Connection.Of("Location", a, a.Shop.Market.Sites.Select((s, i) => OtherNodes.Location.Of((s, i))).ToList()),
        "location" => OtherNodes.Site(a.Shop, Ids.Parse("Location", a.Arg<string>("id")) ?? Ids.Location(a.Shop.Market, 0)) is { } site ? OtherNodes.Location.Of(site) : null,
        "inventoryItems" => Connection.Of("InventoryItem", a, Articles(a).Select(x => CatalogNodes.Item.Of(x)).ToList()),
        "inventoryItem" => CatalogNodes.Item.OrNull(a.Shop.Stock.Articles.GetValueOrDefault(Ids.Parse("InventoryItem", a.Arg<string>("id")) ?? 0)),
        "productVariants" => Connection.Of("ProductVariant", a, Articles(a).Select(x => CatalogNodes.Variant.Of(x)).ToList()),
        "products" => Connection.Of("Product", a, Traffic.Range.Of(a.Shop.Market.Brand).DistinctBy(x => x.StyleOrdinal).Select(x => CatalogNodes.Product.Of(x)).ToList()),
        "discountNodes" => DiscountNodes.Connected(a),
        "priceLists" => Connection.Of("PriceList", a, a.Shop.PriceLists.All.Select(l => PriceListNodes.List.Of(l)).ToList()),
        "priceList" => PriceListNodes.List.OrNull(a.Shop.PriceLists.Find(Ids.Parse("PriceList", a.Arg<string>("id")) ?? 0)),
        "shopifyPaymentsAccount" => PayoutNodes.Of(a.Shop),
        "discountNode" => DiscountNodes.ById(a),
        "customers" => Connection.Of("Customer", a, Customers(a)),
        "webhookSubscriptions" => Connection.Of("WebhookSubscription", a, Subscriptions(a).Select(s => OtherNodes.Subscription.Of(s)).ToList()),
        "webhookSubscription" => OtherNodes.Subscription.OrNull(a.Shop.Read(() => a.Shop.Subscriptions.Find(Ids.Parse("WebhookSubscription", a.Arg<string>("id")) ?? 0))),
        "node" => ById(a, a.Arg<string>("id")),
        "nodes" => a.Context.GetArgument<string[]>("ids").Select(id => ById(a, id)),
        _ => throw new NotModelled("QueryRoot", field),
    };

    public static INode? ById(Asked a, string? gid) => gid?.Split('/') is ["gid:", "", "shopify", var type, _] ? type switch
    {
        "Order" => OrderNodes.Order.OrNull(a.Shop.Find(Ids.Parse("Order", gid) ?? 0)),
        "Return" => ReturnNodes.Return.OrNull(a.Shop.FindReturn(Ids.Parse("Return", gid) ?? 0)),
        "WebhookSubscription" => OtherNodes.Subscription.OrNull(a.Shop.Read(() => a.Shop.Subscriptions.Find(Ids.Parse("WebhookSubscription", gid) ?? 0))),
        "ProductVariant" => CatalogNodes.Variant.OrNull(Traffic.Range.Of(a.Shop.Market.Brand).FirstOrDefault(x => Ids.Variant(a.Shop.Market, x) == Ids.Parse("ProductVariant", gid))),
        "InventoryItem" => CatalogNodes.Item.OrNull(a.Shop.Stock.Articles.GetValueOrDefault(Ids.Parse("InventoryItem", gid) ?? 0)),
        "Location" => OtherNodes.Site(a.Shop, Ids.Parse("Location", gid) ?? 0) is { } site ? OtherNodes.Location.Of(site) : null,
        _ => throw new NotModelled("Node", type),
    } : throw new ExecutionError($"Invalid global id '{gid}'") { Code = "argumentLiteralsIncompatible" };

    private static INode Orders(Asked a)
    {
        var sort = a.Arg<string>("sortKey") ?? "PROCESSED_AT";
        var rows = Matching(a).Select(o => (Key: Key(o, sort), Node: OrderNodes.Order.Of(o))).OrderBy(r => r.Key, StringComparer.Ordinal).ToList();
        return Connection.Of("Order", a, rows);
    }

    private static string Key(ShopOrder o, string sort)
    {
        var first = sort switch
        {
            "UPDATED_AT" => o.UpdatedAt.ToUnixTimeSeconds(),
            "CREATED_AT" or "PROCESSED_AT" => o.CreatedAt.ToUnixTimeSeconds(),
            "ID" or "ORDER_NUMBER" => o.Number,
            _ => throw new NotModelled("OrderSortKeys", sort),
        };
        return string.Create(CultureInfo.InvariantCulture, $"{first:D14}/{o.Id:D16}");
    }

    private static IReadOnlyList<ShopOrder> Matching(Asked a)
    {
        var terms = SearchQuery.Parse(a.Arg<string>("query"));
        foreach (var unknown in terms.Where(t => t.Field.Length > 0 && !Known.Contains(t.Field))) Warn(a, unknown);
        return a.Shop.Orders(o => terms.All(t => Fits(a.Shop.Market, o, t)));
    }

    private static readonly HashSet<string> Known = new(StringComparer.Ordinal)
    {
        "id", "name", "status", "tag", "tag_not", "created_at", "updated_at", "processed_at", "financial_status", "fulfillment_status", "email", "customer_id", "sku", "test",
    };

    private static bool Fits(Market market, ShopOrder o, SearchTerm t) => t.Field switch
    {
        "id" => t.Compares(o.Id, long.TryParse(t.Value, NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? id : -1),
        "name" => string.Equals(o.Name.TrimStart('#'), t.Value.TrimStart('#'), StringComparison.OrdinalIgnoreCase),
        "status" => t.Value switch { "any" => true, "cancelled" => o.CancelledAt is not null, "closed" => o.ClosedAt is not null, "open" => o.ClosedAt is null, _ => true },
        "tag" => o.Tags.Contains(t.Value, StringComparer.OrdinalIgnoreCase),
        "tag_not" => !o.Tags.Contains(t.Value, StringComparer.OrdinalIgnoreCase),
        "created_at" or "processed_at" => t.Time is { } time && t.Compares(o.CreatedAt, time),
        "updated_at" => t.Time is { } time && t.Compares(o.UpdatedAt, time),
        "financial_status" => t.Value == "any" || new OrderSums(market, o).FinancialStatus == t.Value,
        "fulfillment_status" => t.Value switch { "any" => true, "shipped" or "fulfilled" => new OrderSums(market, o).FulfillmentStatus == "fulfilled", "partial" => new OrderSums(market, o).FulfillmentStatus == "partial", _ => new OrderSums(market, o).FulfillmentStatus is null },
        "email" => string.Equals(o.Buyer.Email, t.Value, StringComparison.OrdinalIgnoreCase),
        "customer_id" => o.CustomerId.ToString(CultureInfo.InvariantCulture) == t.Value,
        "sku" => o.Lines.Any(l => string.Equals(l.Sku, t.Value, StringComparison.OrdinalIgnoreCase)),
        "test" => t.Value == "false",
        "" => o.Name.Contains(t.Value, StringComparison.OrdinalIgnoreCase) || o.Buyer.Email.Contains(t.Value, StringComparison.OrdinalIgnoreCase),
        _ => true,
    };

    private static void Warn(Asked a, SearchTerm term)
    {
        var warnings = (List<object>)a.Context.UserContext["search"]!;
        warnings.Add(new { path = new[] { a.Context.FieldAst.Name.StringValue }, query = a.Arg<string>("query"), warnings = new[] { new { field = term.Field, message = "Invalid search field for this query.", code = "invalid_field" } } });
    }

    private static IEnumerable<Article> Articles(Asked a)
    {
        var alternatives = SearchQuery.Alternatives(a.Arg<string>("query"));
        return Traffic.Range.Of(a.Shop.Market.Brand).Where(x => alternatives.Any(terms => terms.All(t => t.Field switch
        {
            "sku" => string.Equals(Listing(a, x).Sku, t.Value, StringComparison.OrdinalIgnoreCase),
            "barcode" => Listing(a, x).Barcode == t.Value,
            "updated_at" => t.Time is { } time && t.Compares(Listing(a, x).UpdatedAt, time),
            "id" => (long.TryParse(t.Value, NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? id : -1) is var n && (n == Ids.Variant(a.Shop.Market, x) || n == Ids.InventoryItem(a.Shop.Market, x)),
            _ => true,
        })));
    }

    private static Listing Listing(Asked a, Article article) => a.Shop.Read(() => a.Shop.Listings.Of(article));

    private static List<INode> Customers(Asked a) => a.Shop.Orders(_ => true).GroupBy(o => o.CustomerId).Select(g => g.MaxBy(o => o.Id)!)
        .Where(o => SearchQuery.Parse(a.Arg<string>("query")).All(t => t.Field != "updated_at" || (t.Time is { } time && t.Compares(o.CreatedAt, time)))).OrderBy(o => o.CustomerId).Select(o => OtherNodes.Customer.Of(o)).ToList();

    private static IEnumerable<Webhooks.Subscription> Subscriptions(Asked a)
    {
        var topics = a.Context.GetArgument<string[]?>("topics");
        var uri = a.Arg<string>("uri") ?? a.Arg<string>("callbackUrl");
        return a.Shop.Read(() => a.Shop.Subscriptions.All).Where(s => (topics is null || topics.Contains(Webhooks.Topics.Enum(s.Topic))) && (uri is null || s.Uri == uri));
    }

    private static INode? OrderNodesByFulfillmentOrder(Asked a)
    {
        var id = Ids.Parse("FulfillmentOrder", a.Arg<string>("id"));
        return a.Shop.Orders(o => o.FulfillmentOrderId == id).Select(o => ShippingNodes.FulfillmentOrder.Of(o)).FirstOrDefault();
    }
}
