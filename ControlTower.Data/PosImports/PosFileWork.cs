using ControlTower.Data.Db;
using ControlTower.Data.Inbox;
using Npgsql;
using NpgsqlTypes;

namespace ControlTower.Data.PosImports;

/// <summary>
/// Files of tills as the node sees them that reads them. Every write names the fence and the state, so a node that lost its lease writes nothing and notices. A step is one transaction: what was
/// taken, what was found and the place to go on from are there together or not at all.
/// </summary>
public static class PosFileWork
{
    /// <summary>Days behind the newest of a file in which numbers are held against each other.</summary>
    private const int HoleDays = 35;

    private const int LargestHole = 1_000;

    /// <summary>
    /// Left out, but not the last word about its number: the finished sale may come later under the same one. A voided one is the last word, for a sale that shows up behind its voiding is for a
    /// person to judge.
    /// </summary>
    private static readonly string[] Provisional = ["training", "suspended", "cancelled", "reentered", "control"];

    /// <summary>
    /// Takes the oldest file that nobody reads: waiting, left by a node whose lease ran out, or in the hands of this node. One file of a connection after the other. A file that was begun and came
    /// to nothing stands behind the others, so that it starves none.
    /// </summary>
    public static async Task<PosTurn?> TakeAsync(NpgsqlDataSource data, Guid node, TimeSpan lease, CancellationToken cancel) =>
        await data.Command(
                """
                update pos_file f set state = 'reading', fence = f.fence + 1, attempts = f.attempts + 1, lease_owner = $1, lease_until = now() + $2
                from (select id from pos_file o where state in ('waiting', 'reading') and (lease_owner is null or lease_owner = $1 or lease_until < now())
                        and not exists (select from pos_file e where e.connection_id = o.connection_id and e.state in ('waiting', 'reading') and e.id < o.id)
                      order by attempts, id limit 1 for update skip locked) free
                where f.id = free.id
                returning f.id, f.fence, f.attempts, f.connection_id, f.name, f.head, f.at_byte, f.at_line, f.at_column, f.parts, f.findings
                """,
                Sql.Of(node), Sql.Of(lease))
            .ListAsync(
                r => new PosTurn(r.GetInt64(0), r.GetInt64(1), r.GetInt32(2), r.GetString(3), r.GetString(4), r.Maybe<string>(5), r.GetInt64(6), r.GetInt64(7), r.GetInt64(8), r.GetInt32(9), r.GetInt64(10)), cancel) is [var turn]
            ? turn
            : null;

    /// <summary>Takes what a step found, in the caller's transaction. Which transactions are new is the database's to say. False if the turn is lost: then roll back.</summary>
    public static async Task<bool> AdvanceAsync(NpgsqlConnection connection, PosTurn turn, PosStep step, CancellationToken cancel)
    {
        var fresh = await TakenAsync(connection, turn, step.Transactions, cancel);
        List<PosFinding> findings = [.. step.Findings];
        findings.AddRange(await ChangedAsync(connection, turn, step.Transactions, fresh, cancel));
        var arrivals = step.Transactions.Where((t, i) => fresh.Contains(i) && t.Body is not null).Select(t => new Arrival(turn.Connection, "transaction", t.Id, t.Lane ?? t.Id, "{}", t.Body!, null)).ToList();
        if (arrivals.Count > 0)
        {
            await InboxStore.StoreAsync(connection, arrivals, cancel);
        }

        await HeardAsync(connection, turn, step.Transactions, fresh, cancel);
        await FindAsync(connection, turn.Id, findings, cancel);
        return await MoveAsync(connection, turn, step, fresh, findings.Count, cancel);
    }

    /// <summary>It was read to its end: what is missing between its numbers is told, and its bytes are dropped. False if the turn is lost.</summary>
    public static async Task<bool> FinishAsync(NpgsqlConnection connection, PosTurn turn, CancellationToken cancel)
    {
        var holes = await HolesAsync(connection, turn, cancel);
        await FindAsync(connection, turn.Id, holes, cancel);
        return await EndAsync(connection, turn, "done", null, holes.Count, cancel);
    }

