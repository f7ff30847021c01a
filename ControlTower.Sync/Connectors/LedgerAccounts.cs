namespace ControlTower.Sync.Connectors;

/// <summary>The accounts of an ERP on which payouts are booked and that are reconciled: settings <c>account:{use}</c>. None is needed; without one nothing of it is read.</summary>
public static class LedgerAccounts
{
    public const string Prefix = "account:";

    /// <summary>What customers paid and the processor did not send yet.</summary>
    public const string Clearing = "clearing";

    public static IReadOnlyList<string> Uses { get; } = ["bank", Clearing, "fees", "disputes", "adjustments", "rounding", "reserves", "exchange"];

    public static SettingField Field { get; } = new(Prefix, "Accounts of payouts", $"One a line: what it is for, =, the account. What for: {string.Join(", ", Uses)}. Entries on them are reconciled.", FieldKind.Pairs)
    {
        Rare = true, Example = "clearing = 2900",
    };

    /// <summary>Accounts by use.</summary>
    public static IReadOnlyDictionary<string, string> Of(ConnectionProfile profile) => profile.Settings
        .Where(s => s.Key.StartsWith(Prefix, StringComparison.Ordinal) && s.Value.Length > 0)
        .ToDictionary(s => s.Key[Prefix.Length..], s => s.Value, StringComparer.Ordinal);

    /// <summary>The setting that names this account; what all of them begin with if none does.</summary>
    public static string FieldOf(IReadOnlyDictionary<string, string> accounts, string account) =>
        $"{Prefix}{accounts.Where(a => a.Value == account).Select(a => a.Key).FirstOrDefault()}";

    public static SettingsCheck Accounts(this SettingsCheck check, ConnectionProfile profile, int longest)
    {
        foreach (var (use, account) in Of(profile))
        {
            if (!Uses.Contains(use, StringComparer.Ordinal))
            {
                check.Add(Prefix, $"Nothing is booked for '{VendorText.Cut(use, 40)}'. Enter one of: {string.Join(", ", Uses)}.");
            }
            else if (account.Length > longest || account.Any(char.IsControl))
            {
                check.Add(Prefix, $"The account for {use} has at most {longest} characters.");
            }
        }

        return check;
    }
}
