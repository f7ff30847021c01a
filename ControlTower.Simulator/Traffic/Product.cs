namespace ControlTower.Simulator.Traffic;

/// <summary>A style of a brand. <paramref name="Kids"/> clothes carry no VAT in the United Kingdom.</summary>
public sealed record Style(string Code, string Title, string Kind, int Grams, decimal Euro, bool Kids);

/// <summary>One sellable article. <see cref="Ordinal"/> is its place in the brand's range and the root of vendor ids.</summary>
public sealed record Article(string Sku, Style Style, string Size, string Colour, int StyleOrdinal, int Ordinal)
{
    /// <summary>Sold by the shop, unknown to the ERP: the article behind "unknown SKU" refusals.</summary>
    public bool Ghost { get; init; }

    public string VariantTitle => $"{Size} / {Colour}";

    /// <summary>EAN-13 from a range reserved for use inside a company (prefix 2), with its check digit.</summary>
    public string Gtin
    {
        get
        {
            var digits = $"2{StyleOrdinal:D5}{Ordinal:D6}";
            var sum = digits.Select((c, i) => (c - '0') * (i % 2 == 0 ? 1 : 3)).Sum();
            return digits + ((10 - (sum % 10)) % 10);
        }
    }
}
