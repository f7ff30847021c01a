using System.ComponentModel;
using System.Text.Json.Serialization;
using ControlTower.Data.Kpis;
using ControlTower.Web.Auth;

namespace ControlTower.Web.Api;

/// <summary><c>/api/v1/kpis</c>: what each key figure is, exactly, and its value and curve over a time with what they are computed from. For clients of every channel; a client of single brands names one of them.</summary>
internal static class KpisApi
{
    private static readonly string[] Steps = ["hour", "day", "week", "month"];
    private static readonly string[] Narrowing = ["brand", "channel", "store", "system"];

    private static readonly Problem Gone = Problem.NotFound with { Detail = "There is no key figure of this name. GET /api/v1/kpis lists them." };

    public static void MapApiKpis(this IEndpointRouteBuilder routes)
    {
        routes.MapGet($"{GovernedApi.Root}/kpis", (Delegate)ListAsync).Governed(Scopes.KpisList, new ApiOperation("kpis.list", "kpis", "Key figures", "Every key figure with its formula.") { Answers = [new ApiAnswer(200, KpisJson.Default.KpiList, "All of them.")] });
        routes.MapGet($"{GovernedApi.Root}/kpis/{{name}}", ShowAsync).Governed(Scopes.KpisList, new ApiOperation("kpis.show", "kpis", "A key figure over a time", "Its value and its curve, with what they are computed from. Shares and quantiles are of all that was measured, never means of parts.")
        {
            Parameters =
            [
                ApiParameter.PathWord("name", "Its name in the list.", "order-acknowledgement"), ApiParameter.Time("from", "Full hour at which it begins.", required: true), ApiParameter.Time("until", "Full hour at which it ends, at most 400 days later.", required: true),
                ApiParameter.One("step", "Of the curve; day unless it says.", Steps), ApiParameter.Text("zone", "IANA zone in which days begin; UTC unless it says."),
                ApiParameter.Text("brand", "Only this brand; a client of single brands has to name one."), ApiParameter.Text("channel", "Only this channel."), ApiParameter.Text("store", "Only this store."), ApiParameter.Text("system", "Only this system."),
            ],
            Answers = [new ApiAnswer(200, KpisJson.Default.KpiShown, "The figure.")], Problems = [Gone],
        });
    }

    private static async Task<IResult> ListAsync(HttpContext http) =>
        await GovernedApi.SingleAsync(http) is { } single ? Problems.Result(single) : Results.Json(new KpiList([.. KpiCatalogue.All.Select(Told)]), KpisJson.Default.KpiList);

    private static async Task<IResult> ShowAsync(string name, HttpContext http, KpiQueries kpis, KpiPlaces places)
    {
        if (await GovernedApi.SingleAsync(http) is { } single)
            return Problems.Result(single);
        if (KpiCatalogue.Find(name) is not { } kpi)
            return Problems.Result(Gone);
        var errors = ApiRequest.Unknown(http, ["from", "until", "step", "zone", .. Narrowing]).ToList();
        var scope = await ScopeAsync(http, places, errors);
        errors.AddRange(scope.Narrowed.Where(dimension => !kpi.IsToldBy(dimension)).Select(dimension => new FieldError($"?{dimension}", "not-told-apart", $"This figure is told apart by {kpi.Apart.Replace(" ", ", ", StringComparison.Ordinal)} alone.")));
        if (errors.Count > 0)
            return Problems.Result(ApiRequest.Invalid(errors));
        return Results.Json(Told(kpi, scope, (await kpis.FiguresAsync([kpi], scope, http.RequestAborted))[0]), KpisJson.Default.KpiShown);
    }

