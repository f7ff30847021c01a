using ControlTower.Data.Audit;
using ControlTower.Data.Db;
using Npgsql;
using NpgsqlTypes;

namespace ControlTower.Data.Exports;

/// <summary>Exports as the person sees them who asked. Nobody finds another person's: every question names whose it is. Reading again is always safe.</summary>
public sealed class ExportStore(TowerDataSources sources)
{
    /// <summary>Exports listed at most.</summary>
    public const int Most = 100;

    /// <summary>Files per slice when they are erased, so that no statement is long.</summary>
    private const int Slice = 20;

    private static readonly string Rows =
        $"""
        select id, kind, format, what, asked_at, case when state = 'done' and finished_at < now() - interval '{ExportRow.Kept.TotalHours} hours' then 'expired' else state end, why,
               rows_done, rows_total, size, parts, finished_at
        from export
        """;

    public async Task<IReadOnlyList<ExportRow>> ListAsync(Guid person, CancellationToken cancel = default) =>
        await sources.Read.Command($"{Rows} where actor_id = $1 order by id desc limit {Most}", Sql.Of(person)).ListAsync(Row, cancel);

    /// <summary>Null if there is none, or if it is somebody else's.</summary>
    public async Task<ExportRow?> FindAsync(long id, Guid person, CancellationToken cancel = default) =>
        await sources.Read.Command($"{Rows} where id = $1 and actor_id = $2", Sql.Of(id), Sql.Of(person)).ListAsync(Row, cancel) is [var row] ? row : null;

    /// <summary>A piece of the file; null if it is gone.</summary>
    public Task<byte[]?> PartAsync(long id, int part, CancellationToken cancel = default) =>
        sources.Read.Command("select bytes from export_part where export_id = $1 and part = $2", Sql.Of(id), Sql.Of(part)).ScalarAsync<byte[]>(cancel);

    /// <summary>What this key has begun before, whoever asked; null if it is new.</summary>
    public static async Task<(long Id, Guid Person)?> FindAsync(NpgsqlConnection connection, Guid key, CancellationToken cancel) =>
        await connection.Command("select id, actor_id from export where key = $1", Sql.Of(key)).ListAsync(r => (r.GetInt64(0), r.GetGuid(1)), cancel) is [var known] ? known : null;

    /// <summary>Exports of one person are begun one after the other until the end of the transaction: how many are open is then true.</summary>
    public static async Task<long> OpenAsync(NpgsqlConnection connection, Guid person, CancellationToken cancel)
    {
        await connection.Command("select pg_advisory_xact_lock(hashtext('export'), hashtext($1::text))", Sql.Of(person)).ExecuteAsync(cancel);
        return await connection.Command("select count(*) from export where actor_id = $1 and state in ('queued', 'running')", Sql.Of(person)).ScalarAsync<long>(cancel);
    }

    public static Task<long> AddAsync(NpgsqlConnection connection, Guid key, ExportAsked asked, long total, Actor actor, CancellationToken cancel) =>
        connection.Command(
                """
                insert into export (key, kind, format, filter, what, rows_total, actor_id, actor_name, actor_role, actor_address)
                values ($1, $2, $3, $4, left($5, 4000), $6, $7, $8, $9, $10) returning id
                """,
                Sql.Of(key), Sql.Of(asked.Kind), Sql.Of(asked.Format.Word()), Sql.Json(asked.Filter), Sql.Of(asked.What), Sql.Of(total), Sql.Of(actor.Id!.Value), Sql.Of(actor.Name),
                Sql.Of(actor.Role), Sql.Of(actor.Address, NpgsqlDbType.Text))
            .ScalarAsync<long>(cancel);

    /// <summary>Ends an export of this person that is still open, and lets go of what was made of it. False if it is not open or not theirs: then nothing was changed.</summary>
    public static async Task<bool> CancelAsync(NpgsqlConnection connection, long id, Guid person, CancellationToken cancel)
    {
        var ended = await connection.Command(
                """
                update export set state = 'cancelled', finished_at = now(), lease_owner = null, lease_until = null, size = 0, parts = 0
                where id = $1 and actor_id = $2 and state in ('queued', 'running')
                """,
                Sql.Of(id), Sql.Of(person))
            .ExecuteAsync(cancel) == 1;
        if (ended)
        {
            await connection.Command("delete from export_part where export_id = $1", Sql.Of(id)).ExecuteAsync(cancel);
        }

        return ended;
    }

    /// <summary>Erases files that can no longer be fetched, and forgets exports older than <paramref name="age"/>. Safe to repeat.</summary>
    public async Task ForgetAsync(TimeSpan age, CancellationToken cancel)
    {
        int erased;
        do
        {
            erased = await sources.Work.Command(
                    """
                    delete from export_part where export_id in (
                        select e.id from export e where e.state in ('done', 'failed', 'cancelled') and e.finished_at < now() - $1 and exists (select from export_part p where p.export_id = e.id)
                        order by e.id limit $2)
                    """,
                    Sql.Of(ExportRow.Kept), Sql.Of(Slice))
                .ExecuteAsync(cancel);
        }
        while (erased > 0);
        await sources.Work.Command("delete from export where finished_at < now() - $1", Sql.Of(age)).ExecuteAsync(cancel);
    }

    private static ExportRow Row(NpgsqlDataReader r) => new(
        r.GetInt64(0), r.GetString(1), ExportFormats.Of(r.GetString(2)), r.GetString(3), r.GetFieldValue<DateTimeOffset>(4), r.GetString(5), r.Maybe<string>(6), r.GetInt64(7), r.GetInt64(8),
        r.GetInt64(9), r.GetInt32(10), r.IsDBNull(11) ? null : r.GetFieldValue<DateTimeOffset>(11));
}
