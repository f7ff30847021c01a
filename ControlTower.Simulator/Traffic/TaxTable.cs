namespace ControlTower.Simulator.Traffic;

/// <summary>One tax of a place. Rates are fractions: 0.19 is nineteen per cent.</summary>
public sealed record TaxRate(string Title, decimal Rate);

/// <summary>
/// Which taxes apply to an article sent to a place. Europe: the destination's value added tax. United Kingdom: none on children's clothes.
/// United States: up to three taxes on one line, none in Oregon. The rates are plausible, not advice.
/// </summary>
public static class TaxTable
{
    private static readonly Dictionary<string, TaxRate[]> Vat = new(StringComparer.Ordinal)
    {
        ["DE"] = [new("MwSt", 0.19m)], ["AT"] = [new("USt", 0.20m)], ["FR"] = [new("TVA", 0.20m)], ["NL"] = [new("BTW", 0.21m)],
        ["IT"] = [new("IVA", 0.22m)], ["ES"] = [new("IVA", 0.21m)], ["GB"] = [new("VAT", 0.20m)], ["JP"] = [new("CT", 0.10m)],
    };

    private static readonly Dictionary<string, TaxRate[]> Sales = new(StringComparer.Ordinal)
    {
        ["NY"] = [new("New York State Tax", 0.04m), new("New York City Tax", 0.045m), new("Metropolitan Commuter Transportation District", 0.00375m)],
        ["CA"] = [new("California State Tax", 0.0725m), new("Alameda County Tax", 0.03m)],
        ["TX"] = [new("Texas State Tax", 0.0625m), new("Austin City Tax", 0.02m)],
        ["WA"] = [new("Washington State Tax", 0.065m), new("Seattle City Tax", 0.0385m)],
        ["CO"] = [new("Colorado State Tax", 0.029m), new("Denver City Tax", 0.0515m)],
        ["NJ"] = [new("New Jersey State Tax", 0.06625m)],
        ["OR"] = [],
    };

    public static IReadOnlyList<TaxRate> Goods(Address to, bool kids) => to.CountryCode switch
    {
        "GB" when kids => [new TaxRate("VAT", 0m)],
        "US" => Sales[to.ProvinceCode!],
        var country => Vat[country],
    };

    /// <summary>Shipping is taxed like goods in Europe, the United Kingdom and Japan, and in New York and Texas.</summary>
    public static IReadOnlyList<TaxRate> Carriage(Address to) =>
        to.CountryCode == "US" && to.ProvinceCode is not ("NY" or "TX") ? [] : Goods(to, kids: false);
}
