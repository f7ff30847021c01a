using ControlTower.Data.Catalog;

namespace ControlTower.Web.Pages.Customers;

/// <summary>What speaks for two customers being one, and what against it.</summary>
internal static class PairWords
{
    public static IReadOnlyList<(string Name, string? A, string? B, KeySays Says)> Rows(CustomerPair pair) =>
    [
        ("Loyalty number", pair.A.Loyalty, pair.B.Loyalty, pair.Loyalty), ("E-mail", pair.A.Email, pair.B.Email, pair.Email), ("Phone", pair.A.Phone, pair.B.Phone, pair.Phone),
        ("Name", pair.A.Name, pair.B.Name, pair.Name), ("Number there", pair.A.Customer, pair.B.Customer, KeySays.Nothing),
    ];

    public static string Say(CustomerPair pair, KeySays says) =>
        string.Join(", ", Rows(pair).Where(r => r.Says == says).Select(r => r.Name.ToLowerInvariant())) is { Length: > 0 } names ? names : Shared.Say.None;

    public static string Word(KeySays says) => says switch { KeySays.Agrees => "Agrees", KeySays.Differs => "Differs", _ => "" };

    public static string Standing(CustomerPair pair) => pair switch
    {
        { Verdict: "same" } => $"{pair.VerdictBy} says that they are one: {pair.VerdictWhy}",
        { Verdict: "different" } => $"{pair.VerdictBy} says that they are not: {pair.VerdictWhy}",
        { Certain: true } => "Taken for one: a loyalty number, or two keys that do not depend on each other, agree.",
        _ => "One key alone is not enough: families share addresses and numbers.",
    };
}
