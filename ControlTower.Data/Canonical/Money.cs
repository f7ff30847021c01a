using System.Globalization;

namespace ControlTower.Data.Canonical;

/// <summary>An amount in major units with its ISO 4217 currency. Amounts of two currencies are never added.</summary>
public readonly record struct Money(decimal Amount, string Currency)
{
    public static Money Zero(string currency) => new(0m, currency);

    public static Money operator +(Money left, Money right) => new(left.Amount + Same(left, right).Amount, left.Currency);

    public static Money operator -(Money left, Money right) => new(left.Amount - Same(left, right).Amount, left.Currency);

    public static Money operator -(Money value) => new(-value.Amount, value.Currency);

    /// <summary>True if the amount has no more decimals than its currency allows.</summary>
    public bool IsExact => Amount == decimal.Round(Amount, Currencies.Decimals(Currency));

    /// <summary>Rounds half away from zero to the currency's decimals, as vendors and tax offices do.</summary>
    public Money Rounded() => this with { Amount = decimal.Round(Amount, Currencies.Decimals(Currency), MidpointRounding.AwayFromZero) };

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Amount} {Currency}");

    private static Money Same(Money left, Money right) => left.Currency == right.Currency
        ? right
        : throw new InvalidOperationException($"Cannot combine {left.Currency} with {right.Currency}: convert first.");
}
