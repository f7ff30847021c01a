using System.Globalization;
using ControlTower.Simulator.Traffic;
using GraphQL;

namespace ControlTower.Simulator.Shopify.GraphQl;

/// <summary>Price lists, what a buyer of each is charged, and prices that are fixed on them. Of what one call fixes or takes off, all takes effect or nothing.</summary>
internal static class PriceListNodes
{
    private const int Most = 250;

    public static readonly NodeType<PriceList> List = new("PriceList")
    {
        ["id"] = (l, _) => Ids.Gid("PriceList", l.Id),
        ["name"] = (l, _) => l.Name,
        ["currency"] = (l, _) => l.Currency,
        ["fixedPricesCount"] = (l, a) => a.Shop.Read(() => a.Shop.PriceLists.Count(l)),
        ["parent"] = (l, _) => l.Off == 0 ? null : new Bag("PriceListParent")
        {
            ["adjustment"] = new Bag("PriceListAdjustment") { ["type"] = l.Off > 0 ? "PERCENTAGE_DECREASE" : "PERCENTAGE_INCREASE", ["value"] = (double)Math.Abs(l.Off * 100) },
        },
        ["prices"] = (l, a) => Connection.Of("PriceListPrice", a, Prices(l, a)),
    };

    private static readonly NodeType<(PriceList List, Article Article)> Price = new("PriceListPrice")
    {
        ["variant"] = (x, _) => CatalogNodes.Variant.Of(x.Article),
        ["originType"] = (x, a) => Shown(x, a).Fixed is null ? "RELATIVE" : "FIXED",
        ["price"] = (x, a) => Money(x.List, Shown(x, a).Fixed?.Price ?? PriceLists.Reckoned(x.List, Shown(x, a).Own.Price)),
        ["compareAtPrice"] = (x, a) => Compared(x.List, Shown(x, a)) is { } amount ? Money(x.List, amount) : null,
    };

    public static async Task<object?> Add(Asked a, string payload)
    {
        var list = Need(a);
        var rows = a.Context.GetArgument<List<Dictionary<string, object?>>>("prices");
        if (rows.Count is 0 or > Most) throw new ShopRefusal($"The input must have 1 to {Most} prices.", "BLANK", "prices");
        var articles = await a.Shop.ChangeAsync(change =>
        {
            var all = rows.Select((row, i) => (Article: Known(a, row.GetValueOrDefault("variantId") as string, "prices", i, "variantId"), Price: Amount(list, row, "price", i)!.Value, CompareAt: Amount(list, row, "compareAtPrice", i))).ToList();
            foreach (var (article, price, compareAt) in all) a.Shop.PriceLists.Fix(change, new FixedPrice(list.Id, Ids.Variant(a.Shop.Market, article), price, compareAt));
            return all.Select(x => x.Article).ToList();
        });
        return Mutations.Done(payload, ("prices", articles.Select(x => Price.Of((list, x))).ToList()));
    }

    public static async Task<object?> Delete(Asked a, string payload)
    {
        var list = Need(a);
        var gids = a.Context.GetArgument<string[]>("variantIds");
        await a.Shop.ChangeAsync(change =>
        {
            var all = gids.Select((gid, i) => (Variant: Ids.Variant(a.Shop.Market, Known(a, gid, "variantIds", i)), At: i)).ToList();
            if (all.FirstOrDefault(x => a.Shop.PriceLists.Fixed(list, x.Variant) is null) is { Variant: > 0 } free)
            {
                throw new ShopRefusal("Only fixed prices can be deleted.", "PRICE_NOT_FIXED", "variantIds", free.At.ToString(CultureInfo.InvariantCulture));
            }

            foreach (var (variant, _) in all) a.Shop.PriceLists.Take(change, list, variant);
            return true;
        });
        return Mutations.Done(payload, ("deletedFixedPriceVariantIds", gids));
    }

    private static List<INode> Prices(PriceList list, Asked a)
    {
        if (a.Arg<string>("originType") is not null) throw new NotModelled("PriceList.prices", "originType");
        var alternatives = SearchQuery.Alternatives(a.Arg<string>("query"));
        if (alternatives.SelectMany(t => t).FirstOrDefault(t => t.Field != "variant_id") is { } unknown) throw new NotModelled("PriceList.prices", unknown.Field);
        return
        [
            .. Traffic.Range.Of(a.Shop.Market.Brand)
                .Where(x => alternatives.Any(terms => terms.All(t => t.Value == Ids.Variant(a.Shop.Market, x).ToString(CultureInfo.InvariantCulture)))).Select(x => Price.Of((list, x))),
        ];
    }

    private static (FixedPrice? Fixed, Listing Own) Shown((PriceList List, Article Article) x, Asked a) =>
        a.Shop.Read(() => (a.Shop.PriceLists.Fixed(x.List, Ids.Variant(a.Shop.Market, x.Article)), a.Shop.Listings.Of(x.Article)));

    private static decimal? Compared(PriceList list, (FixedPrice? Fixed, Listing Own) shown) =>
        shown.Fixed is { } fix ? fix.CompareAt : shown.Own.CompareAt is { } compareAt ? PriceLists.Reckoned(list, compareAt) : null;

    private static PriceList Need(Asked a) => a.Shop.PriceLists.Find(Ids.Parse("PriceList", a.Arg<string>("priceListId")) ?? 0) ?? throw new ShopRefusal("Price list does not exist.", "PRICE_LIST_NOT_FOUND", "priceListId");

    private static Article Known(Asked a, string? gid, params object[] at)
    {
        var id = Ids.Parse("ProductVariant", gid);
        return Traffic.Range.Of(a.Shop.Market.Brand).FirstOrDefault(x => Ids.Variant(a.Shop.Market, x) == id)
            ?? throw new ShopRefusal("Product variant does not exist.", "VARIANT_NOT_FOUND", [.. at.Select(x => Convert.ToString(x, CultureInfo.InvariantCulture)!)]);
    }

    private static decimal? Amount(PriceList list, Dictionary<string, object?> row, string field, int index)
    {
        if (row.GetValueOrDefault(field) is not IReadOnlyDictionary<string, object?> money) return null;
        return money.GetValueOrDefault("currencyCode")?.ToString() == list.Currency ? Convert.ToDecimal(money["amount"], CultureInfo.InvariantCulture)
            : throw new ShopRefusal("The currency must match the price list's currency.", "PRICE_LIST_CURRENCY_MISMATCH", "prices", index.ToString(CultureInfo.InvariantCulture), field, "currencyCode");
    }

    private static Bag Money(PriceList list, decimal amount) => new("MoneyV2") { ["amount"] = amount, ["currencyCode"] = list.Currency };
}
