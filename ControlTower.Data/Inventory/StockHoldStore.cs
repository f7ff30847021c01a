using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using ControlTower.Data.Canonical;
using ControlTower.Data.Db;
using Npgsql;
using NpgsqlTypes;

namespace ControlTower.Data.Inventory;

/// <summary>
/// Holds: goods set aside for a while, in the same books and behind the same CHECK as what orders reserve. Every method commits; every one may be repeated, and says the same again.
/// Time is the database's.
/// </summary>
public sealed class StockHoldStore(TowerDataSources sources)
{
    /// <summary>How long the order that a hold was promised to may take to arrive.</summary>
    public static readonly TimeSpan OrderComesWithin = TimeSpan.FromHours(24);

    private const string Read = """
        select h.id, h.kind, h.channel, h.reference, h.state, h.made_at, h.expires_at, h.ended_at, h.order_source, h.order_id, r.order_line_id, r.sku, r.location, r.quantity
        from stock_hold h left join reservation r on r.hold_id = h.id where h.id = $1 and h.client = $2 order by r.id
        """;

    /// <summary>Carries out many wishes at once, each all or nothing, in the order given.</summary>
    /// <returns>One answer per wish, in its place.</returns>
    public async Task<IReadOnlyList<HoldAnswer>> HoldAsync(IReadOnlyList<HoldRequest> wishes, CancellationToken cancel)
    {
        // The same wish twice in one batch is one wish.
        var asks = wishes.DistinctBy(w => w.Id).Select(Asked).ToArray();
        var found = await Collision.TriedAgainAsync(
            async () =>
            {
                await using var command = sources.Work.Command(
                    "select id, outcome, order_line_id, sku, location, quantity, missing, expires_at from stock_hold_many($1)",
                    Sql.Json(JsonSerializer.Serialize(asks, HoldJson.Default.AskJsonArray)));
                return await ReadAnswersAsync(command, cancel);
            },
            // Another node was asked the same at the same moment, or took what had just been given back of a row that was sold out when the locks were taken: the next try sees it.
            PostgresErrorCodes.UniqueViolation, PostgresErrorCodes.CheckViolation);
        var byId = asks.Zip(wishes.DistinctBy(w => w.Id)).ToDictionary(p => p.Second.Id, p => p.First.Asked);
        return [.. wishes.Select(w => byId[w.Id] == Asked(w).Asked ? found[w.Id] : new HoldAnswer.Reused())];
    }

    /// <summary>The hold, if it is this client's; null if there is none.</summary>
    public async Task<StockHold?> FindAsync(Guid id, string client, CancellationToken cancel)
    {
        await using var command = sources.Work.Command(Read, Sql.Of(id), Sql.Of(client));
        await using var reader = await command.ExecuteReaderAsync(cancel);
        StockHold? hold = null;
        var parts = new List<StockPart>();
        while (await reader.ReadAsync(cancel))
        {
            hold ??= new StockHold(
                reader.GetGuid(0), Enum.Parse<HoldKind>(reader.GetString(1), ignoreCase: true), reader.Maybe<string>(2), reader.GetString(3), Enum.Parse<HoldState>(reader.GetString(4), ignoreCase: true),
                reader.GetFieldValue<DateTimeOffset>(5), reader.GetFieldValue<DateTimeOffset>(6), reader.Maybe<DateTimeOffset?>(7),
                reader.IsDBNull(8) ? null : new OrderKey(reader.GetString(8), reader.GetString(9)), parts);
            if (!reader.IsDBNull(10))
            {
                parts.Add(new StockPart(reader.GetString(10), reader.GetString(11), reader.GetString(12), reader.GetInt32(13)));
            }
        }

        return hold;
    }

    /// <summary>The goods left with the buyer. Of no effect once the time is up or the hold has ended: look at the state.</summary>
    public Task<StockHold?> CommitAsync(Guid id, string client, CancellationToken cancel) => SettleAsync(id, client, "committed", cancel);

    /// <summary>Gives the goods back. Of no effect on a hold that has ended.</summary>
    public Task<StockHold?> ReleaseAsync(Guid id, string client, CancellationToken cancel) => SettleAsync(id, client, "released", cancel);

    /// <summary>
    /// Names the order for which it is held. The hold then lasts at least <see cref="OrderComesWithin"/>, and the order takes the goods over in the moment in which it reserves, or has done so.
    /// Of no effect if another order was named before, the time is up or the hold has ended.
    /// </summary>
    public async Task<StockHold?> NameOrderAsync(Guid id, string client, OrderKey order, CancellationToken cancel)
    {
        await Collision.TriedAgainAsync(() => sources.Work.Command(
            "select stock_hold_bind($1, $2, $3, $4, now() + $5)", Sql.Of(id), Sql.Of(client), Sql.Of(order.Source), Sql.Of(order.Id), Sql.Of(OrderComesWithin)).ExecuteAsync(cancel));
        return await FindAsync(id, client, cancel);
    }

