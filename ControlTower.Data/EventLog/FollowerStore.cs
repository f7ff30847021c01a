using ControlTower.Data.Db;
using Npgsql;
using NpgsqlTypes;

namespace ControlTower.Data.EventLog;

/// <summary>The right of one node to follow the log for a follower, until its lease ends or somebody else takes it over.</summary>
/// <param name="Position">Of the last event that was handed over.</param>
public sealed record FollowerTurn(string Follower, long Fence, LogPosition Position);

/// <summary>
/// How far each follower of the log has come. The way of a follower: take the turn, read after its position, hand the batch over, advance, again; renew by taking anew. Between handing
/// over and advancing a node may die, and its successor hands the same batch over again: at least once, in order. A follower that writes to this database advances in its own
/// transaction, and has each event exactly once.
/// </summary>
public static class FollowerStore
{
    // Never backwards, and only from where the caller read, or from where an advance of the same kind has already brought it.
    private const string Move = """
        update event_cursor set txid = $5, seq = $6, updated_at = now()
        where follower = $1 and fence = $2 and ((txid, seq) = ($3, $4) or (txid, seq) = ($5, $6)) and ($5, $6) >= ($3, $4)
        """;

    /// <summary>
    /// Takes or renews the turn of a follower; a follower that is not known yet starts at the first event. Null while another node has it that lives. Renewing keeps the fence, taking over raises it.
    /// </summary>
    public static async Task<FollowerTurn?> TakeTurnAsync(NpgsqlDataSource data, string follower, Guid node, TimeSpan lease, CancellationToken cancel)
    {
        var turns = await data.Command(
                """
                insert into event_cursor as c (follower, fence, lease_owner, lease_until) values ($1, 1, $2, now() + $3)
                on conflict (follower) do update
                set fence = c.fence + case when c.lease_owner = $2 and c.lease_until >= now() then 0 else 1 end, lease_owner = $2, lease_until = now() + $3
                where c.lease_owner = $2 or c.lease_owner is null or c.lease_until < now() or node_is_silent(c.lease_owner)
                returning fence, txid, seq
                """,
                Sql.Of(follower), Sql.Of(node), Sql.Of(lease))
            .ListAsync(r => new FollowerTurn(follower, r.GetInt64(0), new LogPosition(r.GetFieldValue<ulong>(1), r.GetInt64(2))), cancel);
        return turns is [var turn] ? turn : null;
    }

    /// <summary>
    /// Moves the follower on, inside the caller's transaction. Null if the turn is lost or the cursor is not where the turn says: then nothing was changed, and what the caller wrote for
    /// these events must not commit. May be repeated after a lost answer.
    /// </summary>
    /// <returns>The turn as it is now.</returns>
    public static async Task<FollowerTurn?> AdvanceAsync(NpgsqlConnection connection, FollowerTurn turn, LogPosition to, CancellationToken cancel) =>
        await connection.Command(Move, Places(turn, to)).ExecuteAsync(cancel) == 1 ? turn with { Position = to } : null;

    /// <summary>As the other, in a transaction of its own.</summary>
    public static async Task<FollowerTurn?> AdvanceAsync(NpgsqlDataSource data, FollowerTurn turn, LogPosition to, CancellationToken cancel) =>
        await data.Command(Move, Places(turn, to)).ExecuteAsync(cancel) == 1 ? turn with { Position = to } : null;

    /// <summary>Hands the turn back, so that another node need not wait for the end of the lease.</summary>
    public static Task<int> EndTurnAsync(NpgsqlDataSource data, FollowerTurn turn, CancellationToken cancel) =>
        data.Command("update event_cursor set lease_owner = null, lease_until = null where follower = $1 and fence = $2", Sql.Of(turn.Follower), Sql.Of(turn.Fence)).ExecuteAsync(cancel);

    /// <summary>Puts a follower at a place, forwards or backwards, inside the caller's transaction. Whoever has its turn loses it: what was on its way moves nothing.</summary>
    public static Task<int> PlaceAsync(NpgsqlConnection connection, string follower, LogPosition at, CancellationToken cancel) =>
        connection.Command(
                """
                insert into event_cursor as c (follower, txid, seq) values ($1, $2, $3)
                on conflict (follower) do update set txid = excluded.txid, seq = excluded.seq, fence = c.fence + 1, lease_owner = null, lease_until = null, updated_at = now()
                """,
                Sql.Of(follower), TxId(at), Sql.Of(at.Seq))
            .ExecuteAsync(cancel);

    /// <summary>How many events a follower has yet to hand over, counted up to <paramref name="most"/>, and the age of the first of them by the database's clock.</summary>
    public static async Task<(long Events, TimeSpan Oldest)> LagAsync(NpgsqlDataSource data, LogPosition after, int most, CancellationToken cancel)
    {
        var lag = await data.Command(
                """
                select count(*), coalesce(greatest(now() - (array_agg(at order by txid, seq))[1], interval '0'), interval '0')
                from (select txid, seq, at from event_log where (txid, seq) > ($1, $2) order by txid, seq limit $3) ahead
                """,
                TxId(after), Sql.Of(after.Seq), Sql.Of(most))
            .ListAsync(r => (r.GetInt64(0), r.GetFieldValue<TimeSpan>(1)), cancel);
        return lag[0];
    }

    internal static NpgsqlParameter TxId(LogPosition position) => Sql.Of(position.TxId, NpgsqlDbType.Xid8);

    private static NpgsqlParameter[] Places(FollowerTurn turn, LogPosition to) =>
        [Sql.Of(turn.Follower), Sql.Of(turn.Fence), TxId(turn.Position), Sql.Of(turn.Position.Seq), TxId(to), Sql.Of(to.Seq)];
}
