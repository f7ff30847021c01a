using System.Globalization;
using ControlTower.Data.Reconciliation;
using ControlTower.Sync.Reconciliation;

namespace ControlTower.Web.Pages.Reconciliation;

/// <summary>A rule as a person writes it. What cannot be read is wrong beside its field; what can be read is judged by the desk.</summary>
public sealed class RuleForm
{
    private readonly List<ReconProblem> unread = [];

    public RuleForm(ReconRule? rule = null)
    {
        From = rule;
        if (rule is not null)
        {
            (Comparison, Name, Kind, Source, Currency, Pattern, Method, Account) = (rule.Comparison, rule.Name, rule.Kind, rule.Source ?? "", rule.Currency ?? "", rule.Pattern ?? "", rule.Method ?? "", rule.Account ?? "");
            (Confirms, Active) = (rule.Confirms, rule.Active);
            (Position, DaysBefore, DaysAfter) = (Write(rule.Position), Write(rule.DaysBefore), Write(rule.DaysAfter));
            (Above, Below, AbovePercent, BelowPercent) = (Write(rule.Above), Write(rule.Below), Write(rule.AbovePercent), Write(rule.BelowPercent));
        }
    }

    /// <summary>What is changed; null for a new one.</summary>
    public ReconRule? From { get; }

    public string Comparison { get; set; } = Comparisons.Settlement;
    public string Name { get; set; } = "";
    public string Kind { get; set; } = "amount";
    public string Position { get; set; } = "100";
    public string Source { get; set; } = "";
    public string Currency { get; set; } = "";
    public string Above { get; set; } = "0";
    public string Below { get; set; } = "0";
    public string AbovePercent { get; set; } = "0";
    public string BelowPercent { get; set; } = "0";
    public string DaysBefore { get; set; } = "0";
    public string DaysAfter { get; set; } = "3";
    public string Pattern { get; set; } = "";
    public string Method { get; set; } = "";
    public string Account { get; set; } = "";
    public bool Confirms { get; set; }
    public bool Active { get; set; } = true;

    /// <summary>Wrong by field, before anything is sent; empty if the rule may be saved.</summary>
    public (ReconRule Rule, IReadOnlyList<ReconProblem> Problems) Read()
    {
        unread.Clear();
        var rule = new ReconRule(
            From?.Id ?? 0, Comparison, Name, Kind, Whole("position", Position), Maybe(Source), Maybe(Currency)?.ToUpperInvariant(), Number("above", Above), Number("below", Below), Number("abovePercent", AbovePercent),
            Number("belowPercent", BelowPercent), Whole("daysBefore", DaysBefore), Whole("daysAfter", DaysAfter), Maybe(Pattern), Maybe(Method), Confirms, Maybe(Account), Active, From?.Version ?? 0);
        return (rule, [.. unread, .. ReconRuleDesk.Problems(rule).Where(p => !unread.Exists(u => u.Field == p.Field))]);
    }

    // A comma may divide thousands or decimals; to guess wrong is to be off by a thousand.
    internal static decimal? Decimal(string text) =>
        decimal.TryParse(text.Trim(), NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) ? number : null;

    internal static int? Integer(string text) => int.TryParse(text.Trim(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : null;

    internal static string Write(decimal number) => number.ToString("0.####", CultureInfo.InvariantCulture);

    private decimal Number(string field, string text) => Decimal(text) ?? Unread(field, "Write a number with a point for decimals, such as 0.50.");

    private int Whole(string field, string text) => Integer(text) ?? (int)Unread(field, "Write a whole number.");

    private decimal Unread(string field, string words)
    {
        unread.Add(new ReconProblem(field, words));
        return 0m;
    }

    private static string? Maybe(string text) => string.IsNullOrWhiteSpace(text) ? null : text.Trim();
}
