using ControlTower.Data.Promotions;
using ControlTower.Sync.Promotions;
using ControlTower.Web.Auth;

namespace ControlTower.Web.Api;

/// <summary>
/// <c>POST /api/v1/releases/rollback</c>: an alert from outside brings home every promotion that is out and that it means, as a person's "Roll back" would; one that is still to begin is held. Sent twice, what is on its way back or
/// held already is left alone.
/// </summary>
internal static class ReleasesApi
{
    public static void MapReleases(this IEndpointRouteBuilder routes) => routes.MapPost($"{GovernedApi.Root}/releases/rollback", RollBackAsync).Governed(Scopes.ReleasesRollBack, new ApiOperation(
        "releases.rollback", "releases", "Bring promotions home", "Every promotion that is out and meant goes back; one that is still to begin is held. Meant are those whose name has the words, of the connection if one is named. Sent twice, what is on its way back or held already is left alone.")
    {
        Body = new ApiBody(ApiJson.Default.RollbackAsked, """{"nameHas": "Black Friday", "reason": "Margins collapse"}"""), Answers = [new ApiAnswer(200, ApiJson.Default.RollbackTaken, "What goes back, and what is held.")],
    });

    private static async Task<IResult> RollBackAsync(HttpContext http, ReleaseDesk desk)
    {
        if (await GovernedApi.SingleChannelsAsync(http) is { } single)
            return Problems.Result(single);
        var (asked, unreadable) = await ApiRequest.BodyAsync(http, ApiJson.Default.RollbackAsked);
        if (asked is null)
            return Problems.Result(unreadable!);
        var errors = new List<FieldError>();
        if (asked.NameHas is null && asked.Connection is null)
            errors.Add(new FieldError("/nameHas", "bad-words", "Give words of the promotions' names, a connection, or both: an alert for everything is a mistake more often than not."));
        if (asked.Connection is { } connection && !ApiRequest.IsText(connection, 60))
            errors.Add(new FieldError("/connection", "bad-connection", "Give the id of a connection, at most 60 characters."));
        if (asked.NameHas is { } words && (words.Trim().Length < 3 || !ApiRequest.IsText(words, 120)))
            errors.Add(new FieldError("/nameHas", "bad-words", "Give at least 3 characters of the promotions' names, at most 120: an alert for everything is a mistake more often than not."));
        if (!ApiRequest.IsText(asked.Reason, PromotionActing.LongestReason))
            errors.Add(new FieldError("/reason", "bad-reason", $"Say why, in 1 to {PromotionActing.LongestReason} characters; people see it on the release."));
        if (errors.Count > 0)
            return Problems.Result(ApiRequest.Invalid([.. errors]));
        var (back, held) = await desk.RollBackMatchingAsync(asked.NameHas, asked.Connection, asked.Reason, ApiKeyScheme.ActorOf(http), http.RequestAborted);
        return Results.Json(new RollbackTaken([.. back.Select(PromotionText.Number)], [.. held.Select(PromotionText.Number)]), ApiJson.Default.RollbackTaken);
    }
}

/// <param name="NameHas">Words of the promotions' names, in any case; at least 3 characters.</param>
/// <param name="Connection">Only promotions that change prices there.</param>
internal sealed record RollbackAsked(string Reason, string? NameHas = null, string? Connection = null);

/// <param name="RollingBack">Numbers of the promotions that go back because of this.</param>
/// <param name="Held">Numbers of those that were still to begin and are held because of this.</param>
internal sealed record RollbackTaken(IReadOnlyList<string> RollingBack, IReadOnlyList<string> Held);
