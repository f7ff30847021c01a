using ControlTower.Data.Canonical;
using ControlTower.Data.Db;
using Npgsql;

namespace ControlTower.Data.Connections;

/// <summary>Reads for the connections screens. SQL by hand, for the plans. Reading again is always safe.</summary>
public sealed class ConnectionQueries(TowerDataSources sources)
{
    private const string Statuses =
        """
        select c.id, c.kind, c.role, c.name, c.brand, c.region, c.posts_to, c.subscribed_at, c.paused_at, c.paused_by, c.paused_reason,
               coalesce(g.breaker, 'closed'), coalesce(g.breaker_since, c.created_at), g.breaker_reason, coalesce(g.probes_done, 0), coalesce(g.probes_needed, 3),
               g.next_probe_at, g.not_before, coalesce(g.budget, '{}')::text, coalesce(g.lease_until > now(), false), coalesce(g.updated_at, c.created_at),
               l.started_at, l.outcome, l.status, c.disabled_at, c.disabled_by, c.disabled_reason
        from connection c
        left join connection_gate g on g.connection_id = c.id
        left join lateral (select started_at, outcome, status from vendor_call v where v.connection_id = c.id order by v.id desc limit 1) l on true
        where $1::text is null or c.id = $1
        order by c.role, c.name, c.id
        """;

    private const string Queues =
        """
        select d.connection_id, d.lane, d.state, d.currency, count(*), sum(d.value), min(d.created_at) from delivery d
        where ($1::text is null or d.connection_id = $1) and ($2::text is null or exists (select from flow f where f.id = d.flow_id and f.brand = $2)) group by 1, 2, 3, 4
        """;

    private const string Paces =
        """
        select connection_id, lane, count(*),
               count(distinct posting_key) filter (where outcome = 'ok' and purpose <> 'look-up'), avg(took_ms)::float8,
               count(distinct posting_key) filter (where outcome = 'ok' and purpose <> 'look-up' and started_at > now() - interval '1 minute')
        from vendor_call where started_at > now() - $2 and ($1::text is null or connection_id = $1) group by 1, 2
        """;

    /// <summary>All connections, ERPs first; or the one with <paramref name="id"/>.</summary>
    /// <param name="brand">Only what waits of this brand; null: whosever it is.</param>
    public async Task<IReadOnlyList<ConnectionStatus>> StatusesAsync(string? id = null, string? brand = null, CancellationToken cancel = default)
    {
        await using var connection = await sources.Read.OpenConnectionAsync(cancel);
        var filter = Sql.Of(id, NpgsqlTypes.NpgsqlDbType.Text);
        var queues = (await connection.Command(Queues, filter.Clone(), Sql.Of(brand, NpgsqlTypes.NpgsqlDbType.Text)).ListAsync(Queue, cancel)).ToLookup(row => row.Connection, StringComparer.Ordinal);
        var paces = (await connection.Command(Paces, filter.Clone(), Sql.Of(CallPace.Window)).ListAsync(
                r => (Connection: r.GetString(0), Lane: (int)r.GetInt16(1), Pace: new LanePace(r.GetInt64(2), r.GetInt64(3), r.GetDouble(4), r.GetInt64(5))), cancel))
            .ToLookup(row => row.Connection, StringComparer.Ordinal);
        return await connection.Command(Statuses, filter.Clone()).ListAsync(
            r => Status(r, [.. queues[r.GetString(0)]], new CallPace(paces[r.GetString(0)].ToDictionary(row => row.Lane, row => row.Pace))), cancel);
    }

    private static ConnectionStatus Status(NpgsqlDataReader r, IReadOnlyList<QueueRow> queue, CallPace pace)
    {
        var lanes = queue.Where(row => row.State < 3).GroupBy(row => row.Lane).OrderBy(group => group.Key)
            .Select(group => new LaneQueue(group.Key, group.Sum(row => row.Count), group.Min(row => row.Oldest),
                [.. group.GroupBy(row => row.Value.Currency, StringComparer.Ordinal)
                    .Select(same => new CurrencySum(new Money(same.Sum(row => row.Value.Amount), same.Key), same.Sum(row => row.Count)))]));
        return new ConnectionStatus(
            r.GetString(0), r.GetString(1), r.GetString(2), r.GetString(3), r.GetString(4), r.Maybe<string>(5), r.Maybe<string>(6), Time(r, 7),
            Time(r, 8) is { } paused ? new ConnectionPause(paused, r.GetString(9), r.Maybe<string>(10)) : null,
            new GateStatus(
                r.GetString(11), r.GetFieldValue<DateTimeOffset>(12), r.Maybe<string>(13), r.GetInt32(14), r.GetInt32(15), Time(r, 16), Time(r, 17),
                GateBudget.Parse(r.GetString(18)), r.GetBoolean(19), r.GetFieldValue<DateTimeOffset>(20)),
            [.. lanes], queue.Where(row => row.State == 3).Sum(row => row.Count), queue.Where(row => row.State == 2).Sum(row => row.Count), pace,
            Time(r, 21) is { } called ? new LastCall(called, r.GetString(22), r.IsDBNull(23) ? null : r.GetInt32(23)) : null)
        {
            Disabled = Time(r, 24) is { } disabled ? new ConnectionPause(disabled, r.GetString(25), r.GetString(26)) : null,
        };
    }

    private static QueueRow Queue(NpgsqlDataReader r) => new(
        r.GetString(0), r.GetInt16(1), r.GetInt16(2), r.GetInt64(4), new Money(r.GetDecimal(5), r.GetString(3)), r.GetFieldValue<DateTimeOffset>(6));

    private static DateTimeOffset? Time(NpgsqlDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetFieldValue<DateTimeOffset>(column);

    private sealed record QueueRow(string Connection, int Lane, int State, long Count, Money Value, DateTimeOffset Oldest);
}
