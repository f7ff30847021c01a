using System.Text.Json;
using ControlTower.Data.Audit;
using ControlTower.Data.Canonical;
using ControlTower.Data.Db;
using Npgsql;
using NpgsqlTypes;

namespace ControlTower.Data.Promotions;

/// <summary>A promotion under its lock, as an act finds it.</summary>
/// <param name="Author">Had a hand in the newest revision, or in one since the last approval.</param>
public sealed record PromotionHeld(
    long Id, string Name, PromotionState State, int Version, int Revision, RevisionState Newest, int? Released, bool Held, string? Question, DateTimeOffset? Ends, bool Author, DateTimeOffset? CheckedAt,
    bool Checking, long Blocking, long Cells)
{
    /// <summary>The database's clock, by which alone it is judged whether its time has come or passed.</summary>
    public DateTimeOffset Now { get; init; }

    public string Subject => $"promotion:{PromotionText.Number(Id)}";

    public bool IsOut => State is PromotionState.Releasing or PromotionState.Live;

    public bool IsOver => State is PromotionState.Ended or PromotionState.RolledBack or PromotionState.Expired or PromotionState.Cancelled;
}

/// <summary>What people do to promotions, row by row. All in the caller's transaction, after <see cref="LockAsync"/>.</summary>
public static class PromotionActs
{
    /// <returns>Null if there is none.</returns>
    public static async Task<PromotionHeld?> LockAsync(NpgsqlConnection connection, long id, string actorId, CancellationToken cancel)
    {
        // A statement of its own: what the waiting one reads beside the promotion must be as new as the promotion it waited for.
        await connection.Command("select from promotion where id = $1 for update", Sql.Of(id)).ExecuteAsync(cancel);
        return (await connection.Command(
                """
                select p.id, p.name, p.state, p.version, p.revision, r.state, p.released, p.held_at is not null, p.question, p.ends_at,
                    exists (select from promotion_revision a where a.promotion_id = p.id and $2 = any(a.hands || array[a.made_by_id, a.sent_by_id])
                        and a.revision > coalesce((select max(b.revision) from promotion_revision b where b.promotion_id = p.id and b.state in ('approved', 'replaced') and b.decided_by_id is not null), 0)),
                    r.checked_at, r.check_asked_at is not null and (r.checked_at is null or r.checked_at < r.check_asked_at),
                    (select count(*) from promotion_finding f where f.promotion_id = p.id and f.revision = p.revision and (f.tone in ('error', 'unknown') or f.tone = 'warning' and f.acknowledged_by is null)),
                    (select count(*) from promotion_plan_cell c where c.promotion_id = p.id and c.revision = p.revision and c.item <> ''), now()
                from promotion p join promotion_revision r on r.promotion_id = p.id and r.revision = p.revision where p.id = $1
                """,
                Sql.Of(id), Sql.Of(actorId))
            .ListAsync(
                r => new PromotionHeld(
                    r.GetInt64(0), r.GetString(1), PromotionText.Parse<PromotionState>(r.GetString(2)), r.GetInt32(3), r.GetInt32(4), PromotionText.Parse<RevisionState>(r.GetString(5)), r.Maybe<int?>(6), r.GetBoolean(7),
                    r.Maybe<string>(8), r.Maybe<DateTimeOffset?>(9), r.GetBoolean(10), r.Maybe<DateTimeOffset?>(11), r.GetBoolean(12), r.GetInt64(13), r.GetInt64(14))
                { Now = r.GetFieldValue<DateTimeOffset>(15) },
                cancel))
            .FirstOrDefault();
    }

    /// <param name="key">Of the caller's: the same again makes no second promotion.</param>
    /// <returns>The promotion's id; whether it was made now.</returns>
    public static async Task<(long Id, bool New)> CreateAsync(NpgsqlConnection connection, Guid key, PromotionPlan plan, Actor actor, CancellationToken cancel)
    {
        var made = await connection.Command(
                "insert into promotion (name, key, made_by) values ($1, $2, $3) on conflict (key) do nothing returning id", Sql.Of(plan.Name), Sql.Of(key), Sql.Of(actor.Name))
            .ScalarAsync<long?>(cancel);
        if (made is not { } id)
        {
            return (await connection.Command("select id from promotion where key = $1", Sql.Of(key)).ScalarAsync<long>(cancel), false);
        }

        await DraftAsync(connection, id, 1, plan, actor, cancel);
        return (id, true);
    }

