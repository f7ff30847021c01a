using ControlTower.Data.Audit;
using ControlTower.Data.Db;
using Npgsql;
using NpgsqlTypes;

namespace ControlTower.Data.Triage;

/// <summary>Batches as people make and steer them, inside the caller's transaction. SQL by hand: freezing is one statement, however many cases there are.</summary>
public static class BatchStore
{
    /// <summary>Batches are frozen one after the other: each sees what the one before has taken. Waits at most as long as any lock.</summary>
    public static Task TakeTurnAsync(NpgsqlConnection connection, CancellationToken cancel) =>
        connection.Command("select pg_advisory_xact_lock(hashtext('batch-freeze'))").ExecuteAsync(cancel);

    /// <summary>What this key has frozen before; null if it is new.</summary>
    public static async Task<FrozenBatch?> FindAsync(NpgsqlConnection connection, Guid key, CancellationToken cancel) =>
        await connection.Command("select id, count, left_out, currencies, amounts from batch where key = $1", Sql.Of(key))
            .ListAsync(r => new FrozenBatch(r.GetInt64(0), r.GetInt32(1), r.GetInt32(2), CaseReader.Values(r, 3)), cancel) is [var known] ? known : null;

    /// <summary>
    /// Freezes those of the cases that the act fits and that are in no other batch's hands. Nothing is written, and null returned, if there are none.
    /// Call <see cref="TakeTurnAsync"/> before.
    /// </summary>
    public static async Task<FrozenBatch?> FreezeAsync(NpgsqlConnection connection, NewBatch batch, Actor actor, CancellationToken cancel)
    {
        var stages = batch.Plan.Stages.ToArray();
        var starts = Enumerable.Range(1, stages.Length).Select(stage => batch.Plan.RangeOf(stage).First).ToArray();
        await connection.Command(
                $"""
                with wanted as (select id, min(n) as n from unnest($2::bigint[]) with ordinality as w (id, n) group by id),
                fit as (
                    select c.id, c.value, c.currency, c.version, row_number() over (order by w.n)::int as ordinal from wanted w join exception_case c on c.id = w.id
                    where {BatchOrder.Fit(batch.Order.Kind)} and not exists (select from batch_item i where i.case_id = c.id and i.state in ('waiting', 'sent'))),
                worth as (select currency, sum(value) as amount from fit where currency is not null group by 1),
                made as (
                    insert into batch (key, kind, what, reason, actor_id, actor_name, actor_role, actor_address, state_by, stages, per_second, failure_limit, next_send_at, count, left_out, assignee, assignee_name, ticket, shelf_until, currencies, amounts)
                    select $1, $17, left($3, 300), left($4, 1000), $5, $6, $7, $8, $6, $9, $10, $11, now() + $16, (select count(*) from fit), (select count(*) from wanted) - (select count(*) from fit),
                        $18, $19, $20, $21,
                        coalesce((select array_agg(currency order by amount desc) from worth), array[]::text[]), coalesce((select array_agg(amount order by amount desc) from worth), array[]::numeric[])
                    where exists (select from fit) returning id)
                insert into batch_item (batch_id, ordinal, case_id, version, stage)
                select made.id, f.ordinal, f.id, f.version, case when f.ordinal <= $13 then width_bucket(f.ordinal, $12::int[]) else $14 + (f.ordinal - $13 + $15 - 1) / $15 end from made, fit f
                """,
                Sql.Of(batch.Key), Sql.Of(batch.CaseIds.ToArray()), Sql.Of(batch.What), Sql.Of(batch.Reason, NpgsqlDbType.Text), Sql.Of(actor.Id, NpgsqlDbType.Uuid), Sql.Of(actor.Name),
                Sql.Of(actor.Role), Sql.Of(actor.Address, NpgsqlDbType.Text), Sql.Of(stages), Sql.Of(batch.Plan.PerSecond), Sql.Of(batch.Plan.FailureLimit), Sql.Of(starts),
                Sql.Of(stages.Sum()), Sql.Of(stages.Length), Sql.Of(stages[^1]), Sql.Of(batch.Pause),
                Sql.Of(BatchOrder.Word(batch.Order.Kind)), Sql.Of(batch.Order.Assignee, NpgsqlDbType.Uuid), Sql.Of(batch.Order.AssigneeName, NpgsqlDbType.Text),
                Sql.Of(batch.Order.Ticket, NpgsqlDbType.Text), Sql.Of(batch.Order.Until?.ToUniversalTime(), NpgsqlDbType.TimestampTz))
            .ExecuteAsync(cancel);
        return await FindAsync(connection, batch.Key, cancel);
    }

