using ControlTower.Simulator.Traffic;

namespace ControlTower.Simulator.Square;

/// <summary>A store with a till. <paramref name="Code"/> is what the tower and the ERP call it, <paramref name="LocationId"/> what the vendor does.</summary>
public sealed record PosStore(string LocationId, string Code, string Name, Address Address)
{
    private static readonly (string City, string Country, string CountryCode)[] Towns =
        [("Musterstadt", "Germany", "DE"), ("Beispielhausen", "Germany", "DE"), ("Voorbeelddam", "Netherlands", "NL"), ("Exempleville", "France", "FR")];

    /// <summary>Cash is rounded to five cents there.</summary>
    public bool RoundsCash => Address.CountryCode == "NL";

    public static PosStore Nth(int n, Func<string, string> id)
    {
        var (city, country, code) = Towns[n % Towns.Length];
        return new PosStore(id($"location/{n}"), $"POS-{n + 1:D4}", $"Store {city} {n + 1}", new Address("", "", "Northlane", $"Beispielweg {n + 1}", null, city, null, null, "99999", country, code, null));
    }
}
