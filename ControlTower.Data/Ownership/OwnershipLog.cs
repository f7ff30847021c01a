using ControlTower.Data.Db;
using Npgsql;
using NpgsqlTypes;

namespace ControlTower.Data.Ownership;

/// <summary>The log of writes: those of owners, to try a change on, and those of others with what was done.</summary>
public static class OwnershipLog
{
    /// <summary>What may be asked for at once.</summary>
    public const int Most = 200;

    private const int Slice = 20_000;

    internal const string Columns =
        "w.id, w.at, w.domain, w.field, w.brand, w.region, w.channel, w.store, w.source, w.subject, w.old, w.new, w.owner_value, w.verdict, w.set_number, w.message_id, w.settled_at, w.settled_by, w.settled_as, w.settled_why";

    // Written so that the index of others' writes serves it.
    internal const string Where =
        """
        w.verdict <> 'owned' and ($1 = '' or w.domain = $1) and ($2 = '' or w.field = $2) and ($3 = '' or w.source = $3) and ($4 = '' or w.verdict = $4) and ($5 = '' or w.subject = $5)
        and ($6::timestamptz is null or w.at >= $6) and (not $7 or (w.verdict = 'quarantined' and w.settled_at is null)) and ($8::text[] is null or w.brand = any ($8))
        """;

    /// <summary>Puts writes down in the caller's transaction, which also does what the verdicts say.</summary>
    public static Task WriteAsync(NpgsqlConnection connection, IReadOnlyList<NewOwnershipWrite> writes, CancellationToken cancel) => writes.Count == 0 ? Task.CompletedTask :
        connection.Command(
                """
                insert into ownership_write (domain, field, brand, region, channel, store, source, subject, old, new, owner_value, verdict, set_number, message_id)
                select t.* from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[], $11::text[], $12::text[], $13::int[], $14::bigint[])
                    as t (domain, field, brand, region, channel, store, source, subject, old, new, owner_value, verdict, set_number, message_id)
                -- Who is refused may say the same every minute: once a day it is news.
                where t.verdict <> 'blocked' or not exists (
                    select from ownership_write w where w.verdict = 'blocked' and w.subject = t.subject and w.domain = t.domain and w.field = t.field and w.source = t.source and w.new is not distinct from t.new
                        and w.set_number = t.set_number and w.at > now() - interval '1 day')
                """,
                Of(writes, w => w.Where.Domain), Of(writes, w => w.Where.Field), Of(writes, w => w.Where.Brand), Of(writes, w => w.Where.Region), Of(writes, w => w.Where.Channel), Of(writes, w => w.Where.Store),
                Of(writes, w => w.Where.Source), Of(writes, w => w.Subject), Of(writes, w => w.Old), Of(writes, w => w.New), Of(writes, w => w.OwnerValue), Of(writes, w => w.Verdict),
                Sql.Of(writes.Select(w => w.SetNumber).ToArray()), Sql.Of(writes.Select(w => w.MessageId).ToArray(), NpgsqlDbType.Array | NpgsqlDbType.Bigint))
            .ExecuteAsync(cancel);

    /// <summary>Writes by others than the owner, the newest first.</summary>
    /// <param name="before">The id of the last one seen; <see cref="long.MaxValue"/> at first.</param>
    public static Task<List<OwnershipWrite>> ListAsync(NpgsqlDataSource data, OwnershipWriteFilter filter, long before, int most, CancellationToken cancel) =>
        data.Command(
                $"select {Columns} from ownership_write w where {Where} and w.id < $9 order by w.id desc limit $10", [.. Values(filter), Sql.Of(before), Sql.Of(Math.Min(most, Most))])
            .ListAsync(Read, cancel);

    public static Task<long> CountAsync(NpgsqlDataSource data, OwnershipWriteFilter filter, CancellationToken cancel) =>
        data.Command($"select count(*) from ownership_write w where {Where}", Values(filter)).ScalarAsync<long>(cancel);

