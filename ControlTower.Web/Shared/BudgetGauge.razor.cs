using System.Globalization;
using Microsoft.AspNetCore.Components;

namespace ControlTower.Web.Shared;

/// <summary>What one lane used of the limit, 0 to 1. <paramref name="Series"/> is its fixed colour, 1 to 6 (live 1, deferred 3, replay 2, batch 5).</summary>
public sealed record BudgetPart(string Lane, double Share, int Series);

/// <summary>How much of a vendor's limit is used, by lane, with the mark where we stop by ourselves.</summary>
public sealed partial class BudgetGauge : ComponentBase
{
    [Parameter, EditorRequired]
    public IReadOnlyList<BudgetPart> Parts { get; set; } = [];

    [Parameter]
    public double StopAt { get; set; } = 0.85;

    /// <summary>What the vendor allows in the window. Null: not known.</summary>
    [Parameter]
    public long? Limit { get; set; }

    /// <summary>What is counted: "requests", "points".</summary>
    [Parameter]
    public string Unit { get; set; } = "requests";

    /// <summary>The vendor has told us to wait.</summary>
    [Parameter]
    public bool Throttled { get; set; }

    [Parameter]
    public bool Small { get; set; }

    [CascadingParameter]
    private Viewer? Viewer { get; set; }

    private double Used => Parts.Sum(part => part.Share);

    private string State => Limit is null ? "unknown" : Throttled ? "throttled" : Used >= StopAt ? "stop" : Used >= StopAt * 0.8 ? "near" : "free";

    private string Finding => State switch
    {
        "unknown" => "The vendor's limit is not known",
        "throttled" => $"{Amounts}, the vendor tells us to wait",
        _ => Amounts,
    };

    private string Amounts => $"{Say.Count((long)Math.Round(Used * (Limit ?? 0)), Viewer?.Culture)} of {Say.Count(Limit ?? 0, Viewer?.Culture)} {Unit}";

    private static string Whole(double share) => Math.Round(share * 100).ToString("0", CultureInfo.InvariantCulture) + "%";

    private static string Css(double share) => string.Create(CultureInfo.InvariantCulture, $"{Math.Clamp(share, 0, 1) * 100:0.##}%");
}
