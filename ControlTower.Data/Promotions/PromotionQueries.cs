using System.Text.Json;
using ControlTower.Data.Canonical;
using ControlTower.Data.Db;
using Npgsql;
using NpgsqlTypes;

namespace ControlTower.Data.Promotions;

/// <summary>Promotions as screens show them: lists, plans and what their checks found. Reading again is always safe.</summary>
public sealed class PromotionQueries(TowerDataSources sources)
{
    public const int PageSize = 200;

    /// <summary>What is out first, then what comes, then drafts, then what is over; newest first in each.</summary>
    /// <param name="words">Part of the name or the number, in any case; null for all.</param>
    /// <param name="over">Those that are over, instead of the others.</param>
    public Task<List<PromotionRow>> ListAsync(string? words, bool over, int most, CancellationToken cancel) =>
        sources.Read.Command(
                """
                select p.id, p.name, p.state, r.state, p.revision, p.released, p.held_at is not null, p.question, p.starts_at, p.ends_at, (r.plan ->> 'starts')::timestamp, (r.plan ->> 'ends')::timestamp,
                    r.plan -> 'offer' ->> 'kind', coalesce((r.plan -> 'offer' ->> 'percent')::numeric, 0), jsonb_array_length(r.plan -> 'connections'), jsonb_array_length(r.plan -> 'stores'),
                    coalesce(c.cells, 0), coalesce(c.proven, 0), coalesce(c.trouble, 0), p.made_by, p.made_at, p.order_wait,
                    (select 'Stage ' || s.stage || ', ' || s.name || ', waits for ' || coalesce(s.team, 'a person') from promotion_stage s where s.promotion_id = p.id and p.state in ('releasing', 'live') and s.started_at is null and s.asked_at is not null order by s.stage limit 1)
                from promotion p join promotion_revision r on r.promotion_id = p.id and r.revision = p.revision
                left join lateral (
                    select count(*) filter (where phase <> 'never') as cells, count(*) filter (where phase = 'proven') as proven, count(*) filter (where phase in ('drifted', 'failed', 'stuck')) as trouble
                    from promotion_cell c where c.promotion_id = p.id and p.released is not null and p.state not in ('ended', 'rolled-back', 'expired', 'cancelled')) c on true
                where (p.state in ('ended', 'rolled-back', 'expired', 'cancelled')) = $2 and ($1::text is null or lower(p.name) like '%' || promotion_like($1) || '%' or 'r-' || p.id = lower($1))
                order by case when p.state in ('releasing', 'live', 'ending', 'rolling-back') then 0 when p.state = 'scheduled' then 1 else 2 end, coalesce(p.starts_at, p.made_at) desc, p.id desc limit $3
                """,
                Sql.Of(words, NpgsqlDbType.Text), Sql.Of(over), Sql.Of(most))
            .ListAsync(
                r => new PromotionRow(
                    r.GetInt64(0), PromotionText.Number(r.GetInt64(0)), r.GetString(1), PromotionText.Parse<PromotionState>(r.GetString(2)), PromotionText.Parse<RevisionState>(r.GetString(3)), r.GetInt32(4),
                    r.Maybe<int?>(5), r.GetBoolean(6), r.Maybe<string>(7), r.Maybe<DateTimeOffset?>(8), r.Maybe<DateTimeOffset?>(9), r.GetDateTime(10), r.GetDateTime(11),
                    Enum.Parse<OfferKind>(r.GetString(12)), r.GetDecimal(13), r.GetInt32(14), r.GetInt32(15), r.GetInt64(16), r.GetInt64(17), r.GetInt64(18), r.GetString(19), r.GetFieldValue<DateTimeOffset>(20))
                { OrderWait = r.Maybe<string>(21), Called = r.Maybe<string>(22) },
                cancel);

    /// <summary>How many wait for a person: under review, held, asked, out of order, or with prices in trouble.</summary>
    public Task<long> WaitingAsync(CancellationToken cancel) =>
        sources.Read.Command(
                """
                select count(*) from promotion p join promotion_revision r on r.promotion_id = p.id and r.revision = p.revision
                where r.state = 'review' or (p.state in ('releasing', 'live', 'ending', 'rolling-back') and (p.held_at is not null or p.question is not null or p.order_wait is not null
                    or exists (select from promotion_stage s where s.promotion_id = p.id and s.started_at is null and s.asked_at is not null)
                    or exists (select from promotion_cell c where c.promotion_id = p.id and c.phase in ('drifted', 'failed', 'stuck'))))
                    or (p.state = 'scheduled' and (p.question is not null or p.order_wait is not null))
                """)
            .ScalarAsync<long>(cancel);