    /// <summary>Which fields are fought over, and by whom.</summary>
    public static Task<List<OwnershipHeat>> HeatAsync(NpgsqlDataSource data, DateTimeOffset since, IReadOnlyList<string>? brands, CancellationToken cancel) =>
        data.Command(
                """
                select domain, field, source, count(*) filter (where verdict = 'let-through'), count(*) filter (where verdict = 'quarantined'), count(*) filter (where verdict = 'blocked')
                from ownership_write where verdict not in ('owned', 'filled') and at >= $1 and ($2::text[] is null or brand = any ($2)) group by 1, 2, 3 order by count(*) desc, 1, 2, 3
                """,
                Sql.Of(since.ToUniversalTime()), Brands(brands))
            .ListAsync(r => new OwnershipHeat(r.GetString(0), r.GetString(1), r.GetString(2), r.GetInt64(3), r.GetInt64(4), r.GetInt64(5)), cancel);

    /// <summary>Quarantined writes that wait for a person, with all others of their messages, under their locks, in the order of their ids.</summary>
    public static Task<List<OwnershipWrite>> LockWaitingAsync(NpgsqlConnection connection, long[] ids, CancellationToken cancel) =>
        connection.Command(
                $"""
                select {Columns} from ownership_write w
                where w.verdict = 'quarantined' and w.settled_at is null
                  and (w.id = any ($1) or w.message_id in (select o.message_id from ownership_write o where o.id = any ($1) and o.verdict = 'quarantined' and o.message_id is not null))
                order by w.id for update
                """,
                Sql.Of(ids))
            .ListAsync(Read, cancel);

    /// <summary>The open cases of messages that were set aside.</summary>
    public static Task<List<long>> CasesAsync(NpgsqlConnection connection, long[] messages, CancellationToken cancel) =>
        connection.Command("select id from exception_case where message_id = any ($1) and state = 'open' order by id", Sql.Of(messages)).ListAsync(r => r.GetInt64(0), cancel);

    /// <param name="how">accepted or refused.</param>
    public static Task SettleAsync(NpgsqlConnection connection, long[] ids, string how, string by, string why, CancellationToken cancel) =>
        connection.Command(
                "update ownership_write set settled_at = now(), settled_as = $2, settled_by = $3, settled_why = $4 where id = any ($1) and verdict = 'quarantined' and settled_at is null",
                Sql.Of(ids), Sql.Of(how), Sql.Of(by), Sql.Of(why))
            .ExecuteAsync(cancel);

    /// <summary>What people decided about quarantined messages: null where nobody has.</summary>
    public static async Task<Dictionary<long, string?>> SettledAsync(NpgsqlDataSource data, long[] messages, CancellationToken cancel) =>
        (await data.Command(
                """
                select message_id, case when bool_or(settled_as is null) then null when bool_or(settled_as = 'refused') then 'refused' else 'accepted' end
                from ownership_write where message_id = any ($1) and verdict = 'quarantined' group by message_id
                """,
                Sql.Of(messages))
            .ListAsync(r => (Id: r.GetInt64(0), How: r.Maybe<string>(1)), cancel)).ToDictionary(r => r.Id, r => r.How);

    /// <summary>As <see cref="SettledAsync"/>, inside a transaction that holds them: nobody decides meanwhile.</summary>
    /// <returns>Messages about which a person has decided.</returns>
    public static async Task<HashSet<long>> DecidedAsync(NpgsqlConnection connection, long[] messages, CancellationToken cancel) =>
        [.. await connection.Command(
                "select message_id, settled_at is not null from ownership_write where message_id = any ($1) and verdict = 'quarantined' order by id for update", Sql.Of(messages))
            .ListAsync(r => (Id: r.GetInt64(0), Decided: r.GetBoolean(1)), cancel) is var rows ? rows.Where(r => r.Decided).Select(r => r.Id) : []];

