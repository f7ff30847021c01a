using ControlTower.Data.Audit;
using ControlTower.Data.Db;
using Npgsql;

namespace ControlTower.Data.Triage;

/// <summary>
/// Batches as the node sees them that carries them out. The way of a node: take the turns, lock a batch by its fence, settle, send, save, commit; whoever lost the turn finds no row to lock
/// and so sends nothing. A pause takes the same lock: after it is committed nothing more is sent.
/// </summary>
public static class BatchWork
{
    /// <summary>Takes or renews all batches with something to do that no other node holds. Renewing keeps the fence, taking over raises it.</summary>
    public static Task<List<BatchTurn>> HoldAsync(NpgsqlDataSource data, Guid node, TimeSpan lease, CancellationToken cancel) =>
        data.Command(
                """
                update batch b set fence = b.fence + case when b.lease_owner = $1 and b.lease_until >= now() then 0 else 1 end, lease_owner = $1, lease_until = now() + $2
                from (select id from batch where (state = 'running' or sent > 0) and (lease_owner = $1 or lease_owner is null or lease_until < now()) order by id for update skip locked) free
                where b.id = free.id
                returning b.id, b.fence
                """,
                Sql.Of(node), Sql.Of(lease))
            .ListAsync(r => new BatchTurn(r.GetInt64(0), r.GetInt64(1)), cancel);

    /// <summary>Hands all turns back, so that another node goes on at once.</summary>
    public static Task ReleaseAsync(NpgsqlDataSource data, Guid node, CancellationToken cancel) =>
        data.Command("update batch set lease_owner = null, lease_until = null where lease_owner = $1", Sql.Of(node)).ExecuteAsync(cancel);

    /// <summary>Locks the batch until the end of the transaction; null if the turn is lost, or it was finished meanwhile.</summary>
    public static async Task<BatchHeld?> LockAsync(NpgsqlConnection connection, BatchTurn turn, CancellationToken cancel) =>
        await connection.Command(
                """
                select state, stage, count, sent, proven + passed, failed, per_second, failure_limit, state = 'running' and next_send_at <= now(), actor_id, actor_name, actor_role, actor_address,
                       kind, assignee, assignee_name, ticket, shelf_until, reason
                from batch where id = $1 and fence = $2 and finished_at is null for update
                """,
                Sql.Of(turn.Id), Sql.Of(turn.Fence))
            .ListAsync(r => new BatchHeld(
                turn.Id, r.GetString(0), r.GetInt32(1), r.GetInt32(2), r.GetInt32(3), r.GetInt32(4), r.GetInt32(5), r.GetInt32(6), r.GetDecimal(7), r.GetBoolean(8),
                new Actor(r.IsDBNull(9) ? null : r.GetGuid(9), r.GetString(10), r.GetString(11), r.Maybe<string>(12)))
            {
                Order = new BatchOrder(BatchOrder.Parse(r.GetString(13)))
                {
                    Assignee = r.IsDBNull(14) ? null : r.GetGuid(14), AssigneeName = r.Maybe<string>(15), Ticket = r.Maybe<string>(16), Until = CaseReader.When(r, 17),
                },
                Reason = r.Maybe<string>(18),
            }, cancel) is [var held] ? held : null;

    /// <summary>
    /// Settles what was sent and is decided: read back from the target is proven; over without that has gone on; open again (or retried by somebody since) has failed with the newest message; closed
    /// by a person, or wanted by nobody any more, is skipped. Every other state is still in work, however long it takes.
    /// </summary>
    public static async Task<BatchSettled> SettleAsync(NpgsqlConnection connection, long id, CancellationToken cancel)
    {
        var settled = await connection.Command(
                """
                with fate as (
                    select i.ordinal,
                        case when c.id is null then 'skipped' when c.proven then 'proven' when c.state = 'resolved' and c.closed_by = 'tower' and c.resolution is distinct from $2 then 'passed' when c.state in ('resolved', 'discarded') then 'skipped'
                             when c.state = 'open' or c.attempts > i.attempt then 'failed' end as fate,
                        case when c.id is null then 'There is no such case any more' when c.closed_by = 'tower' then c.resolution
                             when c.state in ('resolved', 'discarded') then 'Closed by ' || c.closed_by || ': ' || coalesce(c.resolution, c.state) else c.message end as detail
                    from batch_item i left join exception_case c on c.id = i.case_id where i.batch_id = $1 and i.state = 'sent')
                update batch_item i set state = f.fate, detail = left(f.detail, 500), settled_at = now() from fate f where i.batch_id = $1 and i.ordinal = f.ordinal and f.fate is not null
                returning i.state
                """,
                Sql.Of(id), Sql.Of(CaseStore.TakenBack))
            .ListAsync(r => r.GetString(0), cancel);
        int Of(string state) => settled.Count(s => s == state);
        return new BatchSettled(Of("proven"), Of("passed"), Of("failed"), Of("skipped"));
    }

