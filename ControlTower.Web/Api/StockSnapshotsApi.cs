using System.Globalization;
using ControlTower.Data.Inventory;
using ControlTower.Sync.Ownership;
using ControlTower.Web.Auth;

namespace ControlTower.Web.Api;

/// <summary>
/// <c>POST /api/v1/stock-snapshots</c>: what an ERP or a warehouse counted, true for one moment. Sales made since it was read are not overwritten, an older snapshot never overwrites a newer, and the same
/// one sent twice changes nothing the second time.
/// </summary>
internal static class StockSnapshotsApi
{
    private const int MostItems = 1_000;
    private const int MostPieces = 1_000_000_000;
    private static readonly TimeSpan Ahead = TimeSpan.FromSeconds(2);

    public static void MapStockSnapshots(this IEndpointRouteBuilder routes) => routes.MapPost($"{GovernedApi.Root}/stock-snapshots", TakeAsync).Governed(Scopes.StockWrite, new ApiOperation(
        "stock-snapshots.take", "stock-snapshots", "State what was counted", "True for the moment asOf; what moved since is added by the tower, and an older one never overwrites a newer. Sent twice, it changes nothing.")
    {
        Body = new ApiBody(ApiJson.Default.SnapshotAsked, """{"source": "erp", "asOf": "2026-11-27T06:00:00Z", "items": [{"sku": "RH-00001", "location": "WEB", "onHand": 120}]}"""),
        Answers = [new ApiAnswer(200, ApiJson.Default.SnapshotTaken, "What was taken, and what was left and why.")],
    });

    private static async Task<IResult> TakeAsync(HttpContext http, StockSnapshots snapshots, StatedStock stated, TimeProvider clock)
    {
        if (await GovernedApi.SingleChannelsAsync(http) is { } single)
            return Problems.Result(single);
        var (asked, unreadable) = await ApiRequest.BodyAsync(http, ApiJson.Default.SnapshotAsked);
        if (asked is null)
            return Problems.Result(unreadable!);
        var errors = Faults(asked, clock.GetUtcNow());
        if (errors.Count == 0)
        {
            var unknown = await snapshots.UnknownPlacesAsync([.. asked.Items.Select(i => i.Location)], http.RequestAborted);
            errors.AddRange(asked.Items.Select((item, i) => (item, i)).Where(x => unknown.Contains(x.item.Location, StringComparer.Ordinal))
                .Select(x => new FieldError(At(x.i, "location"), "unknown-location", "There is no place of this name.")));
            errors.AddRange(await UnknownSkusAsync(snapshots, [.. asked.Items.Select(i => i.Sku)], http.RequestAborted));
        }

        if (errors.Count > 0)
            return Problems.Result(ApiRequest.Invalid([.. errors.Take(100)]));
        var verdict = await stated.JudgeAsync(ApiKeyScheme.CallerOf(http).Subject, "level", [.. asked.Items.Select(i => i.Location)], http.RequestAborted);
        if (verdict.Refused.Count > 0)
            return Problems.Result(GovernedApi.NotOwner(verdict, asked.Items.Select(i => i.Location)));
        var left = await snapshots.TakeAsync([.. asked.Items.Select(i => new StockCount(i.Sku, i.Location, i.OnHand))], asked.AsOf, asked.Source, verdict.Writes, ApiKeyScheme.ActorOf(http), http.RequestAborted);
        return Results.Json(
            new SnapshotTaken(
                asked.Source, asked.AsOf, asked.Items.Count - left.Count, [.. left.Select(l => new CountLeft(l.Sku, l.Location, l.Older ? "older" : "promised", l.Counted, l.Reserved))]),
            ApiJson.Default.SnapshotTaken);
    }

    /// <summary>A SKU that is written with a letter that only looks right would be a new one, with pieces that nobody has.</summary>
    public static async Task<IEnumerable<FieldError>> UnknownSkusAsync(StockSnapshots snapshots, IReadOnlyList<string> skus, CancellationToken cancel)
    {
        var unknown = await snapshots.UnknownSkusAsync(skus, cancel);
        return skus.Select((sku, i) => (sku, i)).Where(x => unknown.Contains(x.sku, StringComparer.Ordinal))
            .Select(x => new FieldError(At(x.i, "sku"), "unknown-sku", $"Neither the stock nor a catalogue knows {x.sku}. Look for letters that only look alike; a new product comes with the catalogue first."));
    }

    private static List<FieldError> Faults(SnapshotAsked asked, DateTimeOffset now)
    {
        var errors = new List<FieldError>();
        if (!ApiRequest.IsText(asked.Source, 60))
            errors.Add(new FieldError("/source", "bad-source", "Name the source, 1 to 60 characters, such as the ERP."));
        if (asked.AsOf > now + Ahead || asked.AsOf < now.AddDays(-31))
            errors.Add(new FieldError("/asOf", "bad-time", $"Give the moment for which the figures are true, with its offset: not in the future (here it is {now:yyyy-MM-ddTHH:mm:ssZ}), and at most 31 days ago."));
        if (asked.Items.Count is 0 or > MostItems)
            errors.Add(new FieldError("/items", "count", $"Give 1 to {MostItems} items."));
        var seen = new HashSet<(string, string)>();
        for (var i = 0; i < Math.Min(asked.Items.Count, MostItems); i++)
        {
            if (asked.Items[i] is not { } item)
            {
                errors.Add(ApiRequest.Null(At(i, "")));
                continue;
            }

            if (!ApiRequest.IsText(item.Sku, 100))
                errors.Add(new FieldError(At(i, "sku"), "bad-sku", "A SKU has 1 to 100 characters and no control characters."));
            if (!ApiRequest.IsText(item.Location, 60))
                errors.Add(new FieldError(At(i, "location"), "unknown-location", "There is no place of this name."));
            if (item.OnHand is < 0 or > MostPieces)
                errors.Add(new FieldError(At(i, "onHand"), "bad-quantity", $"Give a whole number from 0 to {MostPieces}."));
            if (!seen.Add((item.Sku, item.Location)))
                errors.Add(new FieldError(At(i, ""), "given-twice", "This SKU and place are there before. Which of the two was counted?"));
        }

        return errors;
    }

    private static string At(int item, string member) => string.Create(CultureInfo.InvariantCulture, $"/items/{item}/{member}").TrimEnd('/');
}
