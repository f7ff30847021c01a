namespace ControlTower.Simulator.Traffic;

/// <summary>One web shop of the estate: who sells what to whom, in which money, and which ERP takes it.</summary>
public sealed record Market
{
    /// <summary>Place in the estate; root of the vendor ids, so that ids of two shops never meet.</summary>
    public required int Index { get; init; }

    /// <summary>Path segment of the shop's address, for example eu.</summary>
    public required string Key { get; init; }

    public required string Name { get; init; }
    public required string Brand { get; init; }
    public required string Region { get; init; }
    public required string Currency { get; init; }
    public required int Decimals { get; init; }
    public required string TimeZone { get; init; }
    public required bool TaxesIncluded { get; init; }
    public required string PostsTo { get; init; }
    public required string OrderPrefix { get; init; }
    public required int FirstOrderNumber { get; init; }
    public required decimal Shipping { get; init; }
    public required decimal FreeShippingFrom { get; init; }
    public required string Plan { get; init; }

    /// <summary>Cost points restored a second; the bucket holds twenty times as much.</summary>
    public required int RestoreRate { get; init; }

    /// <summary>Destinations by how often they are chosen.</summary>
    public required IReadOnlyList<string> Countries { get; init; }

    public required IReadOnlyList<Site> Sites { get; init; }

    public string SystemId => $"shopify-{Key}";
    public string Domain => $"{Brand}-{Key}.myshopify.com";
    public decimal Smallest => Decimals == 0 ? 1m : 0.01m;
    public Site Warehouse => Sites[0];
    public IEnumerable<Site> Stores => Sites.Skip(1);

    public decimal Round(decimal amount) => Math.Round(amount, Decimals, MidpointRounding.AwayFromZero);
}
