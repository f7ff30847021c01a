using ControlTower.Data.Canonical;
using Microsoft.AspNetCore.Components;

namespace ControlTower.Web.Shared;

/// <summary>The rate behind a converted sum: the day it is of.</summary>
public sealed record Rate(DateOnly Date);

/// <summary>An amount in its currency. Several currencies stand one under the other: they are never added.</summary>
public sealed partial class MoneyText : ComponentBase
{
    /// <summary>The amount; null shows a dash.</summary>
    [Parameter]
    public Money? Amount { get; set; }

    /// <summary>Several currencies, instead of <see cref="Amount"/>.</summary>
    [Parameter]
    public IReadOnlyList<Money>? Amounts { get; set; }

    /// <summary>So many currencies are written out; of the rest it is said how many there are.</summary>
    [Parameter]
    public int Most { get; set; } = int.MaxValue;

    [Parameter]
    public MoneyStyle Style { get; set; } = MoneyStyle.Exact;

    /// <summary>A change: with its sign.</summary>
    [Parameter]
    public bool Delta { get; set; }

    [Parameter]
    public Rate? Converted { get; set; }

    /// <summary>The viewer may not see amounts here.</summary>
    [Parameter]
    public bool Masked { get; set; }

    [CascadingParameter]
    private Viewer? Viewer { get; set; }

    // A sum that the viewer reads in one currency; the single amount of a document is never converted.
    private Money? Sum => Amounts is { } several ? Viewer?.Totals?.Sum(several) : null;

    private Rate? Shown => Converted ?? (Sum is not null ? new Rate(Viewer!.Totals!.AsOf) : null);

    private string? Originals => Sum is null ? null : string.Join(", ", Amounts!.Select(value => Say.Money(value, Style, Viewer?.Culture)));

    private IReadOnlyList<Money> All => Sum is { } sum ? [sum] : Amounts ?? (Amount is { } one ? [one] : []);

    // One more fits into the line that would say "1 more currency".
    private IReadOnlyList<Money> Named => Most == int.MaxValue || All.Count <= Most + 1 ? All : [.. All.Take(Most)];

    private string State => Shown is not null ? "converted" : Delta ? "delta" : All.Count > 1 ? "several" : "plain";
}