    /// <param name="revision">Null: the newest.</param>
    /// <returns>Null if there is no such promotion or revision.</returns>
    public async Task<PromotionView?> FindAsync(long id, int? revision, CancellationToken cancel) =>
        (await sources.Read.Command(View, Sql.Of(id), Sql.Of(revision, NpgsqlDbType.Integer)).ListAsync(ReadView, cancel)).FirstOrDefault();

    /// <summary>All revisions of a promotion, the newest first.</summary>
    public Task<List<RevisionView>> RevisionsAsync(long id, CancellationToken cancel) =>
        sources.Read.Command($"select {RevisionColumns} from promotion_revision r where r.promotion_id = $1 order by r.revision desc", Sql.Of(id)).ListAsync(r => ReadRevision(r, 0), cancel);

    /// <summary>What the last check found, in its order.</summary>
    public Task<List<Finding>> FindingsAsync(long id, int revision, CancellationToken cancel) =>
        sources.Read.Command(
                """
                select check_name, tone, count, words, acknowledged_by, acknowledged_why, acknowledged_at from promotion_finding where promotion_id = $1 and revision = $2 order by ordinal, check_name
                """,
                Sql.Of(id), Sql.Of(revision))
            .ListAsync(
                r => new Finding(
                    r.GetString(0), PromotionText.Parse<FindingTone>(r.GetString(1)), r.GetInt64(2), r.GetString(3), r.Maybe<string>(4), r.Maybe<string>(5), r.Maybe<DateTimeOffset?>(6)),
                cancel);

    /// <summary>Prices of a plan in their order, after the given id.</summary>
    /// <param name="flag">Only those that a check found; null for all.</param>
    /// <param name="sku">How the SKU begins, in any case; null for all.</param>
    public Task<List<PlanCell>> CellsAsync(long id, int revision, string? flag, string? sku, long after, int most, CancellationToken cancel) =>
        sources.Read.Command(
                """
                select c.id, c.connection_id, n.name, c.sku, coalesce(nullif(concat_ws(', ', nullif(i.product_title, ''), nullif(i.title, '')), ''), ''), coalesce(l.name, g.name, c.place), c.currency, c.stage, c.base_price, c.base_compare,
                    c.price, c.compare, c.cost, c.margin, c.lowest, c.rival_id, m.name, c.rival_price, c.wins, c.seen_price, c.seen_at, c.flags,
                    c.kind, c.place <> '' and not promotion_is_list(c.place), c.cost_in, c.cover, c.dry_found, c.dry_differs, c.item <> ''
                from promotion_plan_cell c join connection n on n.id = c.connection_id left join catalog_item i on i.connection_id = c.connection_id and i.item = c.item left join location l on l.id = c.place
                left join price_list g on g.connection_id = c.connection_id and 'list:' || g.list = c.place
                left join promotion m on m.id = c.rival_id
                where c.promotion_id = $1 and c.revision = $2 and c.id > $5 and ($3::text is null or c.flags @> array[$3]) and ($4::text is null or lower(c.sku) like promotion_like($4) || '%')
                order by c.id limit $6
                """,
                Sql.Of(id), Sql.Of(revision), Sql.Of(flag, NpgsqlDbType.Text), Sql.Of(sku, NpgsqlDbType.Text), Sql.Of(after), Sql.Of(most))
            .ListAsync(
                r => new PlanCell(
                    r.GetInt64(0), r.GetString(1), r.GetString(2), r.GetString(3), r.GetString(4), r.GetString(5), r.Maybe<string>(6), r.Maybe<int?>(7), r.Maybe<decimal?>(8), r.Maybe<decimal?>(9), r.Maybe<decimal?>(10),
                    r.Maybe<decimal?>(11), r.Maybe<decimal?>(12), r.Maybe<decimal?>(13), r.Maybe<decimal?>(14), r.Maybe<long?>(15), r.Maybe<string>(16), r.Maybe<decimal?>(17), r.Maybe<bool?>(18), r.Maybe<decimal?>(19),
                    r.Maybe<DateTimeOffset?>(20), r.GetFieldValue<string[]>(21))
                {
                    Kind = r.GetString(22), IsStore = r.GetBoolean(23), CostIn = r.Maybe<string>(24), Cover = r.Maybe<decimal?>(25), DryFound = r.Maybe<string>(26), DryDiffers = r.Maybe<string>(27), IsListed = r.GetBoolean(28),
                },
                cancel);

    /// <summary>How many prices, reductions and effects of these a plan comes to.</summary>
    public Task<long> CellCountAsync(long id, int revision, CancellationToken cancel) =>
        sources.Read.Command("select count(*) from promotion_plan_cell where promotion_id = $1 and revision = $2", Sql.Of(id), Sql.Of(revision)).ScalarAsync<long>(cancel);

