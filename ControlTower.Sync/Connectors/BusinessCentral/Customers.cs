using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using ControlTower.Data.Canonical;

namespace ControlTower.Sync.Connectors.BusinessCentral;

/// <summary>
/// Which customer an order is booked to: the one that a person mapped this buyer to, else one for all web orders of a currency, or one per buyer. Numbers are derived, so that a customer that was created
/// twice at the same moment is still one.
/// </summary>
internal sealed class Customers(ODataCall call, BusinessCentralSettings settings, ConnectionProfile profile)
{
    private readonly ConcurrentDictionary<string, byte> known = new(StringComparer.Ordinal);

    public async Task<(string Number, Outcome? Failure)> NumberAsync(Order order, CancellationToken cancel)
    {
        var number = order.Buyer.Number is { } mapped ? mapped : settings.CustomerPerBuyer ? PerBuyer(order) : Collective(order) ?? $"WEB-{order.Currency}";
        if (known.ContainsKey(number))
        {
            return (number, null);
        }

        var filter = OData.Where("customers", $"number eq {OData.Literal(number)}", "$select=id,number");
        var found = await call.ReadAsync(filter, cancel).ConfigureAwait(false);
        if (found.Failure is not null)
        {
            return (number, found.Failure);
        }

        // A number that a person chose must exist: to create it would hide a slip of the pen.
        var chosen = order.Buyer.Number is not null || (!settings.CustomerPerBuyer && number != $"WEB-{order.Currency}");
        if (found.First is null && chosen)
        {
            return (number, new Outcome.Refused(FailureKind.Missing, "unknown-customer", $"The ERP has no customer {number}.", "customerNumber"));
        }

        var failure = found.First is null ? await CreateAsync(number, order, cancel).ConfigureAwait(false) : null;
        if (failure is null)
        {
            known.TryAdd(number, 0);
        }

        return (number, failure);
    }

    private async Task<Outcome?> CreateAsync(string number, Order order, CancellationToken cancel)
    {
        var body = new JsonObject
        {
            ["number"] = number,
            ["displayName"] = settings.CustomerPerBuyer ? VendorText.Cut(order.Buyer.Name ?? number, 100) : $"Web customers {order.Currency}",
            ["type"] = "Person",
            ["currencyCode"] = order.Currency == profile.Currency ? "" : order.Currency,
        };
        if (settings.CustomerPerBuyer && order.Buyer.Email is { Length: <= 80 } email)
        {
            body["email"] = email;
        }

        var answer = await call.PostAsync("customers", body, cancel).ConfigureAwait(false);
        return answer.Failure switch
        {
            Outcome.Refused { Kind: FailureKind.Duplicate } => null,
            // Created or not, the order was not posted; the number is derived, so the next attempt finds it or makes it.
            Outcome.Unknown(var why) => new Outcome.NotDone(FailureKind.Intermittent, $"While the customer was created: {why}"),
            var failure => failure,
        };
    }

    /// <summary>The setting of the order's shop, else of its country, else of all; <c>{country}</c>, <c>{province}</c> and <c>{currency}</c> are filled in.</summary>
    private string? Collective(Order order)
    {
        var place = order.Buyer.ShipTo ?? order.Buyer.BillTo;
        var pattern = profile.Settings.GetValueOrDefault($"customerNumber:{order.Key.Source}")
            ?? profile.Settings.GetValueOrDefault($"customerNumber:{place?.CountryCode}")
            ?? profile.Settings.GetValueOrDefault("customerNumber");
        return string.IsNullOrEmpty(pattern) ? null : pattern
            .Replace("{country}", place?.CountryCode, StringComparison.Ordinal)
            .Replace("{province}", place?.Province, StringComparison.Ordinal)
            .Replace("{currency}", order.Currency, StringComparison.Ordinal);
    }

    private static string PerBuyer(Order order)
    {
        var who = order.Buyer.Id is { } id ? $"{order.Key.Source}\n{id}" : $"{order.Brand}\n{order.Buyer.Email?.ToLowerInvariant() ?? order.Key.ToString()}";
        return $"W-{Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(who)))[..16]}";
    }
}
