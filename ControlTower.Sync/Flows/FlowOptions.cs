using Microsoft.Extensions.Options;

namespace ControlTower.Sync.Flows;

/// <summary>Limits of the flows: section <c>Flows</c>.</summary>
public sealed class FlowOptions
{
    public const string Section = "Flows";

    /// <summary>Orders above this amount, in their own currency, wait for a person. Empty switches the screen off.</summary>
    public decimal? FraudReviewAbove { get; set; } = 10_000m;

    /// <summary>The same limit for currencies whose unit is worth much less, by ISO code.</summary>
    public Dictionary<string, decimal> FraudReviewByCurrency { get; } = new(StringComparer.Ordinal) { ["JPY"] = 1_500_000m, ["KRW"] = 15_000_000m, ["HUF"] = 4_000_000m };

    /// <summary>Largest difference between an order's total and its parts, in the smallest unit of its currency.</summary>
    public int TotalTolerance { get; set; }

    /// <summary>Minutes until an order that lacks stock is tried again.</summary>
    public int StockRetryMinutes { get; set; } = 5;

    /// <summary>Equal orders of one buyer, placed at most so many minutes apart, wait for a person from the second on. 0 switches the check off.</summary>
    public int DuplicateWithinMinutes { get; set; } = 5;

    /// <summary>Hours for which goods are set aside for an order of which nothing is paid or authorised; then they are given back until the shop states the payment. 0: without a limit.</summary>
    public int UnpaidHoldHours { get; set; } = 168;

    public FlowPolicy Policy => new(
        FraudReviewAbove, TotalTolerance, TimeSpan.FromMinutes(StockRetryMinutes), FraudReviewByCurrency, TimeSpan.FromMinutes(DuplicateWithinMinutes),
        UnpaidHold: TimeSpan.FromHours(UnpaidHoldHours));
}

public sealed class FlowOptionsValidator : IValidateOptions<FlowOptions>
{
    public ValidateOptionsResult Validate(string? name, FlowOptions options)
    {
        List<string> wrong = [];
        if (options.FraudReviewAbove <= 0)
        {
            wrong.Add("Flows:FraudReviewAbove must be greater than 0, or empty to switch the screen off.");
        }

        if (options.TotalTolerance is < 0 or > 100)
        {
            wrong.Add("Flows:TotalTolerance must be between 0 and 100 smallest units.");
        }

        if (options.StockRetryMinutes is < 1 or > 1440)
        {
            wrong.Add("Flows:StockRetryMinutes must be between 1 and 1440.");
        }

        if (options.DuplicateWithinMinutes is < 0 or > 1440)
        {
            wrong.Add("Flows:DuplicateWithinMinutes must be between 0 and 1440; 0 switches the check off.");
        }

        if (options.UnpaidHoldHours is < 0 or > 8760)
        {
            wrong.Add("Flows:UnpaidHoldHours must be between 0 and 8760; 0 sets no limit.");
        }

        return wrong.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(wrong);
    }
}
