using ControlTower.Data.Db;
using Npgsql;
using NpgsqlTypes;

namespace ControlTower.Data.Connections;

/// <param name="Renewed">False: still held, but its row was busy and the lease runs on as it was.</param>
/// <param name="Due">What is due at the connection.</param>
public sealed record GateLease(string ConnectionId, long Fence, bool Renewed = true, GateWork Due = GateWork.Any);

/// <summary>What the owner of a gate may have to do.</summary>
[Flags]
public enum GateWork
{
    None = 0,
    Deliveries = 1,
    Tests = 2,
    Fetches = 4,
    Feeds = 8,
    Stock = 16,
    Errands = Tests | Fetches | Feeds | Stock,
    Any = Deliveries | Errands,
}

/// <summary>What the owner of a gate shows of it.</summary>
public sealed record GateState(
    string ConnectionId, long Fence, string Breaker, DateTimeOffset BreakerSince, string? Reason, int ProbesDone, int ProbesNeeded, DateTimeOffset? NextProbeAt,
    DateTimeOffset? NotBefore, string BudgetJson);

/// <summary>A gate as its last owner showed it.</summary>
/// <param name="Age">How long ago it was shown.</param>
public sealed record LastGate(string Breaker, DateTimeOffset BreakerSince, DateTimeOffset? NotBefore, string BudgetJson, TimeSpan Age);

/// <summary>Who may send to which connection. The lease is judged by the database's clock; the fence tells owners apart.</summary>
public static class GateStore
{
    private const string Due = """
        exists (select from delivery d where d.connection_id = g.connection_id and d.state < 3 and d.due_at <= now())::int
            + exists (select from connection_test t where t.connection_id = g.connection_id and t.state <> 'done')::int * 2
            + exists (select from inbox_work w where w.connection_id = g.connection_id and w.state = 2 and w.due_at <= now())::int * 4
            + exists (select from feed_cursor f where f.connection_id = g.connection_id and f.due_at <= now())::int * 8
            + (exists (select from stock_publication s where s.connection_id = g.connection_id and s.due_at <= now())
                or exists (select from publication_batch b where b.connection_id = g.connection_id and b.settled_at is null and b.due_at <= now())
                or exists (select from catalog_state a where a.connection_id = g.connection_id and a.dirty_at is not null)
                or exists (select from catalog_publication p where p.connection_id = g.connection_id and p.due_at <= now())
                or exists (select from promotion_cell p where p.connection_id = g.connection_id and p.due_at <= now() and p.batch_key is null)
                or exists (select from promotion_plan_cell p where p.connection_id = g.connection_id and p.look_due <= now())
                or exists (select from promotion_batch b where b.connection_id = g.connection_id and b.settled_at is null and b.due_at <= now())
                or exists (select from catalog_batch b where b.connection_id = g.connection_id and b.settled_at is null and b.due_at <= now())
                or (exists (select from stock_moved) and exists (select from publication_place p where p.connection_id = g.connection_id)))::int * 16
        """;

    /// <summary>
    /// Renews what this node holds and takes what nobody holds. Returns everything it holds now, also a gate whose row somebody is just writing to: that is passed over,
    /// not waited for, and not lost by it.
    /// </summary>
    public static Task<List<GateLease>> HoldAsync(NpgsqlDataSource data, Guid node, TimeSpan lease, CancellationToken cancel) =>
        data.Command(
                $"""
                with taken as (
                    update connection_gate g
                    set fence = case when g.owner = $1 and g.lease_until >= now() then g.fence else g.fence + 1 end, owner = $1, lease_until = now() + $2
                    where g.connection_id in (
                        select connection_id from connection_gate where owner = $1 or owner is null or lease_until < now() order by connection_id for update skip locked)
                    returning g.connection_id, g.fence)
                select g.connection_id, g.fence, true, {Due} from taken g
                union all
                select g.connection_id, g.fence, false, {Due} from connection_gate g
                where g.owner = $1 and g.lease_until >= now() and not exists (select from taken t where t.connection_id = g.connection_id)
                """,
                Sql.Of(node), Sql.Of(lease))
            .ListAsync(r => new GateLease(r.GetString(0), r.GetInt64(1), r.GetBoolean(2), (GateWork)r.GetInt32(3)), cancel);

