using ControlTower.Sync.Connectors;

namespace ControlTower.Sync.Connections;

/// <summary>Keeps a stored secret from going to another host than the one it was entered for: whoever may change an address could read the secret there.</summary>
internal static class SecretRoute
{
    /// <summary>A problem for each stored secret that a changed address would send elsewhere without having been entered again.</summary>
    public static IReadOnlyList<SettingProblem> Unseen(
        IReadOnlyDictionary<string, string> was, ConnectionDraft draft, IReadOnlyDictionary<string, string> stored, IConnector? connector) =>
        Hosts(was, connector).SequenceEqual(Hosts(draft.Settings, connector), StringComparer.OrdinalIgnoreCase)
            ? []
            : [.. stored.Keys.Where(name => !draft.Secrets.ContainsKey(name) && !draft.Forgotten.Contains(name))
                .Select(name => new SettingProblem(name, "The address leads to another host now. Enter this secret again, so that it does not go there unseen."))];

    /// <summary>Where the connector's address settings lead, in the order of its fields; empty where there is none.</summary>
    public static IEnumerable<string> Hosts(IReadOnlyDictionary<string, string> settings, IConnector? connector) =>
        (connector?.Fields ?? []).Where(field => field.NamesHost).Select(field => settings.GetValueOrDefault(field.Name) ?? "")
        .Select(text => Uri.TryCreate(text, UriKind.Absolute, out var uri) ? uri.Authority : text);
}
