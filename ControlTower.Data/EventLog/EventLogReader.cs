using ControlTower.Data.Db;
using Npgsql;

namespace ControlTower.Data.EventLog;

/// <summary>Reads the log in order and behind its fence. By hand: row comparison and snapshots cannot be said otherwise.</summary>
public static class EventLogReader
{
    // Below the snapshot's xmin nobody writes any more. Without this, an event that commits late would come to stand before a cursor that has passed, unseen for ever.
    private const string After = """
        select e.txid, e.seq, e.flow_id, f.kind, f.source, f.source_id, f.brand, e.step, e.type, e.stage, e.system, e.reference, e.detail, e.at, e.trace_id
        from event_log e join flow f on f.id = e.flow_id
        where e.txid < pg_snapshot_xmin(pg_current_snapshot()) and (e.txid, e.seq) > ($1, $2)
        order by e.txid, e.seq
        limit $3
        """;

    /// <summary>
    /// Up to <paramref name="limit"/> events after a position, in order. None is ever skipped: as long as a transaction that writes is open anywhere on the server, what was written after its begin waits.
    /// </summary>
    public static Task<List<LoggedEvent>> ReadAsync(NpgsqlDataSource data, LogPosition after, int limit, CancellationToken cancel) =>
        data.Command(After, FollowerStore.TxId(after), Sql.Of(after.Seq), Sql.Of(limit)).ListAsync(Read, cancel);

    /// <summary>An event whose columns come first and in the order of the statement above.</summary>
    internal static LoggedEvent Read(NpgsqlDataReader r) => new(
        new LogPosition(r.GetFieldValue<ulong>(0), r.GetInt64(1)), r.GetInt64(2), r.GetString(3), r.GetString(4), r.GetString(5), r.GetString(6), r.GetInt32(7), r.GetString(8),
        r.GetString(9), r.Maybe<string>(10), r.Maybe<string>(11), r.Maybe<string>(12), r.GetFieldValue<DateTimeOffset>(13), r.Maybe<string>(14));
}
