using System.Globalization;
using ControlTower.Data.Canonical;
using ControlTower.Data.Reconciliation;
using ControlTower.Web.Shared;

namespace ControlTower.Web.Pages.Reconciliation;

/// <summary>A rule in words.</summary>
public static class RuleWords
{
    public static string Does(ReconRule rule) => (rule.Kind, rule.Confirms) switch
    {
        ("tolerance", true) => "tolerates a difference",
        ("tolerance", false) => "does not tolerate yet: it only offers",
        ("sum", true) => "matches a sum of one day at once",
        ("sum", false) => "offers a sum of one day",
        (_, true) => "matches by amount at once",
        _ => "offers by amount",
    };

    /// <summary>Amount, days and words within which it holds.</summary>
    public static string Within(ReconRule rule, CultureInfo? culture = null)
    {
        List<string> parts = [];
        if (rule.Above > 0m || rule.AbovePercent > 0m)
        {
            parts.Add($"more by {Size(rule.Above, rule.AbovePercent)}");
        }

        if (rule.Below > 0m || rule.BelowPercent > 0m)
        {
            parts.Add($"less by {Size(rule.Below, rule.BelowPercent)}");
        }

        if (parts.Count == 0)
        {
            parts.Add("the very amount");
        }

        if (rule.Kind != "tolerance")
        {
            parts.Add(rule.DaysBefore > 0 ? string.Create(CultureInfo.InvariantCulture, $"{rule.DaysBefore} days earlier to {rule.DaysAfter} later") : string.Create(CultureInfo.InvariantCulture, $"to {rule.DaysAfter} days later"));
        }

        if (rule.Pattern is { } pattern)
        {
            parts.Add($"words like {pattern}");
        }

        return string.Join(", ", parts);

        string Size(decimal amount, decimal percent) => string.Join(" or ", new[]
        {
            amount > 0m ? rule.Currency is { } currency ? Say.Money(new Money(amount, currency), MoneyStyle.Exact, culture) : RuleForm.Write(amount) : null, percent > 0m ? $"{RuleForm.Write(percent)}%" : null,
        }.OfType<string>());
    }
}