    /// <summary>What was decided about the same words under other messages: accepted, refused, or waiting; null where they were never kept aside. In the order of the writes.</summary>
    public static async Task<List<string?>> SameAsync(NpgsqlDataSource data, IReadOnlyList<NewOwnershipWrite> writes, CancellationToken cancel) =>
        await data.Command(
                """
                select d.said from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::bigint[]) with ordinality as t (domain, field, source, subject, new, message_id, place)
                left join lateral (
                    select coalesce(w.settled_as, 'waiting') as said from ownership_write w
                    where w.verdict = 'quarantined' and w.subject = t.subject and w.domain = t.domain and w.field = t.field and w.source = t.source and w.new is not distinct from t.new and w.message_id <> t.message_id
                    order by w.id desc limit 1) d on true
                order by t.place
                """,
                Of(writes, w => w.Where.Domain), Of(writes, w => w.Where.Field), Of(writes, w => w.Where.Source), Of(writes, w => w.Subject), Of(writes, w => w.New), Sql.Of(writes.Select(w => w.MessageId!.Value).ToArray()))
            .ListAsync(r => r.Maybe<string>(0), cancel);

    /// <summary>What was taken of others' writes of a subject: the newest of each source and field.</summary>
    public static Task<List<(string Source, string Field, string? Value, DateTimeOffset At)>> TakenAsync(NpgsqlDataSource data, string domain, string subject, CancellationToken cancel) =>
        data.Command(
                """
                select distinct on (source, field) source, field, new, at from ownership_write
                where verdict <> 'owned' and domain = $1 and subject = $2 and (verdict = 'let-through' or settled_as = 'accepted') order by source, field, id desc
                """,
                Sql.Of(domain), Sql.Of(subject))
            .ListAsync(r => (r.GetString(0), r.GetString(1), r.Maybe<string>(2), r.GetFieldValue<DateTimeOffset>(3)), cancel);

    /// <summary>Removes what is older, in slices; what waits for a person stays, and of what was taken of others the newest word: it may be the one that holds.</summary>
    public static async Task ForgetAsync(NpgsqlDataSource data, TimeSpan age, CancellationToken cancel)
    {
        while (await data.Command(
                """
                delete from ownership_write w where w.ctid = any (array(
                    select o.ctid from ownership_write o 
                    where o.at < now() - $1 and not (o.verdict = 'quarantined' and o.settled_at is null)
                      and not ((o.verdict = 'let-through' or o.settled_as = 'accepted') and o.domain in ('product', 'price', 'customer') and not exists (
                        select from ownership_write n where n.verdict <> 'owned' and n.subject = o.subject and n.domain = o.domain and n.field = o.field and n.source = o.source and n.id > o.id))
                    limit $2))
                """,
                Sql.Of(age), Sql.Of(Slice)).ExecuteAsync(cancel) == Slice)
        {
        }
    }

    internal static NpgsqlParameter[] Values(OwnershipWriteFilter filter) =>
    [
        Sql.Of(filter.Domain), Sql.Of(filter.Field), Sql.Of(filter.Source), Sql.Of(filter.Verdict), Sql.Of(filter.Subject), Sql.Of(filter.Since?.ToUniversalTime(), NpgsqlDbType.TimestampTz), Sql.Of(filter.Waits),
        Brands(filter.Brands),
    ];

    private static NpgsqlParameter Brands(IReadOnlyList<string>? brands) => Sql.Of(brands?.ToArray(), NpgsqlDbType.Array | NpgsqlDbType.Text);

    private static NpgsqlParameter Of(IReadOnlyList<NewOwnershipWrite> writes, Func<NewOwnershipWrite, string?> value) => Sql.Of(writes.Select(value).ToArray(), NpgsqlDbType.Array | NpgsqlDbType.Text);

    internal static OwnershipWrite Read(NpgsqlDataReader r) => new(
        r.GetInt64(0), r.GetFieldValue<DateTimeOffset>(1), new OwnershipContext(r.GetString(2), r.GetString(3), r.GetString(4), r.GetString(5), r.GetString(6), r.GetString(7), r.GetString(8)), r.GetString(9),
        r.Maybe<string>(10), r.Maybe<string>(11), r.Maybe<string>(12), r.GetString(13), r.GetInt32(14), r.Maybe<long?>(15), r.Maybe<DateTimeOffset?>(16), r.Maybe<string>(17), r.Maybe<string>(18), r.Maybe<string>(19));
}