    /// <summary>It is not read any further; what was taken stays. Holes are not reckoned: much is missing behind the cut, and a refusal must not fail of anything. False if the turn is lost.</summary>
    public static async Task<bool> RefuseAsync(NpgsqlConnection connection, PosTurn turn, PosFinding why, CancellationToken cancel)
    {
        await FindAsync(connection, turn.Id, [why], cancel);
        return await EndAsync(connection, turn, "refused", why.Message, 1, cancel);
    }

    /// <summary>Hands back what this node has, so that another goes on at once. That it was begun does not count.</summary>
    public static Task ReleaseAsync(NpgsqlDataSource data, Guid node, CancellationToken cancel) =>
        data.Command("update pos_file set state = 'waiting', lease_owner = null, lease_until = null, fence = fence + 1, attempts = greatest(attempts - 1, 0) where state = 'reading' and lease_owner = $1", Sql.Of(node))
            .ExecuteAsync(cancel);

    // Sorted, so that two files of the same tills wait for each other and never in a circle.
    private static async Task<HashSet<int>> TakenAsync(NpgsqlConnection connection, PosTurn turn, IReadOnlyList<PosTransaction> all, CancellationToken cancel) =>
        [.. await connection.Command(
                """
                with incoming as (
                    select distinct on (store, till, day, sequence) * from unnest($2::text[], $3::text[], $4::date[], $5::bigint[], $6::text[], $7::bytea[], $8::bigint[])
                        with ordinality as t (store, till, day, sequence, kind, hash, line, n) order by store, till, day, sequence, kind = any($10::text[]), n),
                stored as (
                    insert into pos_transaction (connection_id, store, till, business_day, sequence, kind, hash, file_id, line)
                    select $1, store, till, day, sequence, kind, hash, $9, line from incoming order by store, till, day, sequence
                    on conflict (connection_id, store, till, business_day, sequence) do update
                        set kind = excluded.kind, hash = excluded.hash, file_id = excluded.file_id, line = excluded.line
                        where pos_transaction.kind = any($10::text[]) and excluded.kind <> all($10::text[])
                    returning store, till, business_day, sequence)
                select i.n from incoming i join stored s on (s.store, s.till, s.business_day, s.sequence) = (i.store, i.till, i.day, i.sequence)
                """,
                [Sql.Of(turn.Connection), .. Keys(all), Sql.Of(all.Select(t => t.Kind).ToArray()), Sql.Of(all.Select(t => t.Hash).ToArray()), Sql.Of(all.Select(t => t.Line).ToArray()), Sql.Of(turn.Id), Sql.Of(Provisional)])
            .ListAsync(r => (int)r.GetInt64(0) - 1, cancel)];

    // The same number with other content: one of the two is wrong, and which one only a person can say. The first stays. What was put aside and finished further on in the same file is neither.
    private static async Task<List<PosFinding>> ChangedAsync(NpgsqlConnection connection, PosTurn turn, IReadOnlyList<PosTransaction> all, HashSet<int> fresh, CancellationToken cancel)
    {
        if (fresh.Count == all.Count)
        {
            return [];
        }

        return await connection.Command(
                """
                select i.n, p.file_id, p.line from unnest($2::text[], $3::text[], $4::date[], $5::bigint[], $6::bytea[], $7::text[], $8::bigint[]) with ordinality as i (store, till, day, sequence, hash, kind, line, n)
                join pos_transaction p on p.connection_id = $1 and p.store = i.store and p.till = i.till and p.business_day = i.day and p.sequence = i.sequence
                where p.hash <> i.hash and not (p.file_id = $9 and p.line >= i.line and i.kind = any($10::text[]) and p.kind <> all($10::text[])) order by i.n
                """,
                [
                    Sql.Of(turn.Connection), .. Keys(all), Sql.Of(all.Select(t => t.Hash).ToArray()), Sql.Of(all.Select(t => t.Kind).ToArray()), Sql.Of(all.Select(t => t.Line).ToArray()), Sql.Of(turn.Id),
                    Sql.Of(Provisional),
                ])
            .ListAsync(
                r =>
                {
                    var t = all[(int)r.GetInt64(0) - 1];
                    return new PosFinding(t.Line, t.Column, "changed", t.Name,
                        $"This number was told before with other content (I-{r.GetInt64(1)}, line {r.GetInt64(2)}). The first was kept, this one was not taken. Find out which one is true.");
                },
                cancel);
    }