    /// <summary>Keeps a plan as the newest draft: its own author's is written over, another's is kept beside. What was checked of it counts no more.</summary>
    /// <returns>The revision.</returns>
    public static async Task<int> SaveAsync(NpgsqlConnection connection, PromotionHeld held, PromotionPlan plan, Actor actor, CancellationToken cancel)
    {
        var json = JsonSerializer.Serialize(plan, CanonicalJson.Default.PromotionPlan);
        var own = held.Newest == RevisionState.Draft && await connection.Command(
                """
                update promotion_revision set plan = $4, made_by = $5, made_at = now(), check_asked_at = null, checked_at = null, check_failure = null, dry_asked_at = null, dry_done_at = null, dry_failure = null
                where promotion_id = $1 and revision = $2 and state = 'draft' and made_by_id = $3
                """,
                Sql.Of(held.Id), Sql.Of(held.Revision), Sql.Of(Id(actor)), Sql.Json(json), Sql.Of(actor.Name))
            .ExecuteAsync(cancel) == 1;
        if (own)
        {
            await connection.Command("delete from promotion_finding where promotion_id = $1 and revision = $2", Sql.Of(held.Id), Sql.Of(held.Revision)).ExecuteAsync(cancel);
            await connection.Command("delete from promotion_plan_cell where promotion_id = $1 and revision = $2", Sql.Of(held.Id), Sql.Of(held.Revision)).ExecuteAsync(cancel);
        }
        else
        {
            await connection.Command("update promotion_revision set state = 'replaced' where promotion_id = $1 and revision = $2 and state = 'draft'", Sql.Of(held.Id), Sql.Of(held.Revision)).ExecuteAsync(cancel);
            await DraftAsync(connection, held.Id, held.Revision + 1, plan, actor, cancel);
        }

        if (held.Released is null)
        {
            await connection.Command("update promotion set name = $2 where id = $1", Sql.Of(held.Id), Sql.Of(plan.Name)).ExecuteAsync(cancel);
        }

        return own ? held.Revision : held.Revision + 1;
    }

    private static async Task DraftAsync(NpgsqlConnection connection, long id, int revision, PromotionPlan plan, Actor actor, CancellationToken cancel)
    {
        await connection.Command(
                "insert into promotion_revision (promotion_id, revision, plan, made_by, made_by_id) values ($1, $2, $3, $4, $5)",
                Sql.Of(id), Sql.Of(revision), Sql.Json(JsonSerializer.Serialize(plan, CanonicalJson.Default.PromotionPlan)), Sql.Of(actor.Name), Sql.Of(Id(actor)))
            .ExecuteAsync(cancel);
        await connection.Command("update promotion set revision = $2 where id = $1", Sql.Of(id), Sql.Of(revision)).ExecuteAsync(cancel);
    }

    /// <summary>Has a draft checked by a worker. What was checked and read of it before counts no more.</summary>
    public static async Task AskCheckAsync(NpgsqlConnection connection, PromotionHeld held, CancellationToken cancel)
    {
        await connection.Command(
                "update promotion_revision set check_asked_at = clock_timestamp(), check_failure = null, dry_asked_at = null, dry_done_at = null, dry_failure = null where promotion_id = $1 and revision = $2 and state = 'draft'",
                Sql.Of(held.Id), Sql.Of(held.Revision))
            .ExecuteAsync(cancel);
        await connection.Command("delete from promotion_plan_cell where promotion_id = $1 and revision = $2", Sql.Of(held.Id), Sql.Of(held.Revision)).ExecuteAsync(cancel);
    }

    /// <summary>Has every price of a plan read at its channel, and every reduction at a checkout looked up; nothing is written there.</summary>
    /// <returns>How many are to be read.</returns>
    public static async Task<int> AskDryRunAsync(NpgsqlConnection connection, PromotionHeld held, CancellationToken cancel)
    {
        var cells = await connection.Command(
                "update promotion_plan_cell set look_due = now(), seen_at = null, seen_own = null, seen_price = null, dry_found = null, dry_differs = null where promotion_id = $1 and revision = $2 and promotion_tried(kind, item, flags)",
                Sql.Of(held.Id), Sql.Of(held.Revision))
            .ExecuteAsync(cancel);
        await connection.Command("update promotion_revision set dry_asked_at = now(), dry_done_at = null, dry_failure = null where promotion_id = $1 and revision = $2", Sql.Of(held.Id), Sql.Of(held.Revision)).ExecuteAsync(cancel);
        return cells;
    }

