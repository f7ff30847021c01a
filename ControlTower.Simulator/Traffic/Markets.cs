namespace ControlTower.Simulator.Traffic;

/// <summary>The four shops of the estate.</summary>
public static class Markets
{
    public static IReadOnlyList<Market> All { get; } =
    [
        new Market
        {
            Index = 1, Key = "eu", Name = "Northlane Europe", Brand = "northlane", Region = "EU", Currency = "EUR", Decimals = 2, TimeZone = "Europe/Berlin",
            TaxesIncluded = true, PostsTo = "bc-eu", OrderPrefix = "NL", FirstOrderNumber = 1048213, Shipping = 4.95m, FreeShippingFrom = 120m,
            Plan = "Shopify Plus", RestoreRate = 1000, Countries = ["DE", "DE", "DE", "DE", "FR", "FR", "NL", "AT", "IT", "ES"],
            Sites =
            [
                Warehouse("EU-WEB", "Europe distribution centre", "Lagerweg 7", "Musterstadt", "99998", "Germany", "DE"),
                Store("EU-BER1", "Store Berlin", "Beispielallee 12", "Berlin", "10999", "Germany", "DE"),
                Store("EU-PAR1", "Store Paris", "3 Rue de l'Exemple", "Paris", "75999", "France", "FR"),
                Store("EU-AMS1", "Store Amsterdam", "Voorbeeldstraat 5", "Amsterdam", "1099 ZZ", "Netherlands", "NL"),
            ],
        },
        new Market
        {
            Index = 2, Key = "uk", Name = "Northlane UK", Brand = "northlane", Region = "UK", Currency = "GBP", Decimals = 2, TimeZone = "Europe/London",
            TaxesIncluded = true, PostsTo = "bc-eu", OrderPrefix = "NL", FirstOrderNumber = 2031907, Shipping = 3.95m, FreeShippingFrom = 100m,
            Plan = "Advanced Shopify", RestoreRate = 200, Countries = ["GB"],
            Sites =
            [
                Warehouse("UK-WEB", "UK distribution centre", "1 Sample Park", "Exampleton", "ZZ99 9ZZ", "United Kingdom", "GB"),
                Store("UK-LON1", "Store London", "44 Specimen Street", "London", "ZZ99 3VZ", "United Kingdom", "GB"),
            ],
        },
        new Market
        {
            Index = 3, Key = "us", Name = "Fjell USA", Brand = "fjell", Region = "US", Currency = "USD", Decimals = 2, TimeZone = "America/New_York",
            TaxesIncluded = false, PostsTo = "bc-us", OrderPrefix = "FJ", FirstOrderNumber = 3007411, Shipping = 8.00m, FreeShippingFrom = 150m,
            Plan = "Shopify Plus", RestoreRate = 1000, Countries = ["US"],
            Sites =
            [
                Warehouse("US-WEB", "US distribution centre", "500 Placeholder Drive", "Sampleville", "00000", "United States", "US", "New Jersey", "NJ"),
                Store("US-NYC1", "Store New York", "10 Fictional Avenue", "New York", "00001", "United States", "US", "New York", "NY"),
                Store("US-PDX1", "Store Portland", "22 Madeup Street", "Portland", "00002", "United States", "US", "Oregon", "OR"),
            ],
        },
        new Market
        {
            Index = 4, Key = "jp", Name = "Northlane Japan", Brand = "northlane", Region = "JP", Currency = "JPY", Decimals = 0, TimeZone = "Asia/Tokyo",
            TaxesIncluded = true, PostsTo = "bc-eu", OrderPrefix = "NL", FirstOrderNumber = 4002950, Shipping = 660m, FreeShippingFrom = 12000m,
            Plan = "Basic Shopify", RestoreRate = 100, Countries = ["JP"],
            Sites =
            [
                Warehouse("JP-WEB", "Japan distribution centre", "9-9-9 Mihon", "Kawasaki", "999-0001", "Japan", "JP", "Kanagawa", "JP-14"),
                Store("JP-TYO1", "Store Tokyo", "8-8-8 Rei", "Tokyo", "999-0002", "Japan", "JP", "Tokyo", "JP-13"),
            ],
        },
    ];

    private static Site Warehouse(string code, string name, string street, string city, string zip, string country, string countryCode, string? province = null, string? provinceCode = null) =>
        new(code, name, "warehouse", new Address("", "", name, street, null, city, province, provinceCode, zip, country, countryCode, null));

    private static Site Store(string code, string name, string street, string city, string zip, string country, string countryCode, string? province = null, string? provinceCode = null) =>
        new(code, name, "store", new Address("", "", name, street, null, city, province, provinceCode, zip, country, countryCode, null));
}
