using System.Globalization;
using System.Text.RegularExpressions;
using ControlTower.Data.Canonical;
using ControlTower.Sync.Connectors;

namespace ControlTower.Sync.Connections;

/// <summary>Everything wrong with a connection before it is stored: what all systems have in common here, the rest by the connector. Pure.</summary>
public static partial class DraftRules
{
    public const int LongestValue = 1000;

    private static readonly HashSet<string> Reserved = new(StringComparer.Ordinal) { "new", "edit" };

    /// <param name="stored">Secrets that are stored already.</param>
    /// <param name="erps">Keys of the connections that may keep books.</param>
    public static IReadOnlyList<SettingProblem> Check(
        ConnectionDraft draft, IConnector? connector, IReadOnlyDictionary<string, string> stored, IReadOnlyCollection<string> erps)
    {
        if (connector is null)
        {
            return [new("kind", "Choose the system.")];
        }

        List<SettingProblem> problems = [];
        Say("name", Length(draft.Name, 1, 100));
        Say("id", !Key().IsMatch(draft.Id) ? "Enter 2 to 63 small letters, digits or hyphens, beginning with a letter or digit." : Reserved.Contains(draft.Id) ? "This word is taken by a page. Choose another." : null);
        Say("brand", Length(draft.Brand, 0, 60));
        Say("region", Length(draft.Region ?? "", 0, 20));
        Say("currency", draft.Currency is null || Currencies.IsCode(draft.Currency) ? null : "Enter an ISO 4217 code of three capital letters, such as EUR.");
        Say("timeZone", IsZone(draft.TimeZone) ? null : "Enter a time zone by its name, such as Europe/Amsterdam.");
        Say("postsTo", PostsTo(draft, connector, erps));
        Say("maxProcessingSeconds", Seconds(draft.Settings.GetValueOrDefault("maxProcessingSeconds")));
        foreach (var field in connector.Fields)
        {
            Say(field.Name, Value(field, draft));
        }

        problems.AddRange(connector.Check(draft.Profile(stored)).Where(problem => problems.TrueForAll(known => known.Field != problem.Field)));
        return problems;

        void Say(string field, string? problem)
        {
            if (problem is not null)
            {
                problems.Add(new(field, problem));
            }
        }
    }

    private static string? PostsTo(ConnectionDraft draft, IConnector connector, IReadOnlyCollection<string> erps) => connector.Role == SystemRole.Erp
        ? draft.PostsTo is null ? null : "An ERP keeps books and posts to nobody."
        : draft.PostsTo is null && connector.Role != SystemRole.Shop ? null
        : draft.PostsTo is null ? erps.Count == 0 ? "Connect the ERP first: a shop's orders need somewhere to be booked." : "Choose the ERP that keeps this shop's books."
        : erps.Contains(draft.PostsTo) ? null
        : "This ERP is not connected.";

    private static string? Value(SettingField field, ConnectionDraft draft)
    {
        var values = field.Kind switch
        {
            FieldKind.Secret => draft.Secrets.Where(pair => pair.Key == field.Name).ToList(),
            FieldKind.Pairs => draft.Settings.Where(pair => pair.Key.StartsWith(field.Name, StringComparison.Ordinal)).ToList(),
            _ => draft.Settings.Where(pair => pair.Key == field.Name).ToList(),
        };
        return values.Exists(pair => pair.Value.Length > LongestValue || pair.Key.Length > 160) ? $"Enter at most {LongestValue} characters."
            : values.Exists(pair => pair.Value.Any(char.IsControl)) ? "Take out the line breaks and control characters."
            : field.IsSecret && values.Exists(pair => pair.Value != pair.Value.Trim()) ? "The secret begins or ends with a space. Copy it again."
            : null;
    }

    private static string? Length(string text, int least, int most) =>
        text.Length < least ? "Enter a name." : text.Length > most ? $"Enter at most {most} characters." : text.Any(char.IsControl) ? "Take out the control characters." : null;

    private static string? Seconds(string? text) => text is null || (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) && seconds is >= 1 and <= 86_400)
        ? null
        : "Enter whole seconds from 1 to 86400.";

    private static bool IsZone(string name) => name.Length is > 0 and <= 60 && TimeZoneInfo.TryFindSystemTimeZoneById(name, out _);

    // As the database has it.
    [GeneratedRegex("^[a-z0-9][a-z0-9-]{1,62}$", RegexOptions.NonBacktracking)]
    private static partial Regex Key();
}
