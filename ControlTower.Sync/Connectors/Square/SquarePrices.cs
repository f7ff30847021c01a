using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using ControlTower.Data.Canonical;
using ControlTower.Sync.Connectors.Http;

namespace ControlTower.Sync.Connectors.Square;

/// <summary>
/// Prices of item variations, everywhere and at single stores (location overrides). Written with the version that was read, all of a command or nothing: Square itself refuses what somebody changed
/// meanwhile. Of a store's override only the price is ours.
/// </summary>
internal sealed class SquarePrices(ConnectionProfile profile, SquareListings listings, SquareCall call)
{
    private const string Fixed = "FIXED_PRICING";

    public async Task<PricesAnswer> PricesAsync(IReadOnlyList<PriceSpot> spots, CancellationToken cancel)
    {
        var (shown, _, failure) = await ReadAsync(spots, cancel).ConfigureAwait(false);
        return failure is not null ? new PricesAnswer.Failed(failure) : new PricesAnswer.Prices(shown);
    }

    public async Task<Outcome> SendAsync(SetPrices command, CancellationToken cancel)
    {
        var (shown, raw, failure) = await ReadAsync([.. command.Moves.Select(m => m.Spot)], cancel).ConfigureAwait(false);
        if (failure is not null)
        {
            return failure;
        }

        var (undone, refused) = PriceMoves.Judge(command, shown, place => !PriceListPlace.Is(place));
        return refused ?? (undone.Count == 0 ? new Outcome.Accepted(command.Key.Value) : await WriteAsync(command, [.. undone.GroupBy(t => t.Move.Spot.Item, StringComparer.Ordinal)], raw, cancel).ConfigureAwait(false));
    }

    public async Task<LookUp> LookUpAsync(SetPrices command, CancellationToken cancel) => PriceMoves.LookUp(command, await PricesAsync([.. command.Moves.Select(m => m.Spot)], cancel).ConfigureAwait(false));

    private async Task<Outcome> WriteAsync(SetPrices command, IReadOnlyList<IGrouping<string, (PriceMove Move, int At)>> items, IReadOnlyDictionary<string, JsonElement> raw, CancellationToken cancel)
    {
        var objects = new JsonArray([.. items.Select(i => (JsonNode)Changed(raw[i.Key], i.Select(m => m.Move)))]);
        // The version guards; a key of its own for each state that was read keeps an item that changed in other respects from being refused for its key.
        var versions = items.Sum(i => raw[i.Key].Amount("version") ?? 0).ToString("0", CultureInfo.InvariantCulture);
        var body = new JsonObject { ["idempotency_key"] = $"{command.Key.Value}/{versions}", ["batches"] = new JsonArray(new JsonObject { ["objects"] = objects }) };
        var (answer, refused) = await call.WriteAsync(HttpMethod.Post, "v2/catalog/batch-upsert", body, cancel).ConfigureAwait(false);
        return refused switch
        {
            null => answer.At("objects") is { ValueKind: JsonValueKind.Array } ? new Outcome.Accepted(command.Key.Value) : HttpOutcome.Garbled(write: true, "it tells no objects"),
            Outcome.Refused no => no with
            {
                Code = no.Code is "VERSION_MISMATCH" ? SetPrices.Stale : no.Code,
                Field = SquareListings.Place(no.Field) is { } at && at < items.Count ? PriceMoves.Field(items[at].First().At) : items is [var only] ? PriceMoves.Field(only.First().At) : no.Field,
            },
            _ => refused,
        };
    }

    private async Task<(IReadOnlyList<PriceShown> Shown, IReadOnlyDictionary<string, JsonElement> Raw, Outcome? Failure)> ReadAsync(IReadOnlyList<PriceSpot> spots, CancellationToken cancel)
    {
        var (_, raw, failure) = await listings.FindAsync([.. spots.Select(s => s.Item).Distinct(StringComparer.Ordinal)], cancel).ConfigureAwait(false);
        return ([.. spots.Select(s => raw.TryGetValue(s.Item, out var read) ? Shown(s, read) : new PriceShown(s, false, null, null))], raw, failure);
    }

    private PriceShown Shown(PriceSpot spot, JsonElement read)
    {
        var data = read.GetProperty("item_variation_data");
        var everywhere = Tag(data, spot.Currency);
        if (spot.Place.Length == 0)
        {
            return new PriceShown(spot, true, everywhere, everywhere);
        }

        var location = SquareSettings.Location(profile, spot.Place);
        var own = data.Items("location_overrides").FirstOrDefault(o => o.Text("location_id") == location);
        var (ownTag, asks) = own.ValueKind == JsonValueKind.Object ? (Tag(own, spot.Currency), own.Text("pricing_type") == "VARIABLE_PRICING") : (null, false);
        return new PriceShown(spot, IsAt(read, location), ownTag, ownTag ?? (asks ? null : everywhere));
    }

    private static PriceTag? Tag(JsonElement holder, string currency) =>
        holder.Text("price_money", "currency") == currency && holder.Amount("price_money", "amount") is { } minor and >= 0 and < 1_000_000_000_000m && minor == decimal.Truncate(minor)
            ? new PriceTag(Currencies.FromMinor((long)minor, currency)) : null;

    /// <summary>An object that does not say is at all locations.</summary>
    private static bool IsAt(JsonElement read, string location) =>
        read.Flag("present_at_all_locations") == false
            ? read.Items("present_at_location_ids").Any(l => l.Text() == location)
            : !read.Items("absent_at_location_ids").Any(l => l.Text() == location);

    /// <summary>The whole object as it was read, for what is left out of an upsert is deleted; all places of it in one.</summary>
    private JsonObject Changed(JsonElement read, IEnumerable<PriceMove> moves)
    {
        var whole = JsonNode.Parse(read.GetRawText())!.AsObject();
        var data = whole["item_variation_data"]!.AsObject();
        foreach (var move in moves)
        {
            if (move.Spot.Place.Length == 0)
            {
                Set(data, move);
                continue;
            }

            var location = SquareSettings.Location(profile, move.Spot.Place);
            var overrides = data["location_overrides"] as JsonArray ?? [];
            var own = overrides.OfType<JsonObject>().FirstOrDefault(o => o["location_id"]?.GetValue<string>() == location);
            if (own is null)
            {
                overrides.Add((JsonNode)(own = new JsonObject { ["location_id"] = location }));
            }

            Set(own, move);
            if (own.Count == 1)
            {
                overrides.Remove(own);
            }

            if (overrides.Parent is null)
            {
                data["location_overrides"] = overrides;
            }
        }

        return whole;
    }

    private static void Set(JsonObject holder, PriceMove move)
    {
        if (move.To is { } to)
        {
            holder["pricing_type"] = Fixed;
            holder["price_money"] = new JsonObject { ["amount"] = Currencies.ToMinor(to.Amount, move.Spot.Currency), ["currency"] = move.Spot.Currency };
        }
        else
        {
            holder.Remove("pricing_type");
            holder.Remove("price_money");
        }
    }
}