    /// <summary>Changes the state of a batch that is still at this version and can be changed so. False if not: then nothing was changed.</summary>
    public static async Task<bool> ChangeAsync(NpgsqlConnection connection, long id, int version, BatchAct act, string by, CancellationToken cancel)
    {
        var (from, to) = act switch
        {
            BatchAct.Pause => (new[] { "running" }, "paused"),
            BatchAct.Resume => (["paused"], "running"),
            _ => (["running", "paused"], "cancelled"),
        };
        return await connection.Command(
                """
                update batch set state = $3, state_by = $5, state_at = now(), version = version + 1, finished_at = case when $3 = 'cancelled' and sent = 0 then now() end
                where id = $1 and version = $2 and state = any($4)
                """,
                Sql.Of(id), Sql.Of(version), Sql.Of(to), Sql.Of(from), Sql.Of(by))
            .ExecuteAsync(cancel) == 1;
    }

    /// <summary>Lets go of everything that was not sent yet. The caller holds the batch's row. Returns how much it was.</summary>
    public static async Task<int> SkipRestAsync(NpgsqlConnection connection, long id, string why, CancellationToken cancel)
    {
        var left = await connection.Command(
                "update batch_item set state = 'skipped', detail = left($2, 500), settled_at = now() where batch_id = $1 and state = 'waiting'", Sql.Of(id), Sql.Of(why))
            .ExecuteAsync(cancel);
        await connection.Command("update batch set skipped = skipped + $2 where id = $1", Sql.Of(id), Sql.Of(left)).ExecuteAsync(cancel);
        return left;
    }

    /// <summary>Locks what this key has frozen until the end of the transaction, before its cases, as the pump does. Null if it has frozen nothing.</summary>
    public static async Task<long?> LockAsync(NpgsqlConnection connection, Guid key, CancellationToken cancel) =>
        await connection.Command("select id from batch where key = $1 for update", Sql.Of(key)).ListAsync(r => r.GetInt64(0), cancel) is [var id] ? id : null;

    /// <summary>Ends a batch because what it was to send was taken back: the cases named are let go of even if they were in work, and so is all that was not sent yet. The caller holds the batch's row.</summary>
    public static async Task TakeBackAsync(NpgsqlConnection connection, long id, long[] cases, string by, CancellationToken cancel)
    {
        var why = $"Not sent: {by} took the change back";
        var held = await connection.Command(
                "update batch_item set state = 'skipped', detail = left($3, 500), settled_at = now() where batch_id = $1 and state = 'sent' and case_id = any($2)", Sql.Of(id), Sql.Of(cases), Sql.Of(why))
            .ExecuteAsync(cancel);
        await SkipRestAsync(connection, id, why, cancel);
        await connection.Command(
                """
                update batch b set sent = b.sent - $2, skipped = b.skipped + $2, finished_at = case when b.sent = $2 then coalesce(b.finished_at, now()) end,
                    state = case when n.ends then 'cancelled' else b.state end, state_by = case when n.ends then $3 else b.state_by end,
                    state_at = case when n.ends then now() else b.state_at end, version = b.version + 1
                from (select state in ('running', 'paused') as ends from batch where id = $1) n where b.id = $1
                """,
                Sql.Of(id), Sql.Of(held), Sql.Of(by))
            .ExecuteAsync(cancel);
    }
}
