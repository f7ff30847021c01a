using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using ControlTower.Data.Canonical;

namespace ControlTower.Sync.Connectors.Tryton;

/// <summary>
/// The customer of a sale. With <c>partyMode</c> <c>buyer</c> each buyer of a shop becomes a party whose code is derived from the shop and the buyer's id there; codes
/// are unique in Tryton's database, so that a buyer cannot be created twice. With <c>collective</c> all sales go to the party with the code in <c>party</c>.
/// A buyer whom a person mapped is the party of that code, which has to be there.
/// (A web shop's guest party cannot be used: Tryton refuses to confirm its sales.)
/// </summary>
internal sealed class TrytonParties(ConnectionProfile profile, TrytonRpc rpc, TrytonDirectory directory)
{
    public sealed record Customer(long Party, long BillTo, long ShipTo);

    private static readonly string[] Fields =
        ["code", "addresses.street", "addresses.postal_code", "addresses.city", "addresses.party_name"];

    public async Task<Customer> ForAsync(Order order, CancellationToken cancel)
    {
        var collective = profile.Settings.GetValueOrDefault("partyMode") == "collective";
        var mapped = order.Buyer.Number;
        var code = mapped ?? (collective ? profile.Setting("party") : Code(order));
        var party = await FindAsync(code, cancel).ConfigureAwait(false);
        if (party is null && (collective || mapped is not null))
        {
            throw new CallEnded(new Outcome.Refused(FailureKind.Missing, "unknown-party", $"Tryton has no party with the code {code}.", "party"));
        }

        party ??= await CreateAsync(code, order, cancel).ConfigureAwait(false);
        var id = TrytonValue.Id(party.Value)!.Value;
        var ship = await AddressAsync(id, party.Value, order.Buyer.ShipTo ?? order.Buyer.BillTo, order, cancel).ConfigureAwait(false);
        var bill = order.Buyer.BillTo is null || order.Buyer.BillTo == order.Buyer.ShipTo
            ? ship
            : await AddressAsync(id, party.Value, order.Buyer.BillTo, order, cancel).ConfigureAwait(false);
        return new Customer(id, bill, ship);
    }

    private async Task<JsonElement?> FindAsync(string code, CancellationToken cancel)
    {
        var rows = await rpc.SearchAsync("party.party", new JsonArray(TrytonValue.Clause("code", "=", code)), Fields, cancel, limit: 1).ConfigureAwait(false);
        return rows.Count == 0 ? null : rows[0];
    }

    private async Task<JsonElement> CreateAsync(string code, Order order, CancellationToken cancel)
    {
        var values = new JsonObject { ["code"] = code, ["name"] = order.Buyer.Name ?? order.Buyer.Email ?? order.Name };
        var contacts = new JsonArray();
        Contact(contacts, "email", order.Buyer.Email);
        Contact(contacts, "phone", order.Buyer.Phone);
        if (contacts.Count > 0)
        {
            values["contact_mechanisms"] = new JsonArray(new JsonArray("create", contacts));
        }

        try
        {
            await rpc.CreateAsync("party.party", values, cancel).ConfigureAwait(false);
        }
        catch (CallEnded ended) when (TrytonErrors.IsDuplicateKey(ended.Outcome))
        {
            // Created by another order of the same buyer a moment ago.
        }

        return await FindAsync(code, cancel).ConfigureAwait(false)
            ?? throw new CallEnded(new Outcome.NotDone(FailureKind.Intermittent, "The party that was just created is not there yet."));
    }

    private async Task<long> AddressAsync(long party, JsonElement known, PostalAddress? address, Order order, CancellationToken cancel)
    {
        var values = Address(address, order);
        foreach (var candidate in TrytonValue.Items(known, "addresses."))
        {
            if (TrytonValue.Id(candidate) is { } id && values.All(v => (TrytonValue.Text(candidate, v.Key) ?? string.Empty) == v.Value))
            {
                return id;
            }
        }

        var record = new JsonObject { ["party"] = party };
        foreach (var (name, value) in values)
        {
            record[name] = value;
        }

        if (address?.CountryCode is { Length: 2 } country && await directory.CountryAsync(country, cancel).ConfigureAwait(false) is { } countryId)
        {
            record["country"] = countryId;
        }

        return await rpc.CreateAsync("party.address", record, cancel).ConfigureAwait(false);
    }

    private static Dictionary<string, string> Address(PostalAddress? address, Order order) => new(StringComparer.Ordinal)
    {
        ["party_name"] = address?.Name ?? order.Buyer.Name ?? string.Empty,
        ["street"] = string.Join('\n', new[] { address?.Line1, address?.Line2 }.Where(l => !string.IsNullOrWhiteSpace(l))),
        ["postal_code"] = address?.PostalCode ?? string.Empty,
        ["city"] = address?.City ?? string.Empty,
    };

    private static void Contact(JsonArray contacts, string type, string? value)
    {
        if (!string.IsNullOrWhiteSpace(value))
        {
            contacts.Add((JsonNode)new JsonObject { ["type"] = type, ["value"] = value });
        }
    }

    // Hashed: codes are printed on documents, and an e-mail address has no business there.
    private static string Code(Order order)
    {
        var identity = order.Buyer.Id is { Length: > 0 } id ? $"id\n{id}" : order.Buyer.Email is { Length: > 0 } email ? $"email\n{email.ToUpperInvariant()}" : $"order\n{order.Key.Id}";
        return $"CT-{Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes($"{order.Key.Source}\n{identity}")).AsSpan(0, 8))}";
    }
}
