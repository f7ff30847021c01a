using System.Text.Json;
using System.Text.Json.Serialization;
using ControlTower.Data.Canonical;
using ControlTower.Data.Db;
using Npgsql;

namespace ControlTower.Data.Inventory;

/// <summary>
/// Reservations. The database decides and refuses oversell by a CHECK, so the result is the same whoever calls; this only carries the batch there and the answers back.
/// </summary>
public static class StockStore
{
    /// <summary>
    /// Carries out a batch inside the caller's transaction: first what was called back, then what left, in the order given, then every release, then what tills took, then every reserve in the order of flow ids, each all or nothing.
    /// Safe to repeat: a flow that holds goods gets the same answer, what has ended does not end again. Rows are locked until the transaction ends, in one order;
    /// call it once per transaction, for a second call may meet another transaction the other way round (40P01, then the whole transaction is to be repeated).
    /// </summary>
    /// <returns>One answer per reserve and take, by flow id.</returns>
    public static async Task<IReadOnlyDictionary<long, StockAnswer>> ApplyAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, IReadOnlyList<StockRequest> batch, CancellationToken cancel)
    {
        if (batch.Count == 0)
        {
            return new Dictionary<long, StockAnswer>();
        }

        var reserves = batch.OfType<StockRequest.Reserve>().ToList();
        var commits = batch.OfType<StockRequest.Commit>().ToList();
        var back = batch.OfType<StockRequest.CallBack>().ToList();
        var takes = batch.OfType<StockRequest.Take>().ToList();
        await using var command = connection.Command(
            "select flow_id, order_line_id, sku, location, quantity, missing from stock_carry_out($1, $2, $3, $4, $5)",
            Sql.Json(JsonSerializer.Serialize([.. back.Select(b => new LeftJson(b.FlowId, b.At, b.Goods))], StockJson.Default.LeftJsonArray)),
            Sql.Json(JsonSerializer.Serialize([.. commits.Select(Asked)], StockJson.Default.LeftJsonArray)),
            Sql.Of(batch.OfType<StockRequest.Release>().Select(r => r.FlowId).ToArray()),
            Sql.Json(JsonSerializer.Serialize([.. reserves.Select(Asked)], StockJson.Default.ReserveJsonArray)),
            Sql.Json(JsonSerializer.Serialize([.. takes.Select(Asked)], StockJson.Default.TakeJsonArray)));
        command.Transaction = transaction;
        var parts = reserves.Select(r => r.FlowId).Concat(takes.Select(t => t.FlowId)).ToDictionary(flow => flow, _ => new List<StockPart>());
        var shortages = new Dictionary<long, List<StockShortage>>();
        await using var reader = await command.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
        {
            var (flow, sku, quantity, missing) = (reader.GetInt64(0), reader.GetString(2), reader.GetInt32(4), reader.GetInt32(5));
            if (missing == 0)
            {
                parts[flow].Add(new StockPart(reader.GetString(1), sku, reader.GetString(3), quantity));
                continue;
            }

            if (!shortages.TryGetValue(flow, out var list))
            {
                shortages[flow] = list = [];
            }

            list.Add(new StockShortage(sku, quantity, missing));
        }

        var taken = takes.Select(t => t.FlowId).ToHashSet();
        return parts.ToDictionary(p => p.Key, p => Answer(p.Key, p.Value, shortages.GetValueOrDefault(p.Key), taken.Contains(p.Key)));
    }

    /// <summary>Of what these flows hold, what is not there: whoever set aside first has what is. In the caller's transaction.</summary>
    public static Task<List<StockUncovered>> UncoveredAsync(NpgsqlConnection connection, long[] flows, CancellationToken cancel) => connection.Command(
            "select flow_id, sku, location, wanted, missing from stock_uncovered($1)", Sql.Of(flows))
        .ListAsync(r => new StockUncovered(r.GetInt64(0), r.GetString(1), r.GetString(2), r.GetInt32(3), r.GetInt32(4)), cancel);

    /// <summary>Makes places known, or changes their names. Commits.</summary>
    public static async Task AddLocationsAsync(NpgsqlDataSource data, IReadOnlyList<StockLocation> locations, CancellationToken cancel) =>
        await data.Command(
                """
                insert into location (id, name, kind, brand, region) select * from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[])
                on conflict (id) do update set name = excluded.name, kind = excluded.kind, brand = excluded.brand, region = excluded.region
                """,
                Column(locations, l => l.Id), Column(locations, l => l.Name), Column(locations, l => l.Kind), Column(locations, l => l.Brand), Column(locations, l => l.Region))
            .ExecuteAsync(cancel);

    /// <summary>Brand and region of places; those that are not known are left out.</summary>
    public static async Task<Dictionary<string, (string? Brand, string? Region)>> PlacesAsync(NpgsqlDataSource data, string[] places, CancellationToken cancel) =>
        (await data.Command("select id, brand, region from location where id = any ($1)", Sql.Of(places)).ListAsync(r => (Id: r.GetString(0), Brand: r.Maybe<string>(1), Region: r.Maybe<string>(2)), cancel))
        .ToDictionary(p => p.Id, p => (p.Brand, p.Region), StringComparer.Ordinal);

    /// <summary>Takes counts over, each with a row in the ledger. Commits.</summary>
    /// <param name="source">Who counted, such as <c>estate</c> or <c>count/2026-11-23</c>.</param>
    /// <returns>Counts that were not taken over because more is promised than was counted.</returns>
    public static async Task<List<StockConflict>> CountAsync(NpgsqlDataSource data, IReadOnlyList<StockCount> counts, string source, CancellationToken cancel) =>
        await data.Command(
                "select sku, location, counted, reserved from stock_count($1, $2)",
                Sql.Json(JsonSerializer.Serialize([.. counts], StockJson.Default.StockCountArray)), Sql.Of(source))
            .ListAsync(r => new StockConflict(r.GetString(0), r.GetString(1), r.GetInt32(2), r.GetInt32(3)), cancel);

    /// <summary>
    /// Takes over what a system counted, true for the moment <paramref name="asOf"/>: what moved since is replayed on top of it, and an older snapshot never overwrites a newer. In the caller's
    /// transaction, which may be repeated.
    /// </summary>
    /// <param name="source">Who counted; stands in the ledger.</param>
    /// <returns>Cells that were left as they are.</returns>
    public static Task<List<SnapshotLeft>> SnapshotAsync(NpgsqlConnection connection, IReadOnlyList<StockCount> counts, DateTimeOffset asOf, string source, CancellationToken cancel) =>
        connection.Command(
                "select sku, location, outcome, counted, reserved from stock_snapshot($1, $2, $3)",
                Sql.Json(JsonSerializer.Serialize([.. counts], StockJson.Default.StockCountArray)), Sql.Of(asOf), Sql.Of(source))
            .ListAsync(r => new SnapshotLeft(r.GetString(0), r.GetString(1), r.GetString(2) == "older", r.GetInt32(3), r.GetInt32(4)), cancel);

    private static StockAnswer Answer(long flow, List<StockPart> parts, List<StockShortage>? lacking, bool taken) =>
        taken ? new StockAnswer.Taken(flow, parts, lacking ?? [])
        : lacking is not null ? new StockAnswer.Short(flow, lacking)
        : new StockAnswer.Reserved(flow, parts);

    private static LeftJson Asked(StockRequest.Commit c) => new(c.FlowId, c.At, c.Goods);

    private static TakeJson Asked(StockRequest.Take t) => new(t.FlowId, t.Location, t.At, [.. t.Lines.Select(l => new LineJson(l.OrderLineId, l.Sku, l.Quantity))]);

    private static ReserveJson Asked(StockRequest.Reserve r) => new(
        r.FlowId, r.Mode, r.Preferred, r.Candidates, [.. r.Lines.Select(l => new LineJson(l.OrderLineId, l.Sku, l.Quantity))]);

    private static NpgsqlParameter Column(IReadOnlyList<StockLocation> locations, Func<StockLocation, string?> value) => Sql.Of(locations.Select(value).ToArray());
}

internal sealed record ReserveJson(long Flow, FulfilmentMode Mode, string? Preferred, IReadOnlyList<string>? Candidates, IReadOnlyList<LineJson> Lines);

internal sealed record LeftJson(long Flow, DateTimeOffset? At, IReadOnlyList<StockGoods>? Goods);

internal sealed record TakeJson(long Flow, string Location, DateTimeOffset? At, IReadOnlyList<LineJson> Lines);

internal sealed record LineJson(string Line, string Sku, int Quantity);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true)]
[JsonSerializable(typeof(ReserveJson[]))]
[JsonSerializable(typeof(LeftJson[]))]
[JsonSerializable(typeof(TakeJson[]))]
[JsonSerializable(typeof(StockCount[]))]
internal sealed partial class StockJson : JsonSerializerContext;
