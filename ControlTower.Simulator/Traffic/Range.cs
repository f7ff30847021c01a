namespace ControlTower.Simulator.Traffic;

/// <summary>What a brand sells: a fixed range of styles in sizes and colours, and prices per currency.</summary>
public static class Range
{
    private static readonly string[] Sizes = ["XS", "S", "M", "L", "XL"];
    private static readonly (string Code, string Name)[] Colours = [("BLK", "Black"), ("NVY", "Navy"), ("OLV", "Olive")];

    private static readonly Style[] Northlane =
    [
        new("JKT", "Storm Jacket", "Jackets", 780, 189.95m, false),
        new("PNT", "Trail Trousers", "Trousers", 460, 99.95m, false),
        new("HOD", "Harbour Hoodie", "Sweaters", 540, 74.90m, false),
        new("TEE", "Everyday Tee", "Shirts", 180, 29.95m, false),
        new("BAS", "Merino Base Layer", "Base layers", 210, 64.99m, false),
        new("BNI", "Ribbed Beanie", "Accessories", 90, 24.95m, false),
        new("SOK", "Hiking Socks", "Accessories", 70, 14.99m, false),
        new("KJK", "Junior Rain Jacket", "Kids", 420, 69.95m, true),
        new("KTE", "Junior Tee", "Kids", 130, 17.95m, true),
    ];

    private static readonly Style[] Fjell =
    [
        new("PRK", "Ridge Parka", "Parkas", 1150, 289.00m, false),
        new("FLC", "Summit Fleece", "Fleece", 420, 89.00m, false),
        new("SHL", "Alpine Shell", "Shells", 510, 249.00m, false),
        new("BIB", "Snow Bib", "Trousers", 820, 199.00m, false),
        new("GLV", "Down Gloves", "Accessories", 160, 59.00m, false),
        new("CAP", "Camp Cap", "Accessories", 85, 32.00m, false),
        new("BAS", "Wool Base Layer", "Base layers", 220, 79.00m, false),
    ];

    private static readonly IReadOnlyList<Article> NorthlaneArticles = Build("NL", Northlane);
    private static readonly IReadOnlyList<Article> FjellArticles = Build("FJ", Fjell);

    public static IReadOnlyList<Article> Of(string brand) => brand switch
    {
        "northlane" => NorthlaneArticles,
        "fjell" => FjellArticles,
        _ => throw new ArgumentOutOfRangeException(nameof(brand), brand, "No such brand in the estate."),
    };

    /// <summary>The collections of the web shop that a style is in, by title.</summary>
    public static IReadOnlyList<string> Collections(Style style) => style.Kind switch
    {
        "Jackets" or "Parkas" or "Shells" => [style.Kind, "Outerwear"],
        "Kids" => style.Title.Contains("Jacket", StringComparison.Ordinal) ? ["Kids", "Outerwear"] : ["Kids"],
        _ => [style.Kind],
    };

    /// <summary>Unit price as shown in a shop of this currency, with its decimals.</summary>
    public static decimal Price(Style style, string currency) => currency switch
    {
        "EUR" => style.Euro,
        "GBP" => Math.Floor(style.Euro * 0.86m) + 0.95m,
        "USD" => Math.Floor(style.Euro * 1.08m) + (style.Euro < 40 ? 0.49m : 0.99m),
        "JPY" => Math.Round(style.Euro * 162m / 100m, MidpointRounding.AwayFromZero) * 100m - 10m,
        _ => throw new ArgumentOutOfRangeException(nameof(currency), currency, "No price list in this currency."),
    };

    private static List<Article> Build(string prefix, Style[] styles)
    {
        var articles = new List<Article>();
        for (var s = 0; s < styles.Length; s++)
        {
            foreach (var size in styles[s].Kind == "Accessories" ? ["OS"] : Sizes)
            {
                foreach (var (code, name) in Colours)
                {
                    articles.Add(new Article($"{prefix}-{styles[s].Code}-{size}-{code}", styles[s], size, name, s + 1, articles.Count + 1));
                }
            }
        }

        var ghost = new Style("LTD", "Limited Drop", "Limited", 300, 49.95m, false);
        articles.Add(new Article($"{prefix}-LTD-OS-GHO", ghost, "OS", "Ghost", styles.Length + 1, articles.Count + 1) { Ghost = true });
        return articles;
    }
}
