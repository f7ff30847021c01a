using System.Globalization;
using ControlTower.Simulator.Traffic;
using GraphQL;

namespace ControlTower.Simulator.Shopify.GraphQl;

/// <summary>Prices, what they are reduced from, and barcodes of a product's variants. All of them take effect or none.</summary>
internal static class ListingWrites
{
    public static async Task<object?> Update(Asked a, string payload)
    {
        var product = Ids.Parse("Product", a.Arg<string>("productId"));
        var articles = Traffic.Range.Of(a.Shop.Market.Brand).Where(x => Ids.Product(a.Shop.Market, x) == product).ToList();
        if (articles.Count == 0) throw new ShopRefusal("Product does not exist", "PRODUCT_DOES_NOT_EXIST", "productId");
        var rows = a.Context.GetArgument<List<Dictionary<string, object?>>>("variants");
        var written = await a.Shop.ChangeAsync(change =>
        {
            var all = rows.Select((row, i) => (Row: row, Article: Known(a, articles, row, i))).ToList();
            foreach (var (row, article) in all)
            {
                a.Shop.Listings.Change(change, article, l => l with
                {
                    Price = Money(row, "price") ?? l.Price,
                    CompareAt = row.ContainsKey("compareAtPrice") ? Money(row, "compareAtPrice") : l.CompareAt,
                    Barcode = row.TryGetValue("barcode", out var barcode) ? barcode as string : l.Barcode,
                }, a.Shop.Now);
            }

            return all.Select(x => x.Article).ToList();
        });
        return Mutations.Done(payload, ("product", CatalogNodes.Product.Of(articles[0])), ("productVariants", written.Select(x => CatalogNodes.Variant.Of(x)).ToList()));
    }

    private static Article Known(Asked a, IReadOnlyList<Article> articles, Dictionary<string, object?> row, int index)
    {
        string[] At(string field) => ["variants", index.ToString(CultureInfo.InvariantCulture), field];
        if (row.Keys.FirstOrDefault(k => k is not ("id" or "price" or "compareAtPrice" or "barcode")) is { } other) throw new NotModelled("ProductVariantsBulkInput", other);
        var id = Ids.Parse("ProductVariant", row.GetValueOrDefault("id") as string);
        var article = articles.FirstOrDefault(x => Ids.Variant(a.Shop.Market, x) == id) ?? throw new ShopRefusal("Product variant does not exist", "PRODUCT_VARIANT_DOES_NOT_EXIST", At("id"));
        return Money(row, "price") < 0 ? throw new ShopRefusal("Price must be greater than or equal to 0", "NEGATIVE_PRICE_VALUE", At("price")) : article;
    }

    private static decimal? Money(Dictionary<string, object?> row, string field) => row.GetValueOrDefault(field) is { } amount ? Convert.ToDecimal(amount, CultureInfo.InvariantCulture) : null;
}
