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
    };

    public static (Status Status, string Words) Of(AuditRow row)
    {
        var what = row is { Action: "shell:session:open", Outcome: "refused" } ? "Sign-in refused" : Sentences.GetValueOrDefault(row.Action, row.Action);
        var words = string.Join(", ", new[] { what, row.Reason, Detail(row.Detail) }.Where(part => !string.IsNullOrEmpty(part)));
        return (row.Outcome switch { "done" => Status.Ok, "refused" => Status.Warn, _ => Status.Bad }, words);
    }

    private static string Detail(string json)
    {
        try
        {
            using var detail = JsonDocument.Parse(json);
            return string.Join(", ", detail.RootElement.EnumerateObject().Select(member => string.Create(CultureInfo.InvariantCulture, $"{member.Name} {member.Value}")));
        }
        catch (JsonException)
        {
            return "";
        }
    }
}