    private static async Task<KpiScope> ScopeAsync(HttpContext http, KpiPlaces places, List<FieldError> errors)
    {
        var (from, until) = (ApiPaging.Time(http, "from", errors), ApiPaging.Time(http, "until", errors));
        foreach (var (moment, missing) in (ReadOnlySpan<(string, bool)>)[("from", !http.Request.Query.ContainsKey("from")), ("until", !http.Request.Query.ContainsKey("until"))])
        {
            if (missing)
                errors.Add(new FieldError($"?{moment}", "time-needed", "Give one moment with its offset, such as 2026-11-27T06:00:00Z."));
        }

        if (from is { } begin && until is { } end && (end <= begin || end - begin > TimeSpan.FromDays(400)))
            errors.Add(new FieldError("?until", "bad-time", "It ends after it begins, and at most 400 days later."));
        var (step, zone) = (ApiPaging.One(http, "step") ?? "day", ApiPaging.One(http, "zone") ?? "UTC");
        if (!Steps.Contains(step, StringComparer.Ordinal))
            errors.Add(new FieldError("?step", "unknown-word", $"Give one of {string.Join(", ", Steps)}."));
        else if (step == "hour" && until - from > TimeSpan.FromDays(31))
            errors.Add(new FieldError("?step", "too-fine", "By the hour it may last 31 days."));
        if (!TimeZoneInfo.TryFindSystemTimeZoneById(zone, out var found) || !found.HasIanaId)
            errors.Add(new FieldError("?zone", "unknown-zone", "Give an IANA zone, such as Europe/Berlin."));
        var known = await places.ReadAsync(http.RequestAborted);
        var brands = ApiKeyScheme.CallerOf(http).Brands;
        string? Of(string dimension, string kind)
        {
            if (!http.Request.Query.ContainsKey(dimension))
                return null;
            var value = ApiPaging.One(http, dimension) ?? "";
            if (known.NameOf(kind, value) is null || (dimension == "brand" && brands.Count > 0 && !brands.Contains(value, StringComparer.Ordinal)))
                errors.Add(new FieldError($"?{dimension}", $"unknown-{dimension}", $"This client sees no {dimension} of this name."));
            return value;
        }

        var scope = new KpiScope(
            from ?? DateTimeOffset.UnixEpoch, until ?? DateTimeOffset.UnixEpoch, step, zone, Of("brand", "brand"), Of("channel", "connection"), Of("store", "store"), Of("system", "connection"));
        if (brands.Count > 0 && scope.Brand is null)
            errors.Add(new FieldError("?brand", "brand-needed", $"This client sees {string.Join(", ", brands)} alone. Name one of them."));
        return scope;
    }

    private static KpiTold Told(KpiDefinition kpi) => new(
        kpi.Id, kpi.Title, kpi.Measure, kpi.Formula, kpi.Basis, kpi.Unit.ToString().ToLowerInvariant(), kpi.Statistic.ToString().ToLowerInvariant(), kpi.LowerIsBetter, kpi.PartOf, kpi.Apart.Split(' '));

    private static KpiShown Told(KpiDefinition kpi, KpiScope scope, KpiFigure figure) => new(
        Told(kpi), scope.Begin, scope.End, figure.CompleteTo, figure.N, figure.Open, figure.Hits, figure.Value, figure.P50, figure.P90, figure.P95, figure.P99, figure.Mean,
        [.. figure.Amounts.Select(a => new KpiMoney(a.Currency, a.Amount))], figure.Target?.Value, figure.OnTarget, [.. figure.Curve.Select(p => new KpiStep(p.At, p.N, p.Value))],
        [.. figure.Parts.Select(p => new KpiFactor(p.Kpi, p.N, p.Hits, p.Value))]);
}

internal sealed record KpiList(IReadOnlyList<KpiTold> Items);

internal sealed record KpiTold(
    string Name, string Title, string Measure, [Description("From when to when, over what, what is left out.")] string Formula, [Description("What one of the counted things is called.")] string Basis,
    [Description("Of value, target and quantiles: seconds, share (0 to 1), count or money.")] string Unit, string Statistic, bool LowerIsBetter, [Description("The figure of which it is a step.")] string? PartOf,
    [Description("By what it may be narrowed.")] IReadOnlyList<string> Apart);

internal sealed record KpiShown(
    KpiTold Kpi, DateTimeOffset From, DateTimeOffset Until, [Description("Up to when its source is complete; null if it never said anything.")] DateTimeOffset? CompleteTo, [Description("What was measured.")] long N,
    [Description("Of them, spans that still last.")] long Open, [Description("Of a share, what it is the share of; of spans, those beyond the target or the limit.")] long Hits,
    [Description("Null if nothing was measured, and of money: see amounts.")] double? Value, double? P50, double? P90, double? P95, double? P99, double? Mean, IReadOnlyList<KpiMoney> Amounts, double? Target,
    [Description("Null without a target or without enough measurements.")] bool? OnTarget, IReadOnlyList<KpiStep> Series, [Description("Of a product: its factors.")] IReadOnlyList<KpiFactor> Factors);

internal sealed record KpiMoney(string Currency, decimal Amount);

internal sealed record KpiStep(DateTimeOffset At, long N, double? Value);

internal sealed record KpiFactor(string Name, long N, long Hits, double? Value);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true, MaxDepth = 8)]
[JsonSerializable(typeof(KpiList))]
[JsonSerializable(typeof(KpiShown))]
internal sealed partial class KpisJson : JsonSerializerContext;
