namespace ControlTower.Simulator.Shopify;

/// <summary>A discount that the shop grants at its checkout: by itself or for a code, on what is got, or on what is got beside what is bought.</summary>
public sealed record ShopDiscount
{
    public required long Id { get; init; }
    public string Title { get; init; } = "";
    public string? Code { get; init; }

    /// <summary>Fraction off what is got.</summary>
    public decimal? Percent { get; init; }

    /// <summary>Off each piece that is got.</summary>
    public decimal? Amount { get; init; }

    /// <summary>Pieces that must be bought, and pieces that are then got; null unless it is buy some, get some.</summary>
    public int? Buys { get; init; }
    public int? Gets { get; init; }
    public IReadOnlyList<long> BoughtVariants { get; init; } = [];
    public IReadOnlyList<long> Variants { get; init; } = [];
    public DateTimeOffset StartsAt { get; init; }
    public DateTimeOffset? EndsAt { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }
    public required bool HasCode { get; init; }
    public required bool IsBuySome { get; init; }

    public string Type => $"Discount{(HasCode ? "Code" : "Automatic")}{(IsBuySome ? "Bxgy" : "Basic")}";

    public string Status(DateTimeOffset now) => EndsAt <= now ? "EXPIRED" : StartsAt > now ? "SCHEDULED" : "ACTIVE";
}