    /// <summary>What is due at the connections that this node holds: one look for all of them.</summary>
    public static Task<List<(string ConnectionId, GateWork Due)>> DueAsync(NpgsqlDataSource data, Guid node, CancellationToken cancel) =>
        data.Command($"select g.connection_id, {Due} from connection_gate g where g.owner = $1 and g.lease_until >= now()", Sql.Of(node))
            .ListAsync(r => (r.GetString(0), (GateWork)r.GetInt32(1)), cancel);

    /// <summary>Lets go of everything, so that another node takes over at once.</summary>
    public static Task<int> ReleaseAsync(NpgsqlDataSource data, Guid node, CancellationToken cancel) =>
        data.Command("update connection_gate set owner = null, lease_until = null where owner = $1", Sql.Of(node)).ExecuteAsync(cancel);

    /// <summary>
    /// To whom this node should give gates, and how many, so that living workers come to hold as many each, give or take one. Null: nobody has two fewer. Of those that read the same figures at once two may
    /// give to one; the next look puts it right. Who has not said for a beat and a half that it lives is given nothing: what a dead node is given lies there a second time.
    /// </summary>
    public static async Task<(Guid Heir, int Gates)?> SurplusAsync(NpgsqlDataSource data, Guid node, CancellationToken cancel)
    {
        var poorest = await data.Command(
                """
                select n.id, ((select count(*) from connection_gate m where m.owner = $1 and m.lease_until >= now()) - count(g.connection_id))::int / 2
                from node n left join connection_gate g on g.owner = n.id and g.lease_until >= now()
                where n.id <> $1 and n.roles in ('worker', 'both') and n.beat_at > now() - interval '7 seconds' group by n.id order by count(g.connection_id), n.id limit 1
                """,
                Sql.Of(node))
            .ListAsync(r => (Heir: r.GetGuid(0), Gates: r.GetInt32(1)), cancel);
        return poorest is [{ Gates: > 0 } found] ? found : null;
    }

    /// <summary>Gives a gate to another node for a moment, in which that finds it at its next look and holds it on; should it be dead by then, anybody takes it. Nothing happens if the gate is lost.</summary>
    public static Task<int> GiveAsync(NpgsqlDataSource data, string connectionId, long fence, Guid heir, TimeSpan lease, CancellationToken cancel) =>
        data.Command(
                "update connection_gate set owner = $3, fence = fence + 1, lease_until = now() + $4 where connection_id = $1 and fence = $2",
                Sql.Of(connectionId), Sql.Of(fence), Sql.Of(heir), Sql.Of(lease))
            .ExecuteAsync(cancel);

    /// <summary>Shows the state of a gate to screens; ignored if the gate is lost.</summary>
    public static Task<int> ShowAsync(NpgsqlDataSource data, GateState state, CancellationToken cancel) =>
        data.Command(
                """
                update connection_gate
                set breaker = $3, breaker_since = $4, breaker_reason = $5, probes_done = $6, probes_needed = $7, next_probe_at = $8, not_before = $9, budget = $10, updated_at = now()
                where connection_id = $1 and fence = $2
                """,
                Sql.Of(state.ConnectionId), Sql.Of(state.Fence), Sql.Of(state.Breaker), Sql.Of(state.BreakerSince.ToUniversalTime()), Sql.Of(state.Reason, NpgsqlDbType.Text),
                Sql.Of(state.ProbesDone), Sql.Of(state.ProbesNeeded), Sql.Of(state.NextProbeAt, NpgsqlDbType.TimestampTz), Sql.Of(state.NotBefore, NpgsqlDbType.TimestampTz),
                Sql.Json(state.BudgetJson))
            .ExecuteAsync(cancel);

    /// <summary>The gate as last shown, so that a new owner does not run into a target that is known to be down, nor over its limits.</summary>
    public static async Task<LastGate> LastAsync(NpgsqlDataSource data, string connectionId, CancellationToken cancel)
    {
        var rows = await data.Command(
                "select breaker, breaker_since, not_before, budget::text, greatest(now() - updated_at, interval '0') from connection_gate where connection_id = $1", Sql.Of(connectionId))
            .ListAsync(
                r => new LastGate(
                    r.GetString(0), r.GetFieldValue<DateTimeOffset>(1), r.IsDBNull(2) ? null : r.GetFieldValue<DateTimeOffset>(2), r.GetString(3), r.GetFieldValue<TimeSpan>(4)),
                cancel);
        return rows is [var row] ? row : new LastGate("closed", default, null, "{}", TimeSpan.Zero);
    }
}
