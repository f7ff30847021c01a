namespace ControlTower.Simulator.BusinessCentral;

/// <summary>
/// What per cent a line bears. Value added tax: customer's area against the line's group. Sales tax: the area's rates if the customer is liable and the group taxable.
/// </summary>
public sealed class TaxSetup(bool salesTax)
{
    private static readonly (string Area, string Name, decimal Standard, decimal Reduced)[] Vat =
    [
        ("DOMESTIC", "Germany", 19m, 7m), ("EU-FR", "France", 20m, 10m), ("EU-NL", "Netherlands", 21m, 9m), ("EU-AT", "Austria", 20m, 10m),
        ("EU-IT", "Italy", 22m, 10m), ("EU-ES", "Spain", 21m, 10m), ("UK", "United Kingdom", 20m, 5m), ("JP", "Japan", 10m, 8m), ("EXPORT", "Rest of the world", 0m, 0m),
    ];

    private static readonly (string Area, string Name, decimal[] Rates)[] Sales =
    [
        ("NY", "New York City", [4m, 4.5m, 0.375m]), ("CA", "Alameda County", [7.25m, 3m]), ("TX", "Austin", [6.25m, 2m]), ("WA", "Seattle", [6.5m, 3.85m]),
        ("CO", "Denver", [2.9m, 5.15m]), ("NJ", "New Jersey", [6.625m]), ("OR", "Oregon", []),
    ];

    /// <summary>Groups whose per cent does not depend on the area: VAT19 is nineteen per cent everywhere.</summary>
    private static readonly int[] Fixed = [0, 5, 7, 8, 9, 10, 19, 20, 21, 22];

    public bool IsSalesTax => salesTax;

    public string DefaultArea => salesTax ? "" : "DOMESTIC";

    public string DefaultGroup => salesTax ? "TAXABLE" : "STANDARD";

    public IEnumerable<(string Code, string Name)> Areas => salesTax ? Sales.Select(a => (a.Area, a.Name)) : Vat.Select(a => (a.Area, a.Name));

    public IEnumerable<(string Code, string Name)> Groups => salesTax
        ? [("TAXABLE", "Taxable goods"), ("NONTAXABLE", "Not taxable")]
        : [("STANDARD", "Standard rate"), ("REDUCED", "Reduced rate"), ("ZERO", "Zero rate"), .. Fixed.Select(f => ($"VAT{f}", $"VAT {f} %"))];

    public decimal[] Rates(string area, bool liable, string group)
    {
        if (salesTax) return liable && group == "TAXABLE" ? Sales.FirstOrDefault(a => a.Area == area).Rates ?? [] : [];
        if (group.StartsWith("VAT", StringComparison.Ordinal) && int.TryParse(group.AsSpan(3), out var rate)) return [rate];
        var row = Vat.FirstOrDefault(a => a.Area == area);
        return [group switch { "ZERO" => 0m, "REDUCED" => row.Reduced, _ => row.Standard }];
    }
}
