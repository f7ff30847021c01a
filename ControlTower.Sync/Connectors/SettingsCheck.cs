using ControlTower.Data.Canonical;

namespace ControlTower.Sync.Connectors;

/// <summary>Collects everything wrong with a connection's settings, so that a person mends it in one go.</summary>
public sealed class SettingsCheck(ConnectionProfile profile)
{
    private readonly List<SettingProblem> problems = [];

    public IReadOnlyList<SettingProblem> Problems => problems;

    /// <summary>An address that <see cref="SoundAddress"/> lets pass.</summary>
    public SettingsCheck Address(string name, bool required = true)
    {
        var text = profile.Settings.GetValueOrDefault(name);
        if (string.IsNullOrWhiteSpace(text))
        {
            return required ? Add(name, "Enter the address, such as https://example.com.") : this;
        }

        return SoundAddress.Wrong(text) is { } problem ? Add(name, problem) : this;
    }

    public SettingsCheck Text(string name, bool required = true, int longest = 200, Func<string, string?>? rule = null)
    {
        var text = profile.Settings.GetValueOrDefault(name);
        if (string.IsNullOrWhiteSpace(text))
        {
            return required ? Add(name, "Enter a value.") : this;
        }

        return text.Length > longest ? Add(name, $"Enter at most {longest} characters.")
            : rule?.Invoke(text) is { } problem ? Add(name, problem)
            : this;
    }

    public SettingsCheck OneOf(string name, params string[] values)
        => Text(name, required: false, rule: text => values.Contains(text, StringComparer.Ordinal) ? null : $"Enter one of: {string.Join(", ", values)}.");

    public SettingsCheck Number(string name, decimal smallest, decimal largest) => Text(name, required: false, rule: text =>
        decimal.TryParse(text, System.Globalization.NumberStyles.AllowDecimalPoint, System.Globalization.CultureInfo.InvariantCulture, out var value)
            && value >= smallest && value <= largest
            ? null
            : string.Create(System.Globalization.CultureInfo.InvariantCulture, $"Enter a number from {smallest} to {largest}."));

    public SettingsCheck Secret(string name, bool required = true, int shortest = 1)
    {
        var secret = profile.Secrets.GetValueOrDefault(name);
        return string.IsNullOrEmpty(secret) ? (required ? Add(name, "Enter the secret.") : this)
            : secret.Length < shortest ? Add(name, $"Enter at least {shortest} characters.")
            : this;
    }

    /// <summary>Settings <c>location:{id}</c> name the place that each of the system's locations is, no place twice.</summary>
    public SettingsCheck Places(string prefix, Predicate<string> isId)
    {
        var places = profile.Settings.Where(s => s.Key.StartsWith(prefix, StringComparison.Ordinal)).ToList();
        if (places.Any(s => s.Value.Length is 0 or > 60 || s.Key.Length == prefix.Length || !isId(s.Key[prefix.Length..])))
        {
            Add(prefix, "Name a place of at most 60 characters for the number of each location.");
        }

        return places.GroupBy(s => s.Value, StringComparer.Ordinal).FirstOrDefault(g => g.Count() > 1) is { } twice
            ? Add(prefix, $"Two locations name the place {twice.Key}; give each its own.")
            : this;
    }

    public SettingsCheck Currency() => profile.Currency is null || Currencies.IsCode(profile.Currency)
        ? this
        : Add("currency", "Enter an ISO 4217 code of three capital letters.");

    public SettingsCheck Add(string field, string message)
    {
        problems.Add(new SettingProblem(field, message));
        return this;
    }
}
