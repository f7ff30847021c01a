using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using ControlTower.Data.Inventory;
using ControlTower.Web.Auth;
using Microsoft.Net.Http.Headers;

namespace ControlTower.Web.Api;

/// <summary>
/// <c>GET /api/v1/availability?channel=shopify-eu&amp;sku=A&amp;sku=B&amp;location=store-1</c>: what a channel may sell now, place by place, and what may be promised for the days on which more comes.
/// Its ETag is that of the figures: while they stay as they are, If-None-Match is answered 304.
/// </summary>
internal static class AvailabilityApi
{
    public const int MostSkus = 200;

    public static void MapAvailability(this IEndpointRouteBuilder routes) =>
        routes.MapGet($"{GovernedApi.Root}/availability", GetAsync).Governed(Scopes.AvailabilityRead, new ApiOperation(
            "availability.list", "availability", "What a channel may sell now", "What may be sold now, place by place, and what may be promised for the days on which more comes. Figures are at most a second old.")
        {
            Parameters =
            [
                ApiParameter.Text("channel", "The channel's connection; a client of single channels has to name one."), ApiParameter.Several("sku", $"1 to {MostSkus} SKUs.") with { Required = true, Example = new JsonArray("RH-00001") },
                ApiParameter.Text("location", "Only this place."),
            ],
            Answers = [new ApiAnswer(200, ApiJson.Default.AvailabilityList, "The figures, with their ETag."), new ApiAnswer(304, null, "They are as If-None-Match says.")],
        });

    private static async Task<IResult> GetAsync(HttpContext http, AvailabilityCache cache)
    {
        var (channel, location) = (One(http, "channel"), One(http, "location"));
        var skus = http.Request.Query["sku"].Select(sku => sku ?? "").Distinct(StringComparer.Ordinal).ToList();
        List<FieldError> errors = [.. ApiRequest.Unknown(http, "channel", "sku", "location")];
        foreach (var name in (string[])["channel", "location"])
        {
            if (http.Request.Query[name].Count > 1)
                errors.Add(new FieldError($"?{name}", "given-twice", "Give it once."));
        }

        if (skus.Count is 0 or > MostSkus)
            errors.Add(new FieldError("?sku", "count", $"Name 1 to {MostSkus} SKUs, each as its own sku parameter."));
        if (skus.FirstOrDefault(sku => !ApiRequest.IsText(sku, 100)) is { } odd)
            errors.Add(new FieldError("?sku", "bad-sku", $"A SKU has 1 to 100 characters and no control characters; this is \"{Problems.Cut(odd)}\"."));
        if (location is not null && !ApiRequest.IsText(location, 60))
            errors.Add(new FieldError("?location", "unknown-location", "There is no place of this name."));
        if (await GovernedApi.WrongChannelAsync(http, channel, "?channel") is { } wrong)
            errors.Add(wrong);
        if (errors.Count > 0)
            return Problems.Result(ApiRequest.Invalid(errors));

        var (asOf, items) = await cache.OfAsync(channel, skus, location, http.RequestAborted);
        var told = items.Select(Told).ToList();
        var tag = new EntityTagHeaderValue($"\"{Convert.ToHexStringLower(SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(new AvailabilityList(default, channel, told), ApiJson.Default.AvailabilityList)))[..32]}\"");
        http.Response.Headers.ETag = tag.ToString();
        http.Response.Headers.CacheControl = "private, no-cache";
        return http.Request.GetTypedHeaders().IfNoneMatch.Any(known => known.Compare(tag, useStrongComparison: false) || known.Equals(EntityTagHeaderValue.Any))
            ? Results.StatusCode(StatusCodes.Status304NotModified)
            : Results.Json(new AvailabilityList(asOf, channel, told), ApiJson.Default.AvailabilityList);
    }

    private static AvailabilityItem Told(SkuAvailability item) => new(
        item.Sku, item.Known, item.Available,
        [.. item.Places.Select(place => new AvailabilityPlace(place.Location, place.Available, [.. place.Future.Select(f => new AvailabilityAhead(f.On, f.Quantity, f.Promisable))]))]);

    private static string? One(HttpContext http, string name) => http.Request.Query[name] is [{ Length: > 0 } value] ? value : null;
}
