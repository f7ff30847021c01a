using System.Globalization;
using ControlTower.Data.Inventory;
using ControlTower.Sync.Ownership;
using ControlTower.Web.Auth;

namespace ControlTower.Web.Api;

/// <summary>
/// <c>PUT /api/v1/supply</c>: what is on its way, such as the open lines of purchase orders. A source states all of its lines at once; what it does not name any more has come or comes no more.
/// Sent twice, it is the same.
/// </summary>
internal static class SupplyApi
{
    private const int MostItems = 1_000;
    private const int MostPieces = 1_000_000;

    public static void MapSupply(this IEndpointRouteBuilder routes) => routes.MapPut($"{GovernedApi.Root}/supply", PutAsync).Governed(Scopes.SupplyWrite, new ApiOperation(
        "supply.put", "supply", "State what is on its way", "A source states all of its lines at once; what it does not name any more has come or comes no more. Sent twice, it is the same.")
    {
        Body = new ApiBody(ApiJson.Default.SupplyAsked, """{"source": "erp", "items": [{"document": "PO-1/10", "sku": "RH-00001", "location": "WEB", "dueOn": "2026-12-01", "quantity": 40}]}"""),
        Answers = [new ApiAnswer(200, ApiJson.Default.SupplyTaken, "It is stated.")],
    });

    private static async Task<IResult> PutAsync(HttpContext http, SupplyStore supply, StockSnapshots snapshots, StatedStock stated)
    {
        if (await GovernedApi.SingleChannelsAsync(http) is { } single)
            return Problems.Result(single);
        var (asked, unreadable) = await ApiRequest.BodyAsync(http, ApiJson.Default.SupplyAsked);
        if (asked is null)
            return Problems.Result(unreadable!);
        var errors = Faults(asked);
        if (errors.Count == 0)
            errors.AddRange(await StockSnapshotsApi.UnknownSkusAsync(snapshots, [.. asked.Items.Select(i => i.Sku)], http.RequestAborted));
        if (errors.Count == 0)
        {
            var client = ApiKeyScheme.CallerOf(http).Subject;
            // What it does not name any more goes: that is a word about those places as well.
            var before = await supply.PlacesAsync(client, asked.Source, http.RequestAborted);
            var verdict = await stated.JudgeAsync(client, "supply", [.. asked.Items.Select(i => i.Location), .. before], http.RequestAborted);
            if (verdict.Refused.Count > 0)
                return Problems.Result(GovernedApi.NotOwner(verdict, asked.Items.Select(i => i.Location)));
            var unknown = await supply.ReplaceAsync(
                client, ApiKeyScheme.ActorOf(http), asked.Source, [.. asked.Items.Select(i => new SupplyLine(i.Document, i.Sku, i.Location, i.DueOn, i.Quantity))], verdict.Writes, http.RequestAborted);
            errors.AddRange(asked.Items.Select((item, i) => (item, i)).Where(x => unknown.Contains(x.item.Location, StringComparer.Ordinal))
                .Select(x => new FieldError(At(x.i, "location"), "unknown-location", "There is no place of this name.")));
        }

        return errors.Count > 0 ? Problems.Result(ApiRequest.Invalid([.. errors.Take(100)])) : Results.Json(new SupplyTaken(asked.Source, asked.Items.Count), ApiJson.Default.SupplyTaken);
    }

    private static List<FieldError> Faults(SupplyAsked asked)
    {
        var errors = new List<FieldError>();
        if (!ApiRequest.IsText(asked.Source, 60))
            errors.Add(new FieldError("/source", "bad-source", "Name the source, 1 to 60 characters, such as the ERP."));
        if (asked.Items.Count > MostItems)
            errors.Add(new FieldError("/items", "count", $"At most {MostItems} items."));
        var seen = new HashSet<(string, string, string, DateOnly)>();
        for (var i = 0; i < Math.Min(asked.Items.Count, MostItems); i++)
        {
            if (asked.Items[i] is not { } item)
            {
                errors.Add(ApiRequest.Null(At(i, "")));
                continue;
            }

            if (!ApiRequest.IsText(item.Document, 120))
                errors.Add(new FieldError(At(i, "document"), "bad-document", "Name the document, 1 to 120 characters, such as the purchase order and its line."));
            if (!ApiRequest.IsText(item.Sku, 100))
                errors.Add(new FieldError(At(i, "sku"), "bad-sku", "A SKU has 1 to 100 characters and no control characters."));
            if (!ApiRequest.IsText(item.Location, 60))
                errors.Add(new FieldError(At(i, "location"), "unknown-location", "There is no place of this name."));
            if (item.Quantity is < 1 or > MostPieces)
                errors.Add(new FieldError(At(i, "quantity"), "bad-quantity", $"Give a whole number from 1 to {MostPieces}."));
            if (!seen.Add((item.Document, item.Sku, item.Location, item.DueOn)))
                errors.Add(new FieldError(At(i, ""), "given-twice", "The same document, SKU, place and day are there before. Add the quantities up."));
        }

        return errors;
    }

    private static string At(int item, string member) => string.Create(CultureInfo.InvariantCulture, $"/items/{item}/{member}").TrimEnd('/');
}
