using ControlTower.Data.Canonical;

namespace ControlTower.Web.Shared;

/// <summary>Sums of several currencies told in one, by rates that people wrote down. The amounts themselves stay as they are.</summary>
/// <param name="Currency">In which sums are told.</param>
/// <param name="Rates">Worth of one unit of each currency in the currency of the books.</param>
/// <param name="AsOf">Day of the oldest rate.</param>
public sealed record MoneyTotals(string Currency, IReadOnlyDictionary<string, decimal> Rates, DateOnly AsOf)
{
    /// <summary>The sum; null if it needs no rate, or one is missing.</summary>
    public Money? Sum(IReadOnlyList<Money> values) =>
        values.Any(value => value.Currency != Currency) && Rates.TryGetValue(Currency, out var own) && values.All(value => value.Currency == Currency || Rates.ContainsKey(value.Currency))
            ? new Money(decimal.Round(values.Sum(value => value.Currency == Currency ? value.Amount : value.Amount * Rates[value.Currency] / own), 2, MidpointRounding.AwayFromZero), Currency)
            : null;
}