    /// <summary>What comes next, in order.</summary>
    public static Task<List<BatchItem>> NextAsync(NpgsqlConnection connection, long id, int most, CancellationToken cancel) =>
        connection.Command(
                "select ordinal, case_id, stage, coalesce(version, 0) from batch_item where batch_id = $1 and state = 'waiting' order by ordinal limit $2", Sql.Of(id), Sql.Of(most))
            .ListAsync(r => new BatchItem(r.GetInt32(0), r.GetInt64(1), r.GetInt32(2), r.GetInt32(3)), cancel);

    /// <summary>Marks what was sent with the attempt it was, and the rest of the items as skipped with the reason why it could not be sent.</summary>
    public static Task SentAsync(NpgsqlConnection connection, long id, int[] ordinals, long[] sentCases, CancellationToken cancel) =>
        connection.Command(
                """
                update batch_item i set
                    state = case when s.sent then 'sent' else 'skipped' end, sent_at = case when s.sent then now() end, settled_at = case when not s.sent then now() end, attempt = s.attempts,
                    detail = case when s.sent then null when s.state is null then 'There is no such case any more' when s.code = 'id-reused' then 'No retry can help'
                        when s.state in ('resolved', 'discarded') then left('Closed by ' || s.closed_by || ' before its turn', 500) else 'Somebody else was retrying it' end
                from (select w.ordinal, c.state, c.code, c.closed_by, c.attempts, w.case_id = any($3) as sent
                      from batch_item w left join exception_case c on c.id = w.case_id where w.batch_id = $1 and w.ordinal = any($2)) s
                where i.batch_id = $1 and i.ordinal = s.ordinal
                """,
                Sql.Of(id), Sql.Of(ordinals), Sql.Of(sentCases))
            .ExecuteAsync(cancel);

    /// <summary>Marks what an act that sends nothing was done to, and the rest of the items as skipped with the reason why they were left.</summary>
    public static Task ActedAsync(NpgsqlConnection connection, long id, int[] ordinals, long[] done, CancellationToken cancel) =>
        connection.Command(
                """
                update batch_item i set state = case when s.done then 'passed' else 'skipped' end, sent_at = case when s.done then now() end, settled_at = now(),
                    detail = case when s.done then null when s.state is null then 'There is no such case any more'
                        when s.state in ('resolved', 'discarded') then left('Closed by ' || s.closed_by || ' before its turn', 500)
                        when s.shelf_until <= now() then 'The time until which it was to be off the board has passed' else 'It changed after it was frozen, and was left' end
                from (select w.ordinal, c.state, c.closed_by, (select b.shelf_until from batch b where b.id = $1), w.case_id = any($3) as done
                      from batch_item w left join exception_case c on c.id = w.case_id where w.batch_id = $1 and w.ordinal = any($2)) s
                where i.batch_id = $1 and i.ordinal = s.ordinal
                """,
                Sql.Of(id), Sql.Of(ordinals), Sql.Of(done))
            .ExecuteAsync(cancel);