    /// <returns>False if there is no such warning, or somebody was first.</returns>
    public static async Task<bool> AcknowledgeAsync(NpgsqlConnection connection, PromotionHeld held, string check, string who, string why, CancellationToken cancel) =>
        await connection.Command(
                "update promotion_finding set acknowledged_by = $4, acknowledged_why = $5, acknowledged_at = now() where promotion_id = $1 and revision = $2 and check_name = $3 and tone = 'warning' and acknowledged_by is null",
                Sql.Of(held.Id), Sql.Of(held.Revision), Sql.Of(check), Sql.Of(who), Sql.Of(why))
            .ExecuteAsync(cancel) == 1;

    /// <summary>A promotion that has come to a price of the newest revision since that was checked.</summary>
    public static Task<long?> ContestedAsync(NpgsqlConnection connection, PromotionHeld held, CancellationToken cancel) =>
        connection.Command("select promotion_contested($1, $2)", Sql.Of(held.Id), Sql.Of(held.Revision)).ScalarAsync<long?>(cancel);

    public static Task SendAsync(NpgsqlConnection connection, PromotionHeld held, Actor actor, string? to, CancellationToken cancel) =>
        connection.Command(
                "update promotion_revision set state = 'review', sent_by = $3, sent_by_id = $4, sent_at = now(), sent_to = $5 where promotion_id = $1 and revision = $2 and state in ('draft', 'review')",
                Sql.Of(held.Id), Sql.Of(held.Revision), Sql.Of(actor.Name), Sql.Of(Id(actor)), Sql.Of(to, NpgsqlDbType.Text))
            .ExecuteAsync(cancel);

    public static Task WithdrawAsync(NpgsqlConnection connection, PromotionHeld held, CancellationToken cancel) =>
        connection.Command("update promotion_revision set state = 'draft' where promotion_id = $1 and revision = $2 and state = 'review'", Sql.Of(held.Id), Sql.Of(held.Revision)).ExecuteAsync(cancel);

    public static Task DecideAsync(NpgsqlConnection connection, PromotionHeld held, bool approve, Actor actor, string? comment, CancellationToken cancel) =>
        connection.Command(
                "update promotion_revision set state = $3, decided_by = $4, decided_by_id = $5, decided_at = now(), comment = $6 where promotion_id = $1 and revision = $2 and state = 'review'",
                Sql.Of(held.Id), Sql.Of(held.Revision), Sql.Of(approve ? "approved" : "changes"), Sql.Of(actor.Name), Sql.Of(Id(actor)), Sql.Of(comment, NpgsqlDbType.Text))
            .ExecuteAsync(cancel);

    /// <returns>How many prices the revision has.</returns>
    public static async Task<long> AdoptAsync(NpgsqlConnection connection, PromotionHeld held, DateTimeOffset? now, CancellationToken cancel)
    {
        await PreflightStore.LongAsync(connection, cancel);
        var adopt = connection.Command("select promotion_adopt($1, $2, $3)", Sql.Of(held.Id), Sql.Of(held.Revision), Sql.Of(now, NpgsqlDbType.TimestampTz));
        adopt.CommandTimeout = PreflightStore.LongSeconds;
        var cells = await adopt.ScalarAsync<long>(cancel);
        // What a person let pass, or was asked about, was of the revision before.
        await connection.Command("update promotion_stage set unjudged_let = false where promotion_id = $1 and started_at is null and unjudged_let", Sql.Of(held.Id)).ExecuteAsync(cancel);
        await connection.Command(
                "update promotion set question = null, guards_asked = null where id = $1 and guards_asked is not null and stage_asked is null and budget_asked is null", Sql.Of(held.Id))
            .ExecuteAsync(cancel);
        return cells;
    }

    /// <summary>Another state, and no more.</summary>
    public static Task StateAsync(NpgsqlConnection connection, long id, PromotionState state, CancellationToken cancel) =>
        connection.Command("update promotion set state = $2, state_at = now() where id = $1", Sql.Of(id), Sql.Of(PromotionText.Of(state))).ExecuteAsync(cancel);

