using System.Globalization;
using ControlTower.Web.Shared;
using Microsoft.AspNetCore.WebUtilities;

namespace ControlTower.Web.Pages.Promotions;

public enum PlanStep { Scope, Prices, Preflight, Stages, Approval, Schedule }

/// <summary>What of a plan is shown, as the address says it. Any address gives a query.</summary>
/// <param name="Id">Null: a new one.</param>
/// <param name="Check">The finding that is open.</param>
/// <param name="Revision">Null: the newest.</param>
public sealed record PlanQuery(long? Id, PlanStep Step, string Check, int? Revision)
{
    public static IReadOnlyList<PlanStep> Steps { get; } = Enum.GetValues<PlanStep>();

    public string Path => PathOf(Id);

    public static string PathOf(long? id) => id is { } known ? Links.Promotion(known) : Links.NewPromotion;

    public static PlanQuery Parse(long? id, string uri)
    {
        var at = uri.IndexOf('?', StringComparison.Ordinal);
        var values = at < 0 ? [] : QueryHelpers.ParseQuery(uri[at..].Split('#')[0]);
        return new PlanQuery(
            id, Steps.FirstOrDefault(s => Key(s) == Text("step")), new string([.. Text("check").Where(c => char.IsAsciiLetterLower(c) || c == '-').Take(40)]),
            int.TryParse(Text("revision"), NumberStyles.None, CultureInfo.InvariantCulture, out var revision) && revision > 0 ? revision : null);

        string Text(string name) => values.TryGetValue(name, out var value) ? value.ToString().Trim() : "";
    }

    public static string Key(PlanStep step) => step.ToString().ToLowerInvariant();

    /// <summary>The step whose form has a field.</summary>
    public static PlanStep Of(string field) =>
        field.StartsWith("offer", StringComparison.Ordinal) || field is "rules.marginFloor" or "rules.overlap" or "rules.budget" or "products.prices" ? PlanStep.Prices
        : field is "starts" or "ends" ? PlanStep.Schedule
        : field.StartsWith("stages", StringComparison.Ordinal) || field.StartsWith("rules", StringComparison.Ordinal) ? PlanStep.Stages
        : PlanStep.Scope;

    public PlanStep? Next => Step == Steps[^1] ? null : Step + 1;

    public PlanStep? Before => Step == Steps[0] ? null : Step - 1;

    public PlanQuery At(PlanStep step) => this with { Step = step, Check = "" };

    public string Href()
    {
        var parts = new Dictionary<string, string?>
        {
            ["step"] = Step == PlanStep.Scope ? null : Key(Step), ["check"] = Check.Length > 0 ? Check : null, ["revision"] = Revision?.ToString(CultureInfo.InvariantCulture),
        };
        return QueryHelpers.AddQueryString(Path, parts);
    }
}
