using ControlTower.Data.Promotions;
using ControlTower.Sync.Promotions;
using ControlTower.Web.Auth;

namespace ControlTower.Web.Api;

/// <summary>
/// <c>POST /api/v1/releases/rollback</c>: an alert from outside brings home every promotion that is out and whose name has the words, as a person's "Roll back" would. Sent twice, what is on its way back
/// already is left alone.
/// </summary>
internal static class ReleasesApi
{
    public static void MapReleases(this IEndpointRouteBuilder routes) => routes.MapPost($"{GovernedApi.Root}/releases/rollback", RollBackAsync).Governed(Scopes.ReleasesRollBack, new ApiOperation(
        "releases.rollback", "releases", "Bring promotions home", "Every promotion that is out and whose name has the words goes back. Sent twice, what is on its way back already is left alone.")
    {
        Body = new ApiBody(ApiJson.Default.RollbackAsked, """{"nameHas": "Black Friday", "reason": "Margins collapse"}"""), Answers = [new ApiAnswer(200, ApiJson.Default.RollbackTaken, "What goes back.")],
    });

    private static async Task<IResult> RollBackAsync(HttpContext http, ReleaseDesk desk)
    {
        if (await GovernedApi.SingleChannelsAsync(http) is { } single)
            return Problems.Result(single);
        var (asked, unreadable) = await ApiRequest.BodyAsync(http, ApiJson.Default.RollbackAsked);
        if (asked is null)
            return Problems.Result(unreadable!);
        var errors = new List<FieldError>();
        if (asked.NameHas.Trim().Length < 3 || !ApiRequest.IsText(asked.NameHas, 120))
            errors.Add(new FieldError("/nameHas", "bad-words", "Give at least 3 characters of the promotions' names, at most 120: an alert for everything is a mistake more often than not."));
        if (!ApiRequest.IsText(asked.Reason, PromotionActing.LongestReason))
            errors.Add(new FieldError("/reason", "bad-reason", $"Say why, in 1 to {PromotionActing.LongestReason} characters; people see it on the release."));
        if (errors.Count > 0)
            return Problems.Result(ApiRequest.Invalid([.. errors]));
        var back = await desk.RollBackMatchingAsync(asked.NameHas, asked.Reason, ApiKeyScheme.ActorOf(http), http.RequestAborted);
        return Results.Json(new RollbackTaken([.. back.Select(PromotionText.Number)]), ApiJson.Default.RollbackTaken);
    }
}

/// <param name="NameHas">Words of the promotions' names, in any case; at least 3 characters.</param>
internal sealed record RollbackAsked(string NameHas, string Reason);

/// <param name="RollingBack">Numbers of the promotions that go back because of this.</param>
internal sealed record RollbackTaken(IReadOnlyList<string> RollingBack);
