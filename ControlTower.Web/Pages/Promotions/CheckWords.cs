using ControlTower.Data.Promotions;
using ControlTower.Web.Shared;

namespace ControlTower.Web.Pages.Promotions;

/// <summary>How findings of the preflight are called and told.</summary>
internal static class CheckWords
{
    public const string DryRun = "dry-run";

    public static string Name(string check) => check switch
    {
        "margin" => "Margin under floor",
        "capability" => "Kind of offer",
        "currency" => "Currency complete",
        "zero" => "Price of nothing",
        "age" => "Age of what was looked at",
        "too-many" => "Items of one reduction",
        "all-stores" => "All stores at once",
        "no-price" => "No price at a channel",
        "list-currency" => "Currency of a list's prices",
        "no-compare" => "No compare-at price",
        "price-list" => "Price lists",
        "follows" => "List that follows another promotion",
        "list-sales" => "What is sold at price lists",
        "group" => "Price group at the till",
        "passed" => "Window passed",
        "empty" => "Changes nothing",
        "missing" => "SKU not on every channel",
        "overlap" => "Overlap with another promotion",
        "stack" => "Two offers at the checkout",
        "free" => "Nothing left to pay",
        "not-lower" => "Not lower than now",
        "inactive" => "Not on sale",
        "no-cost" => "Cost not known",
        "no-cost-rate" => "Rate for the cost",
        "cost-rate" => "Cost in another currency",
        "no-tax" => "Tax not known",
        "no-stock" => "Sold out",
        "cover" => "Stock cover in days",
        "ownership" => "Who owns it",
        "late" => "Start passed",
        "offline" => "Store offline",
        "budget" => "Budget",
        "no-rate" => "Rate for the budget",
        "order" => "Order of systems",
        "ending" => "Price endings",
        "changed" => "Changed since the revision before",
        "clock" => "Start in each store's own time",
        "room" => "Room in the budgets",
        "way-back" => "Way back captured",
        _ => check.Replace('-', ' '),
    };

    public static (Status Status, string Word) Tone(Finding finding) => finding.Tone switch
    {
        FindingTone.Error => (Status.Bad, "Blocks"),
        FindingTone.Unknown => (Status.Unk, "Not checked"),
        FindingTone.Warning => finding.AcknowledgedBy is null ? (Status.Warn, "Warns") : (Status.Ok, "Acknowledged"),
        FindingTone.Note => (Status.Wait, "Note"),
        _ => (Status.Ok, "Passed"),
    };

    /// <summary>The one line under the form: what keeps the plan from being sent, or that nothing does.</summary>
    public static (Status Status, string Words) Verdict(CheckProgress check, IReadOnlyList<Finding> findings)
    {
        var (errors, unknown, warnings) = (findings.Count(f => f.Tone is FindingTone.Error), findings.Count(f => f.Tone is FindingTone.Unknown), findings.Count(f => f is { Tone: FindingTone.Warning, AcknowledgedBy: null }));
        return check.Running ? (Status.Run, "It is being checked.")
            : check.Failure is { } failure ? (Status.Bad, failure)
            : check.At is null ? (Status.Wait, "Not checked since it was saved.")
            : errors + unknown > 0 ? (Status.Bad, $"{PromotionWords.Many(errors + unknown, "check")} block{(errors + unknown == 1 ? "s" : "")} this release.")
            : warnings > 0 ? (Status.Warn, $"{PromotionWords.Many(warnings, "warning")} wait{(warnings == 1 ? "s" : "")} to be acknowledged.")
            : (Status.Ok, "Nothing blocks it.");
    }
}