    /// <summary>Lets the hold last at least <paramref name="lasts"/> from now, never shorter than before. Of no effect once the time is up or the hold has ended.</summary>
    public async Task<StockHold?> ExtendAsync(Guid id, string client, TimeSpan lasts, CancellationToken cancel)
    {
        await sources.Work.Command(
            "update stock_hold set expires_at = greatest(expires_at, clock_timestamp() + $3) where id = $1 and client = $2 and state = 'active' and expires_at > clock_timestamp()",
            Sql.Of(id), Sql.Of(client), Sql.Of(lasts)).ExecuteAsync(cancel);
        return await FindAsync(id, client, cancel);
    }

    /// <summary>Ends holds whose time is up.</summary>
    /// <returns>How many; as many as <paramref name="most"/> if there may be more.</returns>
    public Task<int> ExpireAsync(int most, CancellationToken cancel) =>
        Collision.TriedAgainAsync(() => sources.Work.Command("select stock_hold_expire($1)", Sql.Of(most)).ScalarAsync<int>(cancel));

    /// <summary>Takes counts over that waited because more was promised, as far as they fit now.</summary>
    /// <returns>How many.</returns>
    public Task<int> CountAgainAsync(int most, CancellationToken cancel) =>
        Collision.TriedAgainAsync(() => sources.Work.Command("select stock_count_again($1)", Sql.Of(most)).ScalarAsync<int>(cancel));

    private async Task<StockHold?> SettleAsync(Guid id, string client, string state, CancellationToken cancel)
    {
        await Collision.TriedAgainAsync(() => sources.Work.Command("select stock_hold_settle($1, $2, $3)", Sql.Of(id), Sql.Of(client), Sql.Of(state)).ExecuteAsync(cancel));
        return await FindAsync(id, client, cancel);
    }

    private static async Task<Dictionary<Guid, HoldAnswer>> ReadAnswersAsync(NpgsqlCommand command, CancellationToken cancel)
    {
        var answers = new Dictionary<Guid, HoldAnswer>();
        await using var reader = await command.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
        {
            var id = reader.GetGuid(0);
            answers.TryGetValue(id, out var before);
            answers[id] = reader.GetString(1) switch
            {
                "held" => new HoldAnswer.Held(
                    [.. (before as HoldAnswer.Held)?.Parts ?? [], new StockPart(reader.GetString(2), reader.GetString(3), reader.GetString(4), reader.GetInt32(5))],
                    reader.GetFieldValue<DateTimeOffset>(7)),
                "short" => new HoldAnswer.Short(
                    [.. (before as HoldAnswer.Short)?.Shortages ?? [], new StockShortage(reader.GetString(3), reader.GetInt32(5), reader.GetInt32(6))]),
                "uncertain" => new HoldAnswer.Uncertain([.. (before as HoldAnswer.Uncertain)?.Skus ?? [], reader.GetString(3)]),
                "reused" => new HoldAnswer.Reused(),
                _ => new HoldAnswer.Ended(),
            };
        }

        return answers;
    }

    private static AskJson Asked(HoldRequest w)
    {
        var lines = w.Lines.Select(l => new LineJson(l.OrderLineId, l.Sku, l.Quantity)).ToList();
        var wish = JsonSerializer.Serialize(new WishJson(w.Kind, w.Channel, w.Mode, w.Location, w.Split, w.Reference, lines), HoldJson.Default.WishJson);
        return new AskJson(
            w.Id, w.Kind, w.Channel, w.Mode, w.Location, w.Split, w.Reference, w.Client, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(wish))),
            (int)Math.Ceiling(w.Lasts.TotalSeconds), lines.Sum(l => (long)l.Quantity), lines);
    }
}

/// <summary>What must be the same when a wish is repeated. Not the time: who asks again need not say the same.</summary>
internal sealed record WishJson(HoldKind Kind, string? Channel, FulfilmentMode Mode, string? Location, bool Split, string Reference, IReadOnlyList<LineJson> Lines);

internal sealed record AskJson(
    Guid Id, HoldKind Kind, string? Channel, FulfilmentMode Mode, string? Preferred, bool Split, string Reference, string Client, string Asked, int Seconds, long Total,
    IReadOnlyList<LineJson> Lines);

internal sealed class LowerCaseKind() : JsonStringEnumConverter<HoldKind>(JsonNamingPolicy.CamelCase);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true, Converters = [typeof(LowerCaseKind)])]
[JsonSerializable(typeof(AskJson[]))]
[JsonSerializable(typeof(WishJson))]
internal sealed partial class HoldJson : JsonSerializerContext;