    /// <summary>How each connection is reached by a plan, as its last check saw it.</summary>
    public Task<List<PlanReach>> ReachAsync(long id, int revision, CancellationToken cancel) =>
        sources.Read.Command(
                """
                select n.id, n.name, n.kind, n.role, count(distinct c.sku) filter (where c.sku <> ''), count(distinct c.sku) filter (where c.sku <> '' and not c.flags && array['missing', 'capability', 'no-price', 'currency', 'zero', 'group']),
                    count(distinct c.sku) filter (where c.flags @> array['missing']), count(distinct c.place) filter (where c.place <> '' and not promotion_is_list(c.place))::int, count(*) filter (where c.kind <> 'effect' and not c.flags @> array['missing'])
                from promotion_plan_cell c join connection n on n.id = c.connection_id where c.promotion_id = $1 and c.revision = $2 group by n.id order by n.role, n.name, n.id
                """,
                Sql.Of(id), Sql.Of(revision))
            .ListAsync(
                r => new PlanReach(r.GetString(0), r.GetString(1), r.GetString(2), r.GetString(3), r.GetInt64(4), r.GetInt64(5), r.GetInt64(6), r.GetInt32(7), r.GetInt64(8)), cancel);

    /// <summary>Stores with what promotions need to know of them, by name.</summary>
    public Task<List<PromotionStore>> StoresAsync(CancellationToken cancel) =>
        sources.Read.Command(
                """
                select l.id, l.name, l.brand, l.time_zone, l.price_groups,
                    array(select distinct n.id from connection n cross join lateral jsonb_each_text(n.settings) s where n.disabled_at is null and (s.key like 'location:%' or s.key like 'store:%') and s.value = l.id order by 1)
                from location l where l.kind = 'store' order by l.name, l.id limit 5000
                """)
            .ListAsync(r => new PromotionStore(r.GetString(0), r.GetString(1), r.Maybe<string>(2), r.Maybe<string>(3), r.GetFieldValue<string[]>(4), r.GetFieldValue<string[]>(5)), cancel);

    /// <summary>Price lists that plans may aim at, by channel and name.</summary>
    public Task<List<KnownPriceList>> PriceListsAsync(CancellationToken cancel) =>
        sources.Read.Command("select n.id, n.name, g.list, g.name, g.currency from price_list g join connection n on n.id = g.connection_id where n.disabled_at is null order by n.name, n.id, g.name, g.list limit 1000")
            .ListAsync(r => new KnownPriceList(r.GetString(0), r.GetString(1), r.GetString(2), r.GetString(3), r.GetString(4)), cancel);

    /// <summary>Titles of products that channels list, for rules: at most so many that contain the words.</summary>
    public Task<List<string>> CollectionsAsync(string words, int most, CancellationToken cancel) =>
        sources.Read.Command(
                """
                select distinct product_title from catalog_item where gone_at is null and product_title <> '' and lower(product_title) like '%' || promotion_like($1) || '%' order by 1 limit $2
                """,
                Sql.Of(words), Sql.Of(most))
            .ListAsync(r => r.GetString(0), cancel);

    /// <summary>Collections and attributes that channels list, for rules: at most so many that contain the words, those of the most items first. A collection has the name <c>collection</c>.</summary>
    public Task<List<KnownFacet>> FacetsAsync(string words, int most, CancellationToken cancel) =>
        sources.Read.Command(
                """
                select f.name, f.value, sum(f.items)::bigint from catalog_facet f
                where f.items > 0 and lower(f.name || ': ' || f.value) like '%' || promotion_like($1) || '%' group by 1, 2 order by 3 desc, 1, 2 limit $2
                """,
                Sql.Of(words), Sql.Of(most))
            .ListAsync(r => new KnownFacet(new CatalogFacet(r.GetString(0), r.GetString(1)), r.GetInt64(2)), cancel);

    /// <summary>What the rule of a revision would find differently today, reckoned over all that its channels list; nothing for one without a rule.</summary>
    public async Task<ProductsSince> SinceAsync(long id, int revision, CancellationToken cancel)
    {
        var sides = await sources.Read.Command(
                "select came, count(*), (array_agg(sku order by sku))[1:$3] from promotion_products_since($1, $2) group by came", Sql.Of(id), Sql.Of(revision), Sql.Of(ProductsSince.MostNamed))
            .ListAsync(r => (Came: r.GetBoolean(0), Count: r.GetInt64(1), First: r.GetFieldValue<string[]>(2)), cancel);
        return sides.Aggregate(ProductsSince.None, (since, side) => side.Came ? since with { Came = side.Count, FirstCame = side.First } : since with { Went = side.Count, FirstWent = side.First });
    }

