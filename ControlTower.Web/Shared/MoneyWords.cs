using System.Globalization;
using ControlTower.Data.Canonical;

namespace ControlTower.Web.Shared;

/// <summary>Several amounts in a sentence. Currencies are never added: each is named, or how many more there are.</summary>
public static class MoneyWords
{
    /// <summary><c>€201,282</c>, <c>€201,282 and £3,200</c>, <c>€201,282, £3,200 and 2 more currencies</c>.</summary>
    public static string Join(IReadOnlyList<Money> values, int most = 2, CultureInfo? culture = null)
    {
        var named = values.Take(values.Count == most + 1 ? most + 1 : most).Select(value => Say.Money(value, MoneyStyle.Whole, culture)).ToList();
        if (values.Count > named.Count)
            named.Add(More(values.Count - named.Count));
        return named.Count switch
        {
            0 => Say.None,
            1 => named[0],
            _ => $"{string.Join(", ", named[..^1])} and {named[^1]}",
        };
    }

    public static string More(int count) => count == 1 ? "1 more currency" : string.Create(CultureInfo.InvariantCulture, $"{count} more currencies");
}
