using System.Globalization;
using System.Text.Json;
using ControlTower.Data.Canonical;

namespace ControlTower.Sync.Connectors.Square;

/// <summary>Single values of Square's documents; each throws <see cref="FieldFault"/> that names the field.</summary>
internal static class SquareReading
{
    // Far above any sale, far below where sums of decimals overflow.
    private const long LargestMinor = 1_000_000_000_000_000;
    private const int LargestQuantity = 1_000_000;

    public static string Id(this JsonElement of, string name, string path)
        => of.Text(name) is { } id && SquareId.IsOne(id) ? id : throw new FieldFault("id", $"{path}.{name}", "The id is missing or no id of Square's.");

    public static DateTimeOffset When(this JsonElement of, string path, params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            if (of.Time(name) is { } time)
            {
                return time.ToUniversalTime();
            }
        }

        throw new FieldFault("time", $"{path}.{names[0]}", "The time is missing or unreadable.");
    }

    public static string Currency(this JsonElement of, string money, string path)
        => of.Text(money, "currency") is { } code && Currencies.IsCode(code) ? code : throw new FieldFault("currency", $"{path}.{money}.currency", "This is no ISO 4217 code.");

    /// <summary>An amount in major units; zero if the member is absent. Square counts in the currency's smallest unit.</summary>
    public static decimal Money(this JsonElement of, string member, string currency, string path)
    {
        if (of.At(member) is not { } money || money.At("amount") is not { } amount)
        {
            return 0m;
        }

        if (amount.ValueKind != JsonValueKind.Number || !amount.TryGetInt64(out var minor) || minor is > LargestMinor or < -LargestMinor)
        {
            throw new FieldFault("amount", $"{path}.{member}.amount", "The amount is no whole number of minor units, or out of range.");
        }

        return money.Text("currency") is { } other && other != currency
            ? throw new FieldFault("currency", $"{path}.{member}.currency", $"The amount is in another currency than the order's {currency}.")
            : Currencies.FromMinor(minor, currency);
    }

    /// <summary>Pieces. Quantities are decimal text; the books count pieces, so what is sold by weight or length waits for a person.</summary>
    public static int Quantity(this JsonElement line, string path)
    {
        if (line.At("quantity") is not { ValueKind: JsonValueKind.String } || VendorText.Amount(line.Text("quantity")) is not { } quantity)
        {
            throw new FieldFault("quantity", $"{path}.quantity", "The quantity is missing or no decimal text.");
        }

        return quantity == decimal.Truncate(quantity) && quantity is > 0 and <= LargestQuantity
            ? (int)quantity
            : throw new FieldFault("quantity", $"{path}.quantity", string.Create(CultureInfo.InvariantCulture, $"{quantity} is not a number of pieces."));
    }

    /// <summary>Orders statements of one thing: microseconds of its last change. Sales rung up at a till carry no version of Square's own.</summary>
    public static long Version(DateTimeOffset at) => (at.UtcTicks - DateTimeOffset.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond;
}
