using System.Globalization;
using ControlTower.Data.Incidents;

namespace ControlTower.Sync.Incidents;

/// <summary>More transactions than the rule allows are beyond the limit of their stage, and they become more. Once that is so, it is over only when they are few again: a backlog that has stopped growing is still there.</summary>
public static class BacklogRule
{
    /// <param name="held">It held at the last look.</param>
    public static Condition? Judge(BacklogReading stage, IncidentRule rule, bool held)
    {
        var grows = stage.Late > stage.LateBefore + stage.Left;
        if (stage.Late <= rule.Most || !(grows || held))
        {
            return null;
        }

        // A few late ones of long ago are no part of what makes it grow now, but they are harmed all the same: the first of them counts.
        return new Condition(
            IncidentKind.Backlog, Subject(stage), $"Backlog in stage {stage.Stage} of {Flow(stage.Flow)}", rule.Severity,
            string.Create(CultureInfo.InvariantCulture, $"{stage.Late} beyond the limit of {stage.Limit.TotalHours:0.##} h, {stage.LateBefore + stage.Left} ten minutes before."), stage.First, null,
            About: string.Create(CultureInfo.InvariantCulture, $$"""{"flow": "{{stage.Flow}}", "stage": "{{stage.Stage}}", "limit": {{stage.Limit.TotalSeconds:0}}}"""));
    }

    public static string Subject(BacklogReading stage) => $"{stage.Flow}/{stage.Stage}";

    private static string Flow(string kind) => kind switch
    {
        "order-to-cash" => "orders",
        "return-to-refund" => "returns",
        _ => kind,
    };
}
