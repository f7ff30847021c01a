using System.Globalization;
using System.Text.Json;
using ControlTower.Data.Audit;
using ControlTower.Web.Shared;

namespace ControlTower.Web.Pages.Admin;

/// <summary>An audit row as a sentence. An action without a sentence of its own is shown by its name, so nothing is hidden.</summary>
internal static class AuditWords
{
    private static readonly Dictionary<string, string> Sentences = new(StringComparer.Ordinal)
    {
        ["shell:session:open"] = "Signed in",
        ["shell:session:begin"] = "Gave the right password; the second factor is next",
        ["shell:session:end"] = "Signed out",
        ["shell:identity:write"] = "Unlinked their own work account",
        ["shell:session:prove"] = "Showed anew that it is them",
        ["shell:factor:write"] = "Second factor",
        ["admin:session:manage"] = "Ended sessions",
        ["admin:account:link"] = "Linked a work account",
        ["admin:account:unlink"] = "Unlinked a work account",
        ["admin:account:reset-factor"] = "Took a second factor away",
        ["admin:account:first"] = "Became the first admin",
        ["admin:account:add"] = "Added a person",
        ["admin:account:change-role"] = "Changed a role",
        ["admin:account:disable"] = "Disabled a person",
        ["admin:account:enable"] = "Enabled a person again",
        ["admin:account:issue-link"] = "Made a one-time link",
        ["connections:connection:configure"] = "Set up a connection",
        ["connections:connection:operate"] = "Operated a connection",
        ["exceptions:rules:manage"] = "Case ownership",
        ["admin:notifications:manage"] = "Notifications",
        ["shell:notifications:choose"] = "Chose their e-mails",
        ["admin:account:set-password"] = "Set their password",
        ["admin:audit:export"] = "Took the audit trail along",
        ["exceptions:case:retry"] = "Retried",
        ["exceptions:case:call-off"] = "Called a retry off",
        ["orders:order:cancel"] = "Called an order off",
        ["orders:personal:erase"] = "Erased personal data",
        ["exceptions:case:assign"] = "Took in hand, or gave to somebody",
        ["exceptions:case:release"] = "Let go of",
        ["exceptions:case:snooze"] = "Snoozed",
        ["exceptions:case:hold"] = "Kept off the board",
        ["exceptions:case:wake"] = "Put back on the board",
        ["exceptions:case:resolve"] = "Closed by hand",
        ["exceptions:case:discard"] = "Discarded",
        ["exceptions:case:undo"] = "Took an act back",
        ["exceptions:case:edit"] = "Repaired what is sent",
        ["exceptions:case:undo-edit"] = "Took a repair back",
        ["exceptions:case:export"] = "Took cases along",
        ["exceptions:mapping:put"] = "Mapped",
        ["exceptions:mapping:remove"] = "Removed a mapping",
        ["exceptions:mapping:import"] = "Brought in a list of mappings",
        ["exceptions:mapping:export"] = "Took the mappings along",
        ["admin:client:manage"] = "API client",
        ["admin:wallboard:manage"] = "Wallboard",
        ["admin:webhook:manage"] = "Webhook",
        ["api:webhooks:manage"] = "Webhook of an API client",
        ["admin:configuration:manage"] = "Configuration file",
        ["admin:schedule:manage"] = "Schedule of a job",
        ["admin:limit:manage"] = "Limits of stages",
        ["admin:retention:manage"] = "Retention",
        ["inventory:rule:write"] = "Changed what is kept from channels",
        ["inventory:hold:release"] = "Gave back what was set aside",
        ["inventory:drift:check"] = "Had what a channel shows compared",
        ["inventory:drift:repair"] = "Had channels set to what is expected",
        ["finance:feed:manage"] = "Feed",
        ["finance:feed:fetch"] = "Took the file of a feed along",
        ["operations:integrity:check"] = "Had the data checked",
        ["ownership:rule:draft"] = "Worked on a change of who owns what",
        ["ownership:rule:approve"] = "Decided about who owns what",
        ["ownership:write:settle"] = "Decided about writes that waited",
        ["ownership:write:export"] = "Took the log of writes along",
        ["promotions:sequence:write"] = "Changed the order of systems",
        ["promotions:release:export"] = "Took a release along",
        ["incidents:incident:act"] = "Acted on an incident",
        ["incidents:incident:dismiss"] = "Called an incident a false alarm",
        ["incidents:rule:write"] = "Changed when a condition is an incident",
    };

    /// <summary>Of a detail's value so much is shown in a line: an act on many cases names them all.</summary>
    private const int LongestValue = 80;

    /// <summary>The act in words; its name where it has none.</summary>
    public static string Act(string action) => Sentences.GetValueOrDefault(action, action);

    public static Status Of(string outcome) => outcome switch { "done" => Status.Ok, "refused" => Status.Warn, _ => Status.Bad };

    public static string Outcome(string outcome) => outcome switch { "done" => "Done", "refused" => "Refused", _ => "Failed" };

    /// <summary>Where what an entry is about can be seen; null if it has no page.</summary>
    public static string? HrefOf(string subject) => subject.Split(':', 2) switch
    {
        ["case", var id] when Id(id) is { } number => Links.Case(number),
        ["incident", var id] when Id(id) is { } number => Links.Incident(number),
        ["ownership", var id] when Id(id) is { } number and <= int.MaxValue => Links.OwnershipChange((int)number),
        ["batch", var id] when Id(id) is { } number => Links.Batch(number),
        ["feed", var id] when Id(id) is { } number => Links.Feed(number),
        ["connection", { Length: > 0 } id] => Links.Connection(id),
        _ => null,
    };

    /// <summary>The members of a detail in their order; none if it cannot be read.</summary>
    public static IReadOnlyList<(string Name, string Value)> Members(string json)
    {
        try
        {
            using var detail = JsonDocument.Parse(json);
            return [.. detail.RootElement.EnumerateObject().Select(member => (member.Name, member.Value.ToString()))];
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            return [];
        }
    }

    public static (Status Status, string Words) Of(AuditRow row)
    {
        var what = row is { Action: "shell:session:open", Outcome: "refused" } ? "Sign-in refused" : Sentences.GetValueOrDefault(row.Action, row.Action);
        var words = string.Join(", ", new[] { what, row.Reason, Detail(row.Detail) }.Where(part => !string.IsNullOrEmpty(part)));
        return (Of(row.Outcome), words);
    }

    private static string Detail(string json) =>
        string.Join(", ", Members(json).Select(member => $"{member.Name} {(member.Value.Length > LongestValue ? member.Value[..LongestValue] + "…" : member.Value)}"));

    private static long? Id(string text) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? id : null;
}
