using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using ControlTower.Data.Canonical;

namespace ControlTower.Sync.Connectors.Tryton;

/// <summary>Finds Tryton's ids for the names that orders use: set-up data from a short memory, products anew each time.</summary>
internal sealed class TrytonDirectory(ConnectionProfile profile, TrytonRpc rpc)
{
    private static readonly TimeSpan Memory = TimeSpan.FromMinutes(10);

    public async Task<long> CurrencyAsync(string code, CancellationToken cancel)
        => await KnownAsync("currency.currency", Where("code", code), cancel).ConfigureAwait(false)
            ?? throw Missing("unknown-currency", $"Tryton has no currency {code}.", "currency");

    public Task<long?> CountryAsync(string code, CancellationToken cancel) => KnownAsync("country.country", Where("code", code.ToUpperInvariant()), cancel);

    /// <param name="rate">As a fraction.</param>
    public async Task<long> TaxAsync(decimal rate, string? code, CancellationToken cancel)
    {
        var domain = new JsonArray(
            TrytonValue.Clause("type", "=", "percentage"), TrytonValue.Clause("rate", "=", TrytonValue.Of(Plain(rate))), TrytonValue.Clause("parent", "=", null),
            TrytonValue.Clause("company", "=", (await rpc.SessionAsync(cancel).ConfigureAwait(false)).Company));
        var name = code ?? TaxName(rate);
        if (name is not null)
        {
            domain.Add((JsonNode)TrytonValue.Clause("name", "=", name));
        }

        return await KnownAsync("account.tax", domain, cancel).ConfigureAwait(false)
            ?? throw Missing("unknown-tax", string.Create(CultureInfo.InvariantCulture, $"Tryton has no tax of {rate * 100m:0.####} %{(name is null ? string.Empty : $" named '{name}'")}."), "taxes");
    }

    public async Task<long> WarehouseAsync(string? location, CancellationToken cancel)
    {
        var code = location ?? profile.Settings.GetValueOrDefault("warehouse");
        var domain = new JsonArray(TrytonValue.Clause("type", "=", "warehouse"));
        if (!string.IsNullOrEmpty(code))
        {
            var exact = new JsonArray(TrytonValue.Clause("type", "=", "warehouse"), TrytonValue.Clause("code", "=", code));
            if (await KnownAsync("stock.location", exact, cancel).ConfigureAwait(false) is { } id)
            {
                return id;
            }

            if (!string.IsNullOrEmpty(profile.Settings.GetValueOrDefault("warehouse")) && code != profile.Settings["warehouse"])
            {
                return await WarehouseAsync(profile.Settings["warehouse"], cancel).ConfigureAwait(false);
            }

            throw Missing("unknown-warehouse", $"Tryton has no warehouse with the code {code}.", "location");
        }

        return await KnownAsync("stock.location", domain, cancel).ConfigureAwait(false)
            ?? throw Missing("unknown-warehouse", "Tryton has no warehouse.", "location");
    }

    public Task<long?> WebShopAsync(CancellationToken cancel) => NamedAsync("web.shop", "webShop", cancel);

    public Task<long?> PaymentTermAsync(CancellationToken cancel) => NamedAsync("account.invoice.payment_term", "paymentTerm", cancel);

    public async Task<long> PaymentMethodAsync(CancellationToken cancel)
        => await NamedAsync("account.invoice.payment.method", "paymentMethod", cancel).ConfigureAwait(false)
            ?? throw Missing("unknown-payment-method", "Tryton has no payment method of that name.", "method");

    /// <summary>Products by code, all of them or a refusal that names the missing.</summary>
    public async Task<IReadOnlyDictionary<string, (long Id, long Unit)>> ProductsAsync(IReadOnlyCollection<string> skus, CancellationToken cancel)
    {
        var codes = TrytonValue.Names([.. skus]);
        var rows = await rpc.SearchAsync("product.product", new JsonArray(TrytonValue.Clause("code", "in", codes)), ["code", "sale_uom", "default_uom"], cancel).ConfigureAwait(false);
        var found = new Dictionary<string, (long Id, long Unit)>(StringComparer.Ordinal);
        foreach (var row in rows)
        {
            if (TrytonValue.Text(row, "code") is { } code && TrytonValue.Id(row) is { } id && (TrytonValue.Id(row, "sale_uom") ?? TrytonValue.Id(row, "default_uom")) is { } unit
                && !found.TryAdd(code, (id, unit)))
            {
                throw new CallEnded(new Outcome.Refused(FailureKind.Duplicate, "sku-twice", $"Tryton has two products with the code {code}.", "sku"));
            }
        }

        var missing = skus.Where(s => !found.ContainsKey(s)).ToList();
        return missing.Count == 0 ? found : throw Missing("unknown-sku", $"Tryton has no product with the code {string.Join(", ", missing.Take(5))}.", "sku");
    }

    private Task<long?> NamedAsync(string model, string setting, CancellationToken cancel)
    {
        var name = profile.Settings.GetValueOrDefault(setting);
        return KnownAsync(model, string.IsNullOrEmpty(name) ? [] : Where("name", name), cancel);
    }

    // The lowest id where several fit: the answer must not depend on the database's mood.
    private async Task<long?> KnownAsync(string model, JsonArray domain, CancellationToken cancel)
    {
        var key = $"{model} {domain.ToJsonString()}";
        var now = rpc.Clock.GetUtcNow();
        if (rpc.State.Known.TryGetValue(key, out var known) && known.Until > now)
        {
            return known.Id;
        }

        var rows = await rpc.SearchAsync(model, domain, ["id"], cancel, limit: 1, order: new JsonArray(new JsonArray("id", "ASC"))).ConfigureAwait(false);
        var id = rows.Count == 0 ? null : TrytonValue.Id(rows[0]);
        if (id is not null)
        {
            // What is missing is asked for again: somebody may be entering it now.
            rpc.State.Known[key] = (id, now + Memory);
        }

        return id;
    }

    private string? TaxName(decimal rate) => profile.Settings.GetValueOrDefault("taxNames") is { Length: > 0 } map
        ? map.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .Select(p => p.Split('=', 2, StringSplitOptions.TrimEntries))
            .FirstOrDefault(p => p.Length == 2 && decimal.TryParse(p[0], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var percent) && percent == rate * 100m)?[1]
        : null;

    private static JsonArray Where(string field, string value) => new(TrytonValue.Clause(field, "=", value));

    // 0.20 and 0.2 are one rate, and one key of the memory.
    private static decimal Plain(decimal value) => value / 1.0000000000000000000000000000m;

    private static CallEnded Missing(string code, string message, string field) => new(new Outcome.Refused(FailureKind.Missing, code, message, field));
}
