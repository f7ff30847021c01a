namespace ControlTower.Simulator.Traffic;

/// <summary>What a caller asks of an order placed by hand; null leaves it to the dice.</summary>
public sealed record Wishes
{
    /// <summary>Number of lines, 1 to 20.</summary>
    public int? Lines { get; init; }

    /// <summary>A single line of this article.</summary>
    public string? Sku { get; init; }

    public int? Quantity { get; init; }
    public string? Country { get; init; }
    public bool? Guest { get; init; }
    public bool? ClickAndCollect { get; init; }
    public bool? ShipFromStore { get; init; }
    public bool? Discount { get; init; }

    /// <summary>Adds the article that the shop sells and the ERP does not know.</summary>
    public bool UnknownSku { get; init; }

    public IReadOnlyList<string> Problems(Market market)
    {
        var problems = new List<string>();
        if (Lines is < 1 or > 20) problems.Add("lines must be 1 to 20");
        if (Quantity is < 1 or > 1000) problems.Add("quantity must be 1 to 1000");
        if (Sku is not null && Range.Of(market.Brand).All(a => a.Sku != Sku)) problems.Add($"{market.SystemId} does not sell '{Sku}'");
        if (Country is not null && !market.Countries.Contains(Country)) problems.Add($"{market.SystemId} ships to {string.Join(", ", market.Countries.Distinct())} only");
        return problems;
    }
}