    /// <summary>In which order systems get what promotions change.</summary>
    public Task<List<SequenceRule>> SequenceAsync(CancellationToken cancel) => SequenceStore.ListAsync(sources.Read, cancel);

    /// <summary>Who may decide about a revision, by name: of a role that approves, and without a hand in it.</summary>
    public Task<List<Approver>> ApproversAsync(long id, int revision, CancellationToken cancel) =>
        sources.Read.Command("select id, name, asked from promotion_approvers($1, $2) order by name, id limit 100", Sql.Of(id), Sql.Of(revision))
            .ListAsync(r => new Approver(r.GetGuid(0), r.GetString(1), r.GetBoolean(2)), cancel);

    private const string RevisionColumns =
        """
        r.revision, r.state, r.plan::text, r.made_by, r.made_by_id, r.made_at, r.sent_by, r.sent_by_id, r.sent_at, r.sent_to, r.decided_by, r.decided_at, r.comment,
        r.check_asked_at is not null and (r.checked_at is null or r.checked_at < r.check_asked_at), coalesce((select g.step from promotion_progress g where g.promotion_id = r.promotion_id and g.revision = r.revision), 0), coalesce((select g.steps from promotion_progress g where g.promotion_id = r.promotion_id and g.revision = r.revision), 0), r.checked_at, r.check_failure, r.dry_asked_at, r.dry_done_at,
        case when r.dry_asked_at is null then 0 else (select count(*) from promotion_plan_cell c where c.promotion_id = r.promotion_id and c.revision = r.revision and c.seen_at >= r.dry_asked_at) end,
        case when r.dry_asked_at is null then 0 else (select count(*) from promotion_plan_cell c where c.promotion_id = r.promotion_id and c.revision = r.revision and promotion_tried(c.kind, c.item, c.flags)) end,
        r.hands || array_remove(array[r.made_by_id, r.sent_by_id], null), r.dry_failure
        """;

    private const string View =
        $"""
        select p.id, p.name, p.state, p.state_at, p.version, p.released, p.starts_at, p.ends_at, p.held_at, p.held_by, p.held_why, p.question, p.back_by, p.back_why, p.made_by, p.revision, p.order_wait, p.taken_by, p.taken_at, p.back_at, {RevisionColumns}
        from promotion p join promotion_revision r on r.promotion_id = p.id and r.revision = coalesce($2, p.revision) where p.id = $1
        """;

    private static PromotionView ReadView(NpgsqlDataReader r) => new(
        r.GetInt64(0), PromotionText.Number(r.GetInt64(0)), r.GetString(1), PromotionText.Parse<PromotionState>(r.GetString(2)), r.GetFieldValue<DateTimeOffset>(3), r.GetInt32(4), r.Maybe<int?>(5),
        r.Maybe<DateTimeOffset?>(6), r.Maybe<DateTimeOffset?>(7), r.Maybe<DateTimeOffset?>(8), r.Maybe<string>(9), r.Maybe<string>(10), r.Maybe<string>(11), r.Maybe<string>(12), r.Maybe<string>(13), r.GetString(14),
        ReadRevision(r, 20), r.GetInt32(15))
    { OrderWait = r.Maybe<string>(16), TakenBy = r.Maybe<string>(17), TakenAt = r.Maybe<DateTimeOffset?>(18), BackAt = r.Maybe<DateTimeOffset?>(19) };

    private static RevisionView ReadRevision(NpgsqlDataReader r, int at) => new(
        r.GetInt32(at), PromotionText.Parse<RevisionState>(r.GetString(at + 1)), JsonSerializer.Deserialize(r.GetString(at + 2), CanonicalJson.Default.PromotionPlan)!, r.GetString(at + 3), r.GetString(at + 4),
        r.GetFieldValue<DateTimeOffset>(at + 5), r.Maybe<string>(at + 6), r.Maybe<string>(at + 7), r.Maybe<DateTimeOffset?>(at + 8), r.Maybe<string>(at + 9), r.Maybe<string>(at + 10), r.Maybe<DateTimeOffset?>(at + 11),
        r.Maybe<string>(at + 12),
        new CheckProgress(
            r.GetBoolean(at + 13), r.GetInt32(at + 14), r.GetInt32(at + 15), r.Maybe<DateTimeOffset?>(at + 16), r.Maybe<string>(at + 17), r.Maybe<DateTimeOffset?>(at + 18), r.Maybe<DateTimeOffset?>(at + 19),
            r.GetInt64(at + 20), r.GetInt64(at + 21), r.Maybe<string>(at + 23)))
    {
        Hands = r.GetFieldValue<string[]>(at + 22),
    };
}
