using System.Globalization;
using System.Text;
using ControlTower.Sync.Connections;
using ControlTower.Sync.Connectors;

namespace ControlTower.Web.Pages.Connections;

/// <summary>What stands in the form of a connection, and what is wrong with it. Plain: no renderer, no database. Never holds a stored secret.</summary>
public sealed class ConnectionForm
{
    // Stored secrets are not here; for the rules it is enough that they are long.
    private static readonly string StandIn = new('x', 64);

    private readonly ConnectorCatalog connectors;
    private readonly IReadOnlyList<(string Id, string Name)> erps;
    private readonly ConnectionInHand? existing;
    private readonly Dictionary<string, string> values = new(StringComparer.Ordinal);
    private readonly HashSet<string> touched = new(StringComparer.Ordinal);
    private readonly HashSet<string> replacing = new(StringComparer.Ordinal);
    private readonly HashSet<string> forgotten = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> told = new(StringComparer.Ordinal);
    private List<SettingProblem> problems = [];
    private bool all;

    /// <param name="existing">The connection to change; null for a new one.</param>
    public ConnectionForm(ConnectorCatalog connectors, IReadOnlyList<(string Id, string Name)> erps, ConnectionInHand? existing, string zone)
    {
        (this.connectors, this.erps, this.existing) = (connectors, erps, existing);
        if (existing?.Draft is { } draft)
        {
            foreach (var (name, value) in new[]
            {
                ("kind", draft.Kind), ("id", draft.Id), ("name", draft.Name), ("brand", draft.Brand), ("region", draft.Region), ("currency", draft.Currency),
                ("timeZone", draft.TimeZone), ("postsTo", draft.PostsTo),
            })
                values[name] = value ?? "";
            foreach (var field in Fields.Where(field => !field.IsSecret))
                values[field.Name] = field.Kind == FieldKind.Pairs ? PairText.Of(draft.Settings, field.Name) : draft.Settings.GetValueOrDefault(field.Name) ?? "";
        }
        else
        {
            values["timeZone"] = zone;
            values["postsTo"] = erps is [var only] ? only.Id : "";
        }

        problems = Check();
    }

    public bool IsNew => existing is null;

    /// <summary>Something was entered since the form was opened.</summary>
    public bool IsChanged { get; private set; }

    public string Kind => this["kind"];

    public IConnector? Connector => connectors.Find(Kind);

    public bool IsShop => Connector?.Role == SystemRole.Shop;

    /// <summary>An ERP may book it: a shop needs one, a processor or a bank may do without.</summary>
    public bool IsBooked => Connector is { Role: not SystemRole.Erp };

    public IReadOnlyList<(string Id, string Name)> Erps => erps;

    /// <summary>Every field of the chosen system in the order of the form.</summary>
    public IReadOnlyList<SettingField> Fields => Connector is { } connector ? [.. connector.Fields, CommonFields.MaxProcessing] : [];

    /// <summary>What is wrong and may be said: fields that were left, or everything after somebody asked for it.</summary>
    public IReadOnlyList<SettingProblem> Shown => [.. problems.Where(problem => all || touched.Contains(problem.Field) || told.ContainsKey(problem.Field))];

    public string this[string name] => values.GetValueOrDefault(name) ?? "";

    public string? Problem(string name) => Shown.FirstOrDefault(problem => problem.Field == name)?.Message;

    /// <summary>A field was left with this value: what is wrong with it is said from now on.</summary>
    public void Set(string name, string? value)
    {
        touched.Add(name);
        Type(name, value);
    }

    /// <summary>
    /// A field is being typed into. What was said about it goes as soon as it is right, and nothing new is said before it is left: nothing on the
    /// page moves when the next click takes the focus away.
    /// </summary>
    public void Type(string name, string? value)
    {
        value ??= "";
        (values[name], IsChanged) = (value, true);
        told.Remove(name);
        if (name == "name" && IsNew && !touched.Contains("id"))
            values["id"] = KeyOf(value);
        if (name is "kind")
            (all, values["postsTo"]) = (false, IsBooked ? this["postsTo"] : "");
        if (name is "kind" && IsBooked && erps is [var only])
            values["postsTo"] = only.Id;
        problems = Check();
    }