    /// <summary>Adds to the figures and moves to a stage. A batch of which nothing is left is done; one that was ended is finished with its last item.</summary>
    /// <param name="sent">Sent in this step.</param>
    /// <param name="settled">Sent before and settled in this step, by result.</param>
    /// <param name="skipped">Skipped in this step without having been sent.</param>
    public static Task AdvanceAsync(
        NpgsqlConnection connection, long id, int stage, int sent, BatchSettled settled, int skipped, CancellationToken cancel) =>
        connection.Command(
                """
                update batch b set stage = $2, sent = n.sent, proven = n.proven, passed = n.passed, failed = n.failed, skipped = n.skipped,
                    next_send_at = case when $3 > 0 then now() + make_interval(secs => $3::float8 / b.per_second) else b.next_send_at end,
                    state = case when n.over then 'done' else b.state end, state_at = case when n.over then now() else b.state_at end, version = b.version + case when n.over then 1 else 0 end,
                    finished_at = case when n.over or (b.state in ('stopped', 'cancelled') and n.sent = 0) then now() end
                from (select *, state in ('running', 'paused') and proven + passed + failed + skipped = count as over
                      from (select state, count, sent + $3 - $4 - $5 - $6 - $8 as sent, proven + $4 as proven, failed + $5 as failed, skipped + $6 + $7 as skipped, passed + $8 as passed
                            from batch where id = $1) f) n
                where b.id = $1
                """,
                Sql.Of(id), Sql.Of(stage), Sql.Of(sent), Sql.Of(settled.Proven), Sql.Of(settled.Failed), Sql.Of(settled.Skipped), Sql.Of(skipped), Sql.Of(settled.Passed))
            .ExecuteAsync(cancel);

    /// <summary>Ends the batch by itself and lets go of the rest.</summary>
    public static async Task StopAsync(NpgsqlConnection connection, long id, string why, CancellationToken cancel)
    {
        await BatchStore.SkipRestAsync(connection, id, "Not sent: the batch stopped by itself", cancel);
        await connection.Command(
                """
                update batch set state = 'stopped', why = $2, state_by = 'tower', state_at = now(), version = version + 1, finished_at = case when sent = 0 then now() end where id = $1
                """,
                Sql.Of(id), Sql.Of(why))
            .ExecuteAsync(cancel);
    }

    /// <summary>The figures of a batch that is finished; null while it is not.</summary>
    public static async Task<(string State, string? Why, int Proven, int Passed, int Failed, int Skipped)?> OutcomeAsync(NpgsqlConnection connection, long id, CancellationToken cancel) =>
        await connection.Command("select state, why, proven, passed, failed, skipped from batch where id = $1 and finished_at is not null", Sql.Of(id))
            .ListAsync(r => (r.GetString(0), r.Maybe<string>(1), r.GetInt32(2), r.GetInt32(3), r.GetInt32(4), r.GetInt32(5)), cancel) is [var outcome] ? outcome : null;

    /// <summary>Locks the batch whose attempt at this case is the one under way, with its present stage; null if there is none.</summary>
    public static async Task<(long Id, int Stage)?> LockOfAsync(NpgsqlConnection connection, long @case, CancellationToken cancel) =>
        await connection.Command("select b.id, b.stage from batch b join batch_item i on i.batch_id = b.id join exception_case c on c.id = i.case_id and c.attempts = i.attempt where i.case_id = $1 and i.state = 'sent' for update of b", Sql.Of(@case))
            .ListAsync(r => (r.GetInt64(0), r.GetInt32(1)), cancel) is [var batch] ? batch : null;

    /// <summary>One item that was sent is let go of, unless it was settled while the batch was waited for. The caller holds the batch's row.</summary>
    public static async Task LetGoAsync(NpgsqlConnection connection, (long Id, int Stage) batch, long @case, string why, CancellationToken cancel)
    {
        var let = await connection.Command(
                "update batch_item set state = 'skipped', detail = left($3, 500), settled_at = now() where batch_id = $1 and case_id = $2 and state = 'sent'", Sql.Of(batch.Id), Sql.Of(@case), Sql.Of(why))
            .ExecuteAsync(cancel);
        if (let == 0)
        {
            return;
        }

        await AdvanceAsync(connection, batch.Id, batch.Stage, sent: 0, new BatchSettled(0, 0, 0, 1), skipped: 0, cancel);
    }

    /// <summary>Cases that were sent and that only their flow can decide again, but that it was not asked about yet: the node may have died between.</summary>
    public static Task<List<FrozenCase>> OwedAsync(NpgsqlDataSource data, BatchTurn turn, CancellationToken cancel) =>
        data.Command(
                """
                select c.id, c.flow_id from batch_item i join exception_case c on c.id = i.case_id
                where i.batch_id = $1 and i.state = 'sent' and c.state = 'retrying' and c.attempts = i.attempt and c.posting_key is null and c.message_id is null and c.flow_id is not null
                order by i.ordinal
                """,
                Sql.Of(turn.Id))
            .ListAsync(r => new FrozenCase(r.GetInt64(0), null, null, r.GetInt64(1), null), cancel);
}
