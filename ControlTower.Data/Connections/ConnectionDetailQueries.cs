using System.Text.Json;
using ControlTower.Data.Db;
using Npgsql;

namespace ControlTower.Data.Connections;

/// <summary>Reads for one connection's page. SQL by hand, for the plans. Reading again is always safe.</summary>
public sealed class ConnectionDetailQueries(TowerDataSources sources)
{
    // What is answered within this time never waited.
    private const string Waits = "interval '10 seconds'";

    /// <summary>Postings that were intended longer than this before the window count from the deliveries that are still open.</summary>
    private static readonly TimeSpan Reach = TimeSpan.FromHours(6);

    public async Task<ConnectionHealth> HealthAsync(string id, CancellationToken cancel = default)
    {
        // A look-up that finds nothing is an answer, not an error of contract.
        var rows = await sources.Read.Command(
                """
                select count(*), count(*) filter (where outcome in ('failed', 'no-answer')), count(*) filter (where outcome = 'throttled'),
                       count(*) filter (where outcome = 'refused' and not (verb = 'GET' and status = 404)),
                       (percentile_disc(0.95) within group (order by took_ms) filter (where status is not null))::int
                from vendor_call where connection_id = $1 and started_at > now() - interval '1 hour'
                """,
                Sql.Of(id))
            .ListAsync(r => new ConnectionHealth(r.GetInt64(0), r.GetInt64(1), r.GetInt64(2), r.GetInt64(3), r.IsDBNull(4) ? null : r.GetInt32(4)), cancel);
        return rows[0];
    }

    /// <summary>
    /// How many postings waited, from <paramref name="from"/> until now in steps of at least a minute. Counted from when each was intended and settled, so that it needs no
    /// sampling and is right after any restart. The last point is now.
    /// </summary>
    public async Task<IReadOnlyList<BacklogPoint>> BacklogAsync(string id, DateTimeOffset from, TimeSpan step, CancellationToken cancel = default)
    {
        await using var connection = await sources.Read.OpenConnectionAsync(cancel);
        var deltas = await connection.Command(
                $"""
                with waited as (
                    select p.intended_at + {Waits} as since, p.settled_at as until from posting p
                    where p.connection_id = $1 and p.intended_at > $2 - $4 and p.state in ('intended', 'unknown', 'confirmed')
                      and (p.settled_at is null or p.settled_at > greatest($2, p.intended_at + {Waits}))
                      and (p.settled_at is not null or not exists (select 1 from delivery d where d.posting_key = p.key and d.state = 3))),
                old as (
                    select count(*) n from delivery d join posting p on p.key = d.posting_key
                    where d.connection_id = $1 and d.state < 3 and p.intended_at <= $2 - $4),
                moves as (
                    select since as at, 1 as n from waited where since <= now() union all select until, -1 from waited where until is not null)
                select greatest(0, ceil(extract(epoch from at - $2) / $3))::int, sum(n)::bigint from moves group by 1
                union all select 0, n from old
                """,
                Sql.Of(id), Sql.Of(from.ToUniversalTime()), Sql.Of(step.TotalSeconds), Sql.Of(Reach))
            .ListAsync(r => (Step: r.GetInt32(0), Change: r.GetInt64(1)), cancel);
        var now = await connection.Command("select now()").ScalarAsync<DateTime>(cancel);
        return Add(deltas.ToLookup(d => d.Step, d => d.Change), from, step, new DateTimeOffset(now, TimeSpan.Zero));
    }

    /// <summary>Turns since <paramref name="from"/>, oldest first, of one connection or of all; with the last one before it, which says how things stood then.</summary>
    public async Task<IReadOnlyList<ConnectionTurn>> TurnsAsync(string? id, DateTimeOffset from, CancellationToken cancel = default) =>
        await sources.Read.Command(
                """
                select t.connection_id, c.name, t.what, t.reason, t.at from (
                    select * from connection_turn where at >= $2 and ($1::text is null or connection_id = $1)
                    union all
                    (select * from connection_turn where at < $2 and connection_id = $1 order by at desc, id desc limit 1)) t
                join connection c on c.id = t.connection_id order by t.at, t.id limit 400
                """,
                Sql.Of(id, NpgsqlTypes.NpgsqlDbType.Text), Sql.Of(from.ToUniversalTime()))
            .ListAsync(r => new ConnectionTurn(r.GetString(0), r.GetString(1), r.GetString(2), r.Maybe<string>(3), r.GetFieldValue<DateTimeOffset>(4)), cancel);

    /// <summary>The newest test, open or done; null if nobody ever asked.</summary>
    public async Task<ConnectionTest?> LatestTestAsync(string id, CancellationToken cancel = default)
    {
        var rows = await sources.Read.Command(
                """
                select id, requested_by, requested_at, state, outcome, message, took_ms, finished_at from connection_test
                where connection_id = $1 order by id desc limit 1
                """,
                Sql.Of(id))
            .ListAsync(
                r => new ConnectionTest(
                    r.GetInt64(0), r.GetString(1), r.GetFieldValue<DateTimeOffset>(2), r.GetString(3), r.Maybe<string>(4), r.Maybe<string>(5),
                    r.IsDBNull(6) ? null : r.GetInt32(6), r.IsDBNull(7) ? null : r.GetFieldValue<DateTimeOffset>(7)),
                cancel);
        return rows is [var row] ? row : null;
    }

    /// <summary>Null if there is no such connection.</summary>
    public async Task<ConnectionSetup?> SetupAsync(string id, CancellationToken cancel = default)
    {
        var rows = await sources.Read.Command(
                """
                select id, kind, name, brand, region, currency, time_zone, posts_to, settings::text, secrets is not null, version from connection where id = $1
                """,
                Sql.Of(id))
            .ListAsync(
                r => new ConnectionSetup(
                    r.GetString(0), r.GetString(1), r.GetString(2), r.GetString(3), r.Maybe<string>(4), r.Maybe<string>(5), r.GetString(6), r.Maybe<string>(7),
                    JsonSerializer.Deserialize(r.GetString(8), ConnectionJson.Default.DictionaryStringString) ?? [], r.GetBoolean(9), r.GetInt32(10)),
                cancel);
        return rows is [var setup] ? setup : null;
    }

    private static List<BacklogPoint> Add(ILookup<int, long> changes, DateTimeOffset from, TimeSpan step, DateTimeOffset now)
    {
        var last = Math.Max(0, (int)Math.Ceiling((now - from) / step));
        List<BacklogPoint> points = [];
        long count = 0;
        for (var i = 0; i <= last; i++)
        {
            count += changes[i].Sum();
            var at = from + (step * i);
            points.Add(new BacklogPoint(at < now ? at : now, Math.Max(0, count)));
        }

        return points;
    }
}
