using ControlTower.Data.Db;

namespace ControlTower.Data.Operations;

/// <summary>A connection as somebody sees it who sets the tower up.</summary>
/// <param name="Role"><c>shop</c>, <c>erp</c>, <c>processor</c> or <c>bank</c>.</param>
/// <param name="Disabled">Why it is out of use; null while it is in use.</param>
/// <param name="AnsweredAt">When it last answered a call or a test well; null: never.</param>
/// <param name="Trouble">What went wrong with the newest call or test; null if it went well or there was none.</param>
/// <param name="ReadsSince">From when on it is read; null until a worker has taken it up.</param>
public sealed record StartConnection(
    string Id, string Kind, string Role, string Name, string Brand, string? PostsTo, string? Disabled, string? Paused, DateTimeOffset? AnsweredAt, string? Trouble, DateTimeOffset? ReadsSince, bool Pushed);

/// <summary>The first order that came, and how far it is.</summary>
public sealed record StartOrder(long Id, string Name, string Shop, string Stage, string Status, decimal Value, string Currency, DateTimeOffset CameAt, bool Booked);

/// <summary>How far a tower is on its way from empty to its first order, as everything stands. Nothing of it is kept as done.</summary>
/// <param name="Schema">The newest migration.</param>
/// <param name="Stocked">Goods are counted somewhere.</param>
/// <param name="Owners">Who owns each domain of data as a rule, such as <c>price: @erp</c>.</param>
/// <param name="Workers">Workers that beat.</param>
public sealed record StartPicture(
    string Server, string Schema, IReadOnlyList<string> Admins, IReadOnlyList<string> Brands, int Channels, int Places, int Stores, bool Stocked, IReadOnlyList<string> Owners, int AssignmentRules, int Workers,
    IReadOnlyList<StartConnection> Connections, StartOrder? First, long Orders);

/// <summary>Reads for the first-run assistant. Reading again is always safe.</summary>
public sealed class StartQueries(TowerDataSources sources)
{
    private const string Connections =
        """
        select c.id, c.kind, c.role, c.name, c.brand, c.posts_to, c.disabled_reason, c.paused_reason,
            greatest(a.at, case when t.outcome = 'ok' then t.finished_at end),
            case when t.finished_at > coalesce(l.started_at, '-infinity') then case when t.outcome <> 'ok' then coalesce(t.message, 'The test failed.') end
                 when l.outcome <> 'ok' then coalesce(l.failure, l.outcome) || coalesce(', status ' || l.status, '') end,
            (select min(since) from feed_cursor f where f.connection_id = c.id), c.subscribed_at is not null
        from connection c
        left join lateral (select outcome, failure, status, started_at from vendor_call v where v.connection_id = c.id order by v.id desc limit 1) l on true
        left join lateral (select max(started_at) as at from (select started_at, outcome from vendor_call v where v.connection_id = c.id order by v.id desc limit 200) v where outcome = 'ok') a on true
        left join lateral (select outcome, message, finished_at from connection_test t where t.connection_id = c.id and t.state = 'done' order by t.id desc limit 1) t on true
        order by array_position(array['erp', 'shop', 'processor', 'bank'], c.role), c.name, c.id
        """;

    private const string Whole =
        """
        select current_setting('server_version'), (select max(substring(scriptname from '[0-9]{4}_[a-z0-9_]+')) from schema_version),
            array(select name from account where role = 'Admin' and disabled_at is null order by created_at limit 10),
            array(select b from (select brand as b from connection union select brand from location) x where b <> '' order by b),
            (select count(*) from connection where role = 'shop')::integer, (select count(*) from location)::integer, (select count(*) from location where kind = 'store')::integer,
            exists (select from stock where on_hand > 0),
            array(
                select distinct on (r ->> 'domain') (r ->> 'domain') || ': ' || array_to_string(array(select jsonb_array_elements_text(r -> 'owners')), ' ')
                from ownership_change c cross join jsonb_array_elements(c.rules) r
                where c.state = 'approved' and c.ended_at is null and coalesce(c.from_at <= now(), true) and coalesce(c.until_at > now(), true) and coalesce(r ->> 'removed', 'false') = 'false'
                  and not exists (select from unnest(array['field', 'brand', 'region', 'channel', 'store']) k where coalesce(r ->> k, '') <> '')
                order by r ->> 'domain', c.decided_at desc, c.number desc),
            (select count(*) from assignment_rule)::integer,
            (select count(*) from node where roles in ('worker', 'both') and beat_at > now() - interval '15 seconds')::integer,
            (select count(*) from (select from flow where kind = 'order-to-cash' limit 10000) f)
        """;

    private const string FirstOrder =
        """
        select f.id, f.name, coalesce(c.name, f.source), f.stage, f.status, f.value, f.currency, f.created_at, exists (select from posting p where p.flow_id = f.id and p.state = 'confirmed')
        from flow f left join connection c on c.id = f.source where f.kind = 'order-to-cash' order by f.id limit 1
        """;

    /// <summary>Whether an order ever came; costs next to nothing.</summary>
    public async Task<bool> AnyOrderAsync(CancellationToken cancel) => await sources.Read.Command("select exists (select from flow where kind = 'order-to-cash')").ScalarAsync<bool>(cancel);

    public async Task<StartPicture> ReadAsync(CancellationToken cancel)
    {
        var connections = await sources.Read.Command(Connections).ListAsync(
            r => new StartConnection(
                r.GetString(0), r.GetString(1), r.GetString(2), r.GetString(3), r.GetString(4), r.Maybe<string>(5), r.Maybe<string>(6), r.Maybe<string>(7), r.Maybe<DateTimeOffset?>(8), r.Maybe<string>(9),
                r.Maybe<DateTimeOffset?>(10), r.GetBoolean(11)), cancel);
        var first = await sources.Read.Command(FirstOrder).ListAsync(
            r => new StartOrder(
                r.GetInt64(0), r.GetString(1), r.GetString(2), r.GetString(3), r.GetString(4), r.GetDecimal(5), r.GetString(6), r.GetFieldValue<DateTimeOffset>(7), r.GetBoolean(8)), cancel);
        return (await sources.Read.Command(Whole).ListAsync(
            r => new StartPicture(
                r.GetString(0), r.Maybe<string>(1) ?? "", r.GetFieldValue<string[]>(2), r.GetFieldValue<string[]>(3), r.GetInt32(4), r.GetInt32(5), r.GetInt32(6), r.GetBoolean(7), r.GetFieldValue<string[]>(8),
                r.GetInt32(9), r.GetInt32(10), connections, first.FirstOrDefault(), r.GetInt64(11)), cancel))[0];
    }
}