    private static NpgsqlParameter[] Keys(IReadOnlyList<PosTransaction> all) =>
        [Sql.Of(all.Select(t => t.Store).ToArray()), Sql.Of(all.Select(t => t.Till).ToArray()), Sql.Of(all.Select(t => t.Day).ToArray()), Sql.Of(all.Select(t => t.Sequence).ToArray())];

    // A till whose clock is ahead must not make its store look heard for days to come.
    private static Task<int> HeardAsync(NpgsqlConnection connection, PosTurn turn, IReadOnlyList<PosTransaction> all, HashSet<int> fresh, CancellationToken cancel)
    {
        var stores = all.Select((t, i) => (t.Store, t.At, IsReceipt: t.Body is not null && fresh.Contains(i))).Where(t => t.At > DateTimeOffset.UnixEpoch)
            .GroupBy(t => t.Store, StringComparer.Ordinal).OrderBy(g => g.Key, StringComparer.Ordinal).ToList();
        return connection.Command(
                """
                insert into pos_store (connection_id, store, receipts, business_at, heard_at) select $1, store, receipts, least(at, now()), now() from unnest($2::text[], $3::bigint[], $4::timestamptz[]) as s (store, receipts, at)
                on conflict (connection_id, store) do update set receipts = pos_store.receipts + excluded.receipts, business_at = greatest(pos_store.business_at, excluded.business_at), heard_at = now()
                """,
                Sql.Of(turn.Connection), Sql.Of(stores.Select(g => g.Key).ToArray()), Sql.Of(stores.Select(g => g.LongCount(t => t.IsReceipt)).ToArray()), Sql.Of(stores.Select(g => g.Max(t => t.At)).ToArray()))
            .ExecuteAsync(cancel);
    }

    private static Task<int> FindAsync(NpgsqlConnection connection, long file, IReadOnlyList<PosFinding> findings, CancellationToken cancel) =>
        connection.Command(
                """
                insert into pos_finding (file_id, line, col, code, subject, message)
                select $1, line, col, left(code, 40), left(tx, 120), left(message, 500) from unnest($2::bigint[], $3::bigint[], $4::text[], $5::text[], $6::text[]) with ordinality as f (line, col, code, tx, message, n) order by n
                """,
                Sql.Of(file), Sql.Of(findings.Select(f => f.Line).ToArray()), Sql.Of(findings.Select(f => f.Column).ToArray()), Sql.Of(findings.Select(f => f.Code).ToArray()),
                Sql.Of(findings.Select(f => f.Transaction).ToArray()), Sql.Of(findings.Select(f => f.Message).ToArray()))
            .ExecuteAsync(cancel);

