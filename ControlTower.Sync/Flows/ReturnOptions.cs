using ControlTower.Sync.Flows.ReturnToRefund;
using Microsoft.Extensions.Options;

namespace ControlTower.Sync.Flows;

/// <summary>The policy of returns: section <c>Returns</c>.</summary>
public sealed class ReturnOptions
{
    public const string Section = "Returns";

    /// <summary>Days after delivery in which a buyer may change their mind.</summary>
    public int WindowDays { get; set; } = 30;

    /// <summary>Most that is given back without a receipt, in the order's own currency.</summary>
    public decimal WithoutReceiptUpTo { get; set; } = 100m;

    /// <summary>The same for currencies whose unit is worth much less, by ISO code.</summary>
    public Dictionary<string, decimal> WithoutReceiptByCurrency { get; } = new(StringComparer.Ordinal) { ["JPY"] = 15_000m, ["KRW"] = 150_000m, ["HUF"] = 40_000m };

    /// <summary>Most that is refunded before the goods are here, in the order's own currency; 0: nothing is.</summary>
    public decimal BeforeReceiptUpTo { get; set; }

    /// <summary>The same for one currency.</summary>
    public Dictionary<string, decimal> BeforeReceiptByCurrency { get; } = new(StringComparer.Ordinal);

    public ReturnPolicy Policy => new(WindowDays, new AmountLimit(WithoutReceiptUpTo, WithoutReceiptByCurrency), new AmountLimit(BeforeReceiptUpTo, BeforeReceiptByCurrency));
}

public sealed class ReturnOptionsValidator : IValidateOptions<ReturnOptions>
{
    public ValidateOptionsResult Validate(string? name, ReturnOptions options)
    {
        List<string> wrong = [];
        if (options.WindowDays is < 0 or > 3650)
        {
            wrong.Add("Returns:WindowDays must be between 0 and 3650.");
        }

        Amounts("WithoutReceipt", options.WithoutReceiptUpTo, options.WithoutReceiptByCurrency);
        Amounts("BeforeReceipt", options.BeforeReceiptUpTo, options.BeforeReceiptByCurrency);
        return wrong.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(wrong);

        void Amounts(string key, decimal otherwise, Dictionary<string, decimal> byCurrency)
        {
            if (otherwise < 0m)
            {
                wrong.Add($"Returns:{key}UpTo must not be below 0; 0 allows none.");
            }

            wrong.AddRange(byCurrency.Where(c => c.Value < 0m).Select(c => $"Returns:{key}ByCurrency:{c.Key} must not be below 0; 0 allows none."));
        }
    }
}
