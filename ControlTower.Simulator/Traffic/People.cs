using System.Globalization;

namespace ControlTower.Simulator.Traffic;

/// <summary>A buyer. Guests have no earlier history in the shop but the vendor still gives them a customer id.</summary>
public sealed record Shopper(long Number, bool Guest, string Email, string? Phone, Address Home);

/// <summary>Invented buyers. Family names say so, mail goes to the reserved domain example.com.</summary>
public static class People
{
    /// <summary>Known customers a shop keeps meeting again.</summary>
    public const int Known = 400;

    private static readonly string[] First = ["Ada", "Björn", "Chloé", "Dmitri", "Eda", "Félix", "Grace", "Hana", "Ingrid", "Jürgen", "Kenji", "Léa", "Mateo", "Nora", "Oscar", "Priya", "Quinn", "Rosa", "Søren", "Yuki"];
    private static readonly string[] Last = ["Sample", "Example", "Specimen", "Muster", "Dummy", "Placeholder", "Fictional", "Mockford", "Testwell", "Nobody"];

    private static readonly Dictionary<string, (string Country, string[] Cities, string Zip)> Places = new(StringComparer.Ordinal)
    {
        ["DE"] = ("Germany", ["Berlin", "Hamburg", "Köln", "München"], "999##"),
        ["FR"] = ("France", ["Paris", "Lyon", "Nantes"], "999##"),
        ["NL"] = ("Netherlands", ["Utrecht", "Rotterdam"], "99## ZZ"),
        ["AT"] = ("Austria", ["Wien", "Graz"], "99##"),
        ["IT"] = ("Italy", ["Milano", "Torino"], "999##"),
        ["ES"] = ("Spain", ["Madrid", "Valencia"], "999##"),
        ["GB"] = ("United Kingdom", ["London", "Leeds", "Bristol", "Glasgow"], "ZZ99 #ZZ"),
        ["JP"] = ("Japan", ["Shinjuku", "Osaka", "Sapporo"], "999-00##"),
    };

    private static readonly (string State, string Code, string City, string Zip)[] States =
    [
        ("New York", "NY", "Brooklyn", "000##"), ("California", "CA", "Oakland", "000##"), ("Texas", "TX", "Austin", "000##"),
        ("Washington", "WA", "Seattle", "000##"), ("Oregon", "OR", "Portland", "000##"), ("Colorado", "CO", "Denver", "000##"),
    ];

    public static Shopper Meet(Market market, int seed, Dice dice, long guestNumber, bool? guest, string? country)
    {
        var isGuest = guest ?? dice.Chance(0.45);
        var number = isGuest ? 1_000_000 + guestNumber : 1 + dice.Below(Known);
        return Of(market, seed, number, isGuest, country);
    }

    /// <summary>The person behind a customer number.</summary>
    public static Shopper Of(Market market, int seed, long number, bool guest, string? country)
    {
        // A known customer is the same person at the same address each time, so their own dice decide.
        var own = new Dice(seed, market.Index, number, 77);
        var first = own.Pick(First);
        var last = own.Pick(Last);
        var home = Home(own, first, last, country ?? own.Pick(market.Countries));
        var mail = string.Create(CultureInfo.InvariantCulture, $"{Plain(first)}.{Plain(last)}.{market.Key}{number}@example.com");
        return new Shopper(number, guest, mail, own.Chance(0.4) ? home.Phone : null, home);
    }

    private static Address Home(Dice dice, string first, string last, string country)
    {
        var street = string.Create(CultureInfo.InvariantCulture, $"{dice.Between(1, 199)} {dice.Pick(["Sample Street", "Beispielweg", "Rue de l'Exemple", "Specimen Road"])}");
        var extra = dice.Chance(0.2) ? string.Create(CultureInfo.InvariantCulture, $"Apt {dice.Between(1, 60)}") : null;
        var phone = dice.Chance(0.6) ? string.Create(CultureInfo.InvariantCulture, $"+15555550{dice.Between(100, 199)}") : null;
        if (country == "US")
        {
            var state = dice.Pick(States);
            return new Address(first, last, null, street, extra, state.City, state.State, state.Code, Digits(dice, state.Zip), "United States", "US", phone);
        }

        if (!Places.TryGetValue(country, out var place)) throw new ArgumentOutOfRangeException(nameof(country), country, $"The estate has no addresses in {country}.");
        var prefecture = country == "JP" ? (Name: "Tokyo", Code: "JP-13") : (Name: null, Code: (string?)null);
        return new Address(first, last, null, street, extra, dice.Pick(place.Cities), prefecture.Name, prefecture.Code, Digits(dice, place.Zip), place.Country, country, phone);
    }

    private static string Digits(Dice dice, string pattern) => string.Concat(pattern.Select(c => c == '#' ? (char)('0' + dice.Below(10)) : c));

    private static string Plain(string name) => string.Concat(name.ToLowerInvariant().Select(c => c switch { 'ö' => "o", 'é' => "e", 'ü' => "u", 'ø' => "o", _ => c.ToString() }));
}
