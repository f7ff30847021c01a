using ControlTower.Data.Db;
using Npgsql;
using NpgsqlTypes;

namespace ControlTower.Data.PosImports;

/// <summary>Files of tills as people see them, and how they arrive. Reading again is always safe.</summary>
public sealed class PosFileStore(TowerDataSources sources)
{
    /// <summary>Files listed at most.</summary>
    public const int Most = 200;

    private const string Rows =
        """
        select id, connection_id, name, origin, actor_name, size, state, why, at_byte, taken, repeated, training, voided, suspended, cancelled, reentered, control, faulty, findings, arrived_at, finished_at
        from pos_file
        """;

    /// <summary>A file begins to arrive. What was begun long ago and never came to its end is forgotten.</summary>
    public async Task<long> BeginAsync(PosArrival arrival, CancellationToken cancel)
    {
        await sources.Work.Command("delete from pos_file where state = 'arriving' and arrived_at < now() - interval '1 day'").ExecuteAsync(cancel);
        return await sources.Work.Command(
                "insert into pos_file (connection_id, name, origin, actor_id, actor_name) values ($1, $2, $3, $4, $5) returning id",
                Sql.Of(arrival.Connection), Sql.Of(arrival.Name), Sql.Of(arrival.Origin), Sql.Of(arrival.ActorId, NpgsqlDbType.Uuid), Sql.Of(arrival.ActorName))
            .ScalarAsync<long>(cancel);
    }

    public Task PutAsync(long id, int part, ReadOnlyMemory<byte> bytes, CancellationToken cancel) =>
        sources.Work.Command(
                "with mine as (update pos_file set parts = $2 + 1, size = size + length($3) where id = $1 and state = 'arriving' returning id) insert into pos_file_part (file_id, part, bytes) select id, $2, $3 from mine",
                Sql.Of(id), Sql.Of(part), Sql.Of(bytes))
            .ExecuteAsync(cancel);

    public Task ForgetAsync(long id, CancellationToken cancel) =>
        sources.Work.Command("delete from pos_file where id = $1 and state = 'arriving'", Sql.Of(id)).ExecuteAsync(cancel);

    /// <summary>
    /// The file is whole: it waits for a worker. If the same bytes are there already, this one is dropped, and the one that is there is the answer. A file of which something could not be taken does
    /// not stand in the way: the cause may have been ours, or the settings'.
    /// </summary>
    public static async Task<(long Id, bool IsNew)> SealAsync(NpgsqlConnection connection, long id, string connectionId, byte[] hash, CancellationToken cancel)
    {
        // Two of the same at the same moment: one after the other.
        await connection.Command("select pg_advisory_xact_lock(hashtext('pos_file'), hashtext($1))", Sql.Of(connectionId)).ExecuteAsync(cancel);
        if (await connection.Command("select id from pos_file where connection_id = $1 and hash = $2 and state <> 'refused' and (state <> 'done' or faulty = 0)", Sql.Of(connectionId), Sql.Of(hash)).ListAsync(r => r.GetInt64(0), cancel) is [var known])
        {
            await connection.Command("delete from pos_file where id = $1 and state = 'arriving'", Sql.Of(id)).ExecuteAsync(cancel);
            return (known, false);
        }

        await connection.Command("update pos_file set state = 'waiting', hash = $2 where id = $1 and state = 'arriving'", Sql.Of(id), Sql.Of(hash)).ExecuteAsync(cancel);
        return (id, true);
    }

    public async Task<IReadOnlyList<PosFile>> ListAsync(CancellationToken cancel = default) =>
        await sources.Read.Command($"{Rows} where state <> 'arriving' order by id desc limit {Most}").ListAsync(File, cancel);

    public async Task<PosFile?> FindAsync(long id, CancellationToken cancel = default) =>
        await sources.Read.Command($"{Rows} where id = $1 and state <> 'arriving'", Sql.Of(id)).ListAsync(File, cancel) is [var file] ? file : null;

    /// <summary>Findings in the order of the file.</summary>
    public async Task<IReadOnlyList<PosFinding>> FindingsAsync(long id, int skip, int most, CancellationToken cancel = default) =>
        await sources.Read.Command(
                "select line, col, code, subject, message from pos_finding where file_id = $1 order by line, id offset $2 limit $3", Sql.Of(id), Sql.Of(skip), Sql.Of(most))
            .ListAsync(r => new PosFinding(r.GetInt64(0), r.GetInt64(1), r.GetString(2), r.Maybe<string>(3), r.GetString(4)), cancel);

    /// <summary>Stores, the longest unheard first.</summary>
    public async Task<IReadOnlyList<PosStore>> StoresAsync(CancellationToken cancel = default) =>
        await sources.Read.Command(
                """
                select s.connection_id, c.name, s.store, s.receipts, s.business_at, s.heard_at, h.holes, h.missing, h.newest
                from pos_store s join connection c on c.id = s.connection_id
                cross join lateral (
                    select count(*) as holes, coalesce(sum(last - first + 1), 0)::bigint as missing,
                           (array_agg('till ' || till || ': ' || case when first = last then first::text else first || ' to ' || last end order by business_day desc, till, first desc))[1] as newest
                    from pos_hole h where h.connection_id = s.connection_id and h.store = s.store) h
                order by s.business_at, s.store limit 2000
                """)
            .ListAsync(
                r => new PosStore(r.GetString(0), r.GetString(1), r.GetString(2), r.GetInt64(3), r.GetFieldValue<DateTimeOffset>(4), r.GetFieldValue<DateTimeOffset>(5), r.GetInt64(6), r.GetInt64(7), r.Maybe<string>(8)),
                cancel);

    /// <summary>Tells of each store that was heard before and has been silent for longer than <paramref name="after"/>, once a day for as long as it lasts. Commits.</summary>
    /// <returns>How many were told.</returns>
    public static Task<int> TellSilentAsync(NpgsqlDataSource data, TimeSpan after, CancellationToken cancel) => data.Command("select pos_tell($1)", Sql.Of(after)).ScalarAsync<int>(cancel);

    private static PosFile File(NpgsqlDataReader r) => new(
        r.GetInt64(0), r.GetString(1), r.GetString(2), r.GetString(3), r.GetString(4), r.GetInt64(5), r.GetString(6), r.Maybe<string>(7), r.GetInt64(8),
        new PosCounts(r.GetInt64(9), r.GetInt64(10), r.GetInt64(11), r.GetInt64(12), r.GetInt64(13), r.GetInt64(14), r.GetInt64(15), r.GetInt64(16), r.GetInt64(17)), r.GetInt64(18),
        r.GetFieldValue<DateTimeOffset>(19), r.IsDBNull(20) ? null : r.GetFieldValue<DateTimeOffset>(20));
}