    /// <summary>Brings everything back, from now on and until it is proven. A hold and a question end with it.</summary>
    public static Task BackAsync(NpgsqlConnection connection, long id, PromotionState state, string who, string why, CancellationToken cancel) =>
        connection.Command(
                "update promotion set state = $2, state_at = now(), back_by = $3, back_why = $4, held_at = null, held_by = null, held_why = null, question = null, order_wait = null, budget_asked = null, stage_asked = null, guards_asked = null, back_at = now() where id = $1",
                Sql.Of(id), Sql.Of(PromotionText.Of(state)), Sql.Of(who), Sql.Of(why))
            .ExecuteAsync(cancel);

    /// <param name="why">Null: it goes on.</param>
    /// <param name="budget">That is used up, if it is held for that. What a standing question is about stays.</param>
    /// <param name="stage">Whose share is too small, if it is held for that.</param>
    public static Task HoldAsync(NpgsqlConnection connection, long id, string who, string? why, BudgetLimit? budget, int? stage, CancellationToken cancel) =>
        connection.Command(
                $"""
                update promotion set held_at = case when $3::text is not null then now() end, held_by = case when $3::text is not null then $2 end, held_why = $3,
                    {Budget("$4", "$5", "case when question is not null then budget_asked end")},
                    stage_asked = coalesce($6, case when question is not null then stage_asked end) where id = $1
                """,
                Sql.Of(id), Sql.Of(who), Sql.Of(why, NpgsqlDbType.Text), Sql.Of(budget?.Amount, NpgsqlDbType.Numeric), Sql.Of(budget?.Currency, NpgsqlDbType.Text), Sql.Of(stage, NpgsqlDbType.Integer))
            .ExecuteAsync(cancel);

    /// <param name="question">Null: it is answered, or asked no more.</param>
    /// <param name="budget">That is used up, if it asks about that.</param>
    /// <param name="stage">Whose share is too small, if it asks about that. What a question is about that another joins stays.</param>
    /// <param name="guards">The stage that waits because guards cannot be judged, if it asks about that.</param>
    public static Task AskAsync(NpgsqlConnection connection, long id, string? question, BudgetLimit? budget, int? stage, int? guards, CancellationToken cancel) =>
        connection.Command(
                $"""
                update promotion set question = $2, {Budget("$3", "$4", "null")}, stage_asked = case when $2::text is not null then coalesce($5, case when question is not null then stage_asked end) end,
                    guards_asked = case when $2::text is not null then coalesce($6, case when question is not null then guards_asked end) end where id = $1
                """,
                Sql.Of(id), Sql.Of(question, NpgsqlDbType.Text), Sql.Of(budget?.Amount, NpgsqlDbType.Numeric), Sql.Of(budget?.Currency, NpgsqlDbType.Text), Sql.Of(stage, NpgsqlDbType.Integer), Sql.Of(guards, NpgsqlDbType.Integer))
            .ExecuteAsync(cancel);

    // What was let in another currency says nothing about this one.
    private static string Budget(string amount, string currency, string otherwise) =>
        $"budget_asked = coalesce({amount}, {otherwise}), budget_let = case when {currency} is null or {currency} = budget_currency then budget_let end, budget_currency = coalesce({currency}, budget_currency)";

    /// <summary>Stages that wait for a person tell them anew, with all their time again.</summary>
    public static Task CallAgainAsync(NpgsqlConnection connection, long id, CancellationToken cancel) =>
        connection.Command("update promotion_stage set asked_at = null where promotion_id = $1 and asked_at is not null", Sql.Of(id)).ExecuteAsync(cancel);

    /// <param name="who">Looks after it now; null: nobody does.</param>
    public static Task TakeAsync(NpgsqlConnection connection, long id, string? who, CancellationToken cancel) =>
        connection.Command("update promotion set taken_by = $2, taken_at = case when $2::text is not null then now() end where id = $1", Sql.Of(id), Sql.Of(who, NpgsqlDbType.Text)).ExecuteAsync(cancel);

    /// <param name="why">Null: it waits no more.</param>
    public static Task WaitAsync(NpgsqlConnection connection, long id, string? why, CancellationToken cancel) =>
        connection.Command("update promotion set order_wait = $2 where id = $1", Sql.Of(id), Sql.Of(why, NpgsqlDbType.Text)).ExecuteAsync(cancel);