    private static async Task<bool> MoveAsync(NpgsqlConnection connection, PosTurn turn, PosStep step, HashSet<int> fresh, int findings, CancellationToken cancel)
    {
        var news = step.Transactions.Where((_, i) => fresh.Contains(i)).ToList();
        long Of(string kind) => news.LongCount(t => t.Body is null && t.Kind == kind);
        return await connection.Command(
                """
                update pos_file set head = $3, at_byte = $4, at_line = $5, at_column = $6, attempts = 0, lease_until = now() + interval '10 seconds', findings = findings + $7, faulty = faulty + $8,
                    taken = taken + $9, repeated = repeated + $10, training = training + $11, voided = voided + $12, suspended = suspended + $13, cancelled = cancelled + $14, reentered = reentered + $15,
                    control = control + $16, seen = seen + $17
                where id = $1 and fence = $2 and state = 'reading' and at_byte = $18
                """,
                Sql.Of(turn.Id), Sql.Of(turn.Fence), Sql.Of(step.Head, NpgsqlDbType.Text), Sql.Of(step.AtByte), Sql.Of(step.AtLine), Sql.Of(step.AtColumn), Sql.Of((long)findings), Sql.Of(step.Faulty),
                Sql.Of(news.LongCount(t => t.Body is not null)), Sql.Of((long)(step.Transactions.Count - fresh.Count)), Sql.Of(Of("training")), Sql.Of(Of("voided")), Sql.Of(Of("suspended")),
                Sql.Of(Of("cancelled")), Sql.Of(Of("reentered")), Sql.Of(Of("control")), Sql.Of(step.Transactions.Count + step.Faulty), Sql.Of(turn.AtByte))
            .ExecuteAsync(cancel) == 1;
    }

    // A number that is smaller than the one before, or far from it, is a till that began anew, not a hole.
    private static async Task<List<PosFinding>> HolesAsync(NpgsqlConnection connection, PosTurn turn, CancellationToken cancel)
    {
        await connection.Command(
                "delete from pos_hole h using (select distinct store, till from pos_transaction where file_id = $1) t where h.connection_id = $2 and h.store = t.store and h.till = t.till",
                Sql.Of(turn.Id), Sql.Of(turn.Connection))
            .ExecuteAsync(cancel);
        return await connection.Command(
                $"""
                with tills as (
                    select store, till, max(business_day) as newest from pos_transaction where file_id = $1 group by store, till),
                numbers as (
                    select p.store, p.till, p.business_day, p.sequence, p.file_id, p.line, lag(p.sequence) over (partition by p.store, p.till order by p.business_day, p.sequence) as before
                    from tills t join pos_transaction p on p.connection_id = $2 and p.store = t.store and p.till = t.till and p.business_day > t.newest - {HoleDays}),
                holes as (
                    select * from numbers where sequence - before > 1 and sequence - before <= {LargestHole}),
                kept as (
                    insert into pos_hole (connection_id, store, till, first, last, business_day) select $2, store, till, before + 1, sequence - 1, business_day from holes
                    on conflict (connection_id, store, till, business_day, first) do nothing)
                select line, store || '-' || till || '-' || sequence, before + 1, sequence - 1, till from holes where file_id = $1 order by line limit 1000
                """,
                Sql.Of(turn.Id), Sql.Of(turn.Connection))
            .ListAsync(
                r => new PosFinding(r.GetInt64(0), 1, "gap", r.GetString(1),
                    r.GetInt64(2) == r.GetInt64(3)
                        ? $"Before this one, number {r.GetInt64(2)} of till {r.GetString(4)} is missing. Have it sent again, or find out why the till left it out."
                        : $"Before this one, numbers {r.GetInt64(2)} to {r.GetInt64(3)} of till {r.GetString(4)} are missing. Have them sent again, or find out why the till left them out."),
                cancel);
    }

    private static async Task<bool> EndAsync(NpgsqlConnection connection, PosTurn turn, string state, string? why, int findings, CancellationToken cancel)
    {
        await connection.Command("delete from pos_file_part where file_id = $1 and exists (select from pos_file where id = $1 and fence = $2)", Sql.Of(turn.Id), Sql.Of(turn.Fence)).ExecuteAsync(cancel);
        return await connection.Command(
                """
                update pos_file set state = $3, why = left($4, 500), finished_at = now(), lease_owner = null, lease_until = null, findings = findings + $5
                where id = $1 and fence = $2 and state = 'reading'
                """,
                Sql.Of(turn.Id), Sql.Of(turn.Fence), Sql.Of(state), Sql.Of(why, NpgsqlDbType.Text), Sql.Of((long)findings))
            .ExecuteAsync(cancel) == 1;
    }
}