    /// <summary>From now on everything that is wrong is said. True if nothing is.</summary>
    public bool Ask()
    {
        all = true;
        problems = Check();
        return problems.Count == 0;
    }

    /// <summary>What the desk or the vendor says about fields, until they are changed.</summary>
    public void Tell(IEnumerable<SettingProblem> said)
    {
        foreach (var problem in said)
            told[problem.Field] = problem.Message;
        problems = Check();
    }

    /// <summary>How a secret stands: its ending if it is stored and stays so.</summary>
    public (bool Stored, string Ending) Secret(string name) =>
        existing?.Endings.TryGetValue(name, out var ending) == true && !replacing.Contains(name) && !forgotten.Contains(name) ? (true, ending) : (false, "");

    public bool IsForgotten(string name) => forgotten.Contains(name);

    /// <summary>A stored secret that is to be replaced may still be kept.</summary>
    public bool MayKeep(string name) => existing?.Endings.ContainsKey(name) == true && (replacing.Contains(name) || forgotten.Contains(name));

    public void Replace(string name) => Turn(name, () => replacing.Add(name));

    public void Forget(string name) => Turn(name, () => forgotten.Add(name));

    public void Keep(string name) => Turn(name, () =>
    {
        replacing.Remove(name);
        forgotten.Remove(name);
        values.Remove(name);
    });

    public ConnectionDraft Draft()
    {
        // What was set up by a document and has no field here stays.
        var settings = (existing?.Draft.Settings ?? new Dictionary<string, string>(StringComparer.Ordinal))
            .Where(pair => !Fields.Any(field => !field.IsSecret && (pair.Key == field.Name || (field.Kind == FieldKind.Pairs && pair.Key.StartsWith(field.Name, StringComparison.Ordinal)))))
            .ToDictionary(StringComparer.Ordinal);
        foreach (var field in Fields.Where(field => !field.IsSecret && this[field.Name].Trim().Length > 0))
        {
            if (field.Kind == FieldKind.Pairs)
                PairText.Into(settings, field.Name, this[field.Name]);
            else
                settings[field.Name] = this[field.Name].Trim();
        }

        var secrets = Fields.Where(field => field.IsSecret && this[field.Name].Length > 0).ToDictionary(field => field.Name, field => this[field.Name], StringComparer.Ordinal);
        return new ConnectionDraft(
            Text("id"), Kind, Text("name"), Text("brand"), None("region"), None("currency"), Text("timeZone"), IsBooked ? None("postsTo") : null, settings, secrets,
            forgotten.Where(name => !secrets.ContainsKey(name)).ToHashSet(StringComparer.Ordinal));
    }

    private void Turn(string name, Action act)
    {
        act();
        IsChanged = true;
        told.Remove(name);
        problems = Check();
    }

    private List<SettingProblem> Check()
    {
        var stored = (existing?.Endings.Keys ?? []).ToDictionary(name => name, _ => StandIn, StringComparer.Ordinal);
        List<SettingProblem> found =
        [
            .. Fields.Where(field => field.Kind == FieldKind.Pairs).Select(field => (field.Name, Wrong: PairText.Wrong(this[field.Name]))).Where(pair => pair.Wrong is not null)
                .Select(pair => new SettingProblem(pair.Name, pair.Wrong!)),
            .. DraftRules.Check(Draft(), Connector, stored, [.. erps.Select(erp => erp.Id)]),
        ];
        found.AddRange(told.Where(pair => !found.Exists(problem => problem.Field == pair.Key)).Select(pair => new SettingProblem(pair.Key, pair.Value)));
        return found;
    }

    private string Text(string name) => this[name].Trim();

    private string? None(string name) => Text(name) is { Length: > 0 } text ? text : null;

    private static string KeyOf(string name)
    {
        var key = new StringBuilder();
        foreach (var sign in name.Normalize(NormalizationForm.FormD).ToLower(CultureInfo.InvariantCulture))
        {
            if (char.IsAsciiLetterOrDigit(sign))
                key.Append(sign);
            else if (key.Length > 0 && key[^1] != '-' && CharUnicodeInfo.GetUnicodeCategory(sign) != UnicodeCategory.NonSpacingMark)
                key.Append('-');
        }

        return key.ToString(0, Math.Min(63, key.Length)).TrimEnd('-');
    }
}