    /// <summary>Lets a stage begin; the pump lets its prices take effect.</summary>
    public static async Task<bool> StartStageAsync(NpgsqlConnection connection, long id, int stage, string? who, DateTimeOffset? now, CancellationToken cancel) =>
        await connection.Command(
                "update promotion_stage set started_at = coalesce($4, now()), started_by = coalesce($3, 'the tower'), advanced_by = $3, asked_at = null where promotion_id = $1 and stage = $2 and started_at is null",
                Sql.Of(id), Sql.Of(stage), Sql.Of(who, NpgsqlDbType.Text), Sql.Of(now, NpgsqlDbType.TimestampTz))
            .ExecuteAsync(cancel) == 1;

    /// <summary>A person's word on prices that are in trouble. Prices that are not any more are left alone.</summary>
    /// <param name="ids">Of cells of this promotion.</param>
    /// <returns>Those that changed.</returns>
    public static Task<List<long>> AgainAsync(NpgsqlConnection connection, long id, long[] ids, bool whatever, CancellationToken cancel) =>
        connection.Command(
                """
                update promotion_cell c set due_at = case when c.held then now() end, attempts = 0, failure = null, failure_message = null, fence = c.fence + 1, changed_at = now(), wanted = $3 or c.wanted,
                    -- What never had its price in hand begins anew at the next look.
                    phase = case when not c.held then 'waiting' when c.phase in ('failed', 'drifted') then 'applying' when c.phase = 'stuck' then 'reverting' else c.phase end
                from (select id from promotion_cell where promotion_id = $1 and id = any($2) and batch_key is null and (held or phase = 'failed') and phase in ('failed', 'stuck', 'drifted', 'applying', 'reverting', 'written', 'offline', 'returned') order by id for update) h
                where c.id = h.id returning c.id
                """,
                Sql.Of(id), Sql.Of(ids), Sql.Of(whatever))
            .ListAsync(r => r.GetInt64(0), cancel);

    /// <summary>Takes prices out of a release, or says that what somebody else put there stays. What was written of them still goes back with the rest.</summary>
    public static Task<List<long>> IgnoreAsync(NpgsqlConnection connection, long id, long[] ids, string who, string why, CancellationToken cancel) =>
        connection.Command(
                """
                update promotion_cell c set due_at = null, fence = c.fence + 1, changed_at = now(), ignored_by = $3, ignored_why = $4, phase = case when c.phase in ('stuck', 'returned') then 'left-alone' else 'ignored' end,
                    held = c.touched and c.phase not in ('stuck', 'returned')
                from (select id from promotion_cell where promotion_id = $1 and id = any($2) and batch_key is null
                    and (phase in ('waiting', 'applying', 'failed', 'stuck', 'drifted', 'offline') or phase = 'returned' and failure = 'offline') order by id for update) h
                where c.id = h.id returning c.id
                """,
                Sql.Of(id), Sql.Of(ids), Sql.Of(who), Sql.Of(why))
            .ListAsync(r => r.GetInt64(0), cancel);

    public static Task LogAsync(NpgsqlConnection connection, long id, string tone, string words, string? who, CancellationToken cancel) =>
        connection.Command("insert into promotion_log (promotion_id, tone, words, who) values ($1, $2, left($3, 500), $4)", Sql.Of(id), Sql.Of(tone), Sql.Of(words), Sql.Of(who, NpgsqlDbType.Text)).ExecuteAsync(cancel);

    public static Task ActedAsync(NpgsqlConnection connection, long id, CancellationToken cancel) =>
        connection.Command("update promotion set version = version + 1 where id = $1", Sql.Of(id)).ExecuteAsync(cancel);

    /// <summary>Says in which time a store lives and which price groups its tills know.</summary>
    /// <returns>False if there is no such store.</returns>
    public static async Task<bool> StoreAsync(NpgsqlConnection connection, string store, string? zone, string[] groups, CancellationToken cancel) =>
        await connection.Command("update location set time_zone = $2, price_groups = $3 where id = $1", Sql.Of(store), Sql.Of(zone, NpgsqlDbType.Text), Sql.Of(groups)).ExecuteAsync(cancel) == 1;

    public static string Id(Actor actor) => actor.Id?.ToString() ?? actor.Name;
}
