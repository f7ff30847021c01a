using System.ComponentModel;
using System.Text.Json.Serialization;
using ControlTower.Data.Catalog;
using ControlTower.Web.Auth;

namespace ControlTower.Web.Api;

/// <summary><c>/api/v1/products</c>: what channels list, what they show for it, and what they are to show: the ERP's price, or that of a promotion that is out.</summary>
internal static class ProductsApi
{
    private const string List = "products";

    public static void MapProducts(this IEndpointRouteBuilder routes) =>
        routes.MapGet($"{GovernedApi.Root}/products", ListAsync).Governed(Scopes.ProductsRead, new ApiOperation("products.list", "products", "What channels list, and what it costs", "A page of products by channel and item. Prices are as the tower last read them.")
        {
            Parameters = [ApiParameter.Text("source", "The channel: a connection's id."), ApiParameter.Several("sku", "Only these SKUs, up to 200."), .. ApiParameter.Pages],
            Answers = [new ApiAnswer(200, ProductsJson.Default.ProductPage, "A page.")],
        });

    private static async Task<IResult> ListAsync(HttpContext http, ProductQueries products)
    {
        List<FieldError> errors = [.. ApiRequest.Unknown(http, "source", "sku", "limit", "after")];
        var source = await GovernedApi.SourcesAsync(http, errors);
        if (source.Count > 1)
            errors.Add(new FieldError("?source", "given-twice", "Give it once."));
        var skus = http.Request.Query["sku"].Select(sku => sku ?? "").Distinct(StringComparer.Ordinal).ToList();
        if (skus.Count > AvailabilityApi.MostSkus || skus.Exists(sku => !ApiRequest.IsText(sku, 100)))
            errors.Add(new FieldError("?sku", "bad-sku", $"Name up to {AvailabilityApi.MostSkus} SKUs of 1 to 100 characters, each as its own parameter."));
        var (limit, after) = ApiPaging.Read(http, List, errors);
        if (errors.Count > 0)
            return Problems.Result(ApiRequest.Invalid(errors));
        var rows = await products.ListAsync(ApiKeyScheme.CallerOf(http).Reach, source.Count == 1 ? source[0] : null, skus, Place(after), limit + 1, http.RequestAborted);
        return Results.Json(
            new ProductPage([.. rows.Take(limit).Select(Told)], rows.Count > limit ? ApiPaging.Seal(List, $"{rows[limit - 1].Channel}\n{rows[limit - 1].Listed.Item}") : null), ProductsJson.Default.ProductPage);
    }

    // A place that a program made up is some place: behind it there is only what it may see.
    private static (string Channel, string Item)? Place(string? after) => after?.Split('\n', 2) is { } parts ? (parts[0], parts.Length == 2 ? parts[1] : "") : null;

    private static Product Told(ListedProduct row) => new(
        row.Channel, row.Listed.Item, row.Listed.Title, row.Listed.Sku, row.Listed.Barcode, row.Listed.Active, row.Listed.Price, row.Promotion ?? row.Target, row.Listed.Currency, row.Listed.CompareAt, row.Listed.TaxIncluded,
        row.Promotion is not null ? "promotion" : row.Target is not null ? "erp" : null, row.Listed.ChangedAt);
}

internal sealed record ProductPage(IReadOnlyList<Product> Items, [Description("Pass it as after; null at the end.")] string? Next);

internal sealed record Product(
    [Description("The channel's connection.")] string Source, [Description("The channel's own name of the variant.")] string Item, string Title, string? Sku, string? Barcode, bool Active,
    [Description("What the channel shows.")] decimal? Price, [Description("What it is to show; null where nobody says.")] decimal? WantedPrice, string? Currency, decimal? CompareAt,
    [Description("Null: the channel does not say.")] bool? TaxIncluded, [Description("Who says what it is to show: promotion or erp.")] string? WantedBy, DateTimeOffset ChangedAt);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true, MaxDepth = 8)]
[JsonSerializable(typeof(ProductPage))]
internal sealed partial class ProductsJson : JsonSerializerContext;
