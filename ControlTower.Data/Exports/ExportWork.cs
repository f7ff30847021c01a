using ControlTower.Data.Audit;
using ControlTower.Data.Db;
using Npgsql;

namespace ControlTower.Data.Exports;

/// <summary>
/// Exports as the node sees them that makes the file. A turn begins the file anew under a higher fence; every write names the fence and the state, so a node that lost its lease, or whose export
/// was called off meanwhile, writes nothing and notices.
/// </summary>
public static class ExportWork
{
    /// <summary>Takes the oldest export that nobody makes: asked for, left by a node whose lease ran out, or broken off by this node. What was made of it before is dropped.</summary>
    public static async Task<ExportTurn?> TakeAsync(NpgsqlDataSource data, Guid node, TimeSpan lease, CancellationToken cancel)
    {
        await using var connection = await data.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        var taken = await connection.Command(
                """
                update export e set state = 'running', fence = e.fence + 1, attempts = e.attempts + 1, lease_owner = $1, lease_until = now() + $2, rows_done = 0, size = 0, parts = 0
                from (select id from export where state in ('queued', 'running') and (lease_owner is null or lease_owner = $1 or lease_until < now()) order by id limit 1 for update skip locked) free
                where e.id = free.id
                returning e.id, e.fence, e.attempts, e.kind, e.format, e.filter::text, e.what, e.actor_id, e.actor_name, e.actor_role, e.actor_address
                """,
                Sql.Of(node), Sql.Of(lease))
            .ListAsync(Turn, cancel);
        if (taken is not [var turn])
        {
            return null;
        }

        await connection.Command("delete from export_part where export_id = $1", Sql.Of(turn.Id)).ExecuteAsync(cancel);
        await transaction.CommitAsync(cancel);
        return turn;
    }

    /// <summary>Says how far it is and keeps the lease. False if the turn is lost.</summary>
    public static async Task<bool> KeepAsync(NpgsqlDataSource data, ExportTurn turn, TimeSpan lease, long done, CancellationToken cancel) =>
        await data.Command("update export set rows_done = $3, lease_until = now() + $4 where id = $1 and fence = $2 and state = 'running'", Sql.Of(turn.Id), Sql.Of(turn.Fence), Sql.Of(done), Sql.Of(lease))
            .ExecuteAsync(cancel) == 1;

    /// <summary>How many rows it will have, once that is known better than when it was asked for. False if the turn is lost.</summary>
    public static async Task<bool> CountedAsync(NpgsqlDataSource data, ExportTurn turn, long total, CancellationToken cancel) =>
        await data.Command("update export set rows_total = $3 where id = $1 and fence = $2 and state = 'running'", Sql.Of(turn.Id), Sql.Of(turn.Fence), Sql.Of(total)).ExecuteAsync(cancel) == 1;

    /// <summary>Adds the next piece. False if the turn is lost: then nothing was written.</summary>
    public static async Task<bool> PutAsync(NpgsqlDataSource data, ExportTurn turn, TimeSpan lease, ReadOnlyMemory<byte> bytes, CancellationToken cancel) =>
        await data.Command(
                """
                with mine as (
                    update export set parts = parts + 1, size = size + length($3), lease_until = now() + $4 where id = $1 and fence = $2 and state = 'running' returning id, parts)
                insert into export_part (export_id, part, bytes) select id, parts - 1, $3 from mine
                """,
                Sql.Of(turn.Id), Sql.Of(turn.Fence), Sql.Of(bytes), Sql.Of(lease))
            .ExecuteAsync(cancel) == 1;

    /// <summary>The file is whole. False if the turn is lost.</summary>
    public static async Task<bool> FinishAsync(NpgsqlConnection connection, ExportTurn turn, long rows, CancellationToken cancel) =>
        await connection.Command(
                """
                update export set state = 'done', rows_done = $3, rows_total = $3, finished_at = now(), lease_owner = null, lease_until = null
                where id = $1 and fence = $2 and state = 'running'
                """,
                Sql.Of(turn.Id), Sql.Of(turn.Fence), Sql.Of(rows))
            .ExecuteAsync(cancel) == 1;

    /// <summary>It cannot be made. False if the turn is lost.</summary>
    public static async Task<bool> FailAsync(NpgsqlConnection connection, ExportTurn turn, string why, CancellationToken cancel) =>
        await connection.Command(
                """
                with ended as (
                    update export set state = 'failed', why = left($3, 300), finished_at = now(), lease_owner = null, lease_until = null, size = 0, parts = 0
                    where id = $1 and fence = $2 and state = 'running' returning id),
                dropped as (delete from export_part where export_id in (select id from ended))
                select count(*) from ended
                """,
                Sql.Of(turn.Id), Sql.Of(turn.Fence), Sql.Of(why))
            .ScalarAsync<long>(cancel) == 1;

    /// <summary>Hands back what this node has, so that another begins it at once. That it was begun does not count.</summary>
    public static Task ReleaseAsync(NpgsqlDataSource data, Guid node, CancellationToken cancel) =>
        data.Command(
                """
                update export set state = 'queued', lease_owner = null, lease_until = null, fence = fence + 1, attempts = attempts - 1, rows_done = 0 where state = 'running' and lease_owner = $1
                """,
                Sql.Of(node))
            .ExecuteAsync(cancel);

    private static ExportTurn Turn(NpgsqlDataReader r) => new(
        r.GetInt64(0), r.GetInt64(1), r.GetInt32(2), new ExportAsked(r.GetString(3), ExportFormats.Of(r.GetString(4)), r.GetString(5), r.GetString(6)),
        new Actor(r.GetGuid(7), r.GetString(8), r.GetString(9), r.Maybe<string>(10)));
}
