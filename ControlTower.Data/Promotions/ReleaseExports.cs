using System.Globalization;
using System.Text.Json;
using ControlTower.Data.Db;
using Npgsql;

namespace ControlTower.Data.Promotions;

/// <summary>A price of a release as people take it along.</summary>
/// <param name="Base">From which it was planned.</param>
/// <param name="Former">What stood there before the first write; with <paramref name="Captured"/> and null: no price of its own.</param>
/// <param name="Reason">Why it is not as intended, or was left out; null: it is.</param>
public sealed record ReleasePriceRow(
    long Id, string Sku, string Title, string Channel, string? Store, string Currency, int Stage, string State, int Revision, DateTimeOffset Starts, DateTimeOffset Ends, decimal? Base, bool Captured, decimal? Former,
    decimal? FormerCompare, decimal? Price, decimal? Compare, decimal? Seen, decimal? SeenCompare, DateTimeOffset? SeenAt, DateTimeOffset? EffectiveAt, DateTimeOffset? ProvenAt, string? Reason, string? ChangedBy, string? IgnoredBy,
    string? IgnoredWhy);

/// <summary>A price that the plan names and the release does not write, with what its check found.</summary>
public sealed record ReleaseSkippedRow(long Id, string Sku, string Channel, string? Store, string? Currency, decimal? Base, decimal? Price, IReadOnlyList<string> Flags);

/// <summary>What exports of releases read: pages behind an id, so that a release of any size needs the memory of a page. Reading again is always safe.</summary>
public sealed class ReleaseExports(TowerDataSources sources)
{
    public static string Write(long promotion) => promotion.ToString(CultureInfo.InvariantCulture);

    /// <exception cref="JsonException">It is no filter of this export.</exception>
    public static long Read(string filter) => long.TryParse(filter, NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? id : throw new JsonException("The number of a promotion is missing.");

    public Task<long> CountAsync(long id, CancellationToken cancel) =>
        sources.Read.Command("select count(*) from promotion_cell where promotion_id = $1", Sql.Of(id)).ScalarAsync<long>(cancel);

    public Task<List<long>> KeysAsync(long id, long after, int most, CancellationToken cancel) =>
        sources.Read.Command("select id from promotion_cell where promotion_id = $1 and id > $2 order by id limit $3", Sql.Of(id), Sql.Of(after), Sql.Of(most)).ListAsync(r => r.GetInt64(0), cancel);

    public Task<List<ReleasePriceRow>> PricesAsync(long[] ids, CancellationToken cancel) =>
        sources.Read.Command(
                """
                select c.id, c.sku, coalesce(nullif(concat_ws(', ', nullif(i.product_title, ''), nullif(i.title, '')), ''), ''), n.name, case when c.place <> '' then coalesce(l.name, g.name, c.place) end, c.currency, c.stage, c.phase, c.revision,
                    c.starts_at, c.ends_at, c.base_price, c.captured, c.former_price, c.former_compare, c.price, c.compare, c.seen_price, c.seen_compare, c.seen_at, c.effective_at, c.proven_at, c.failure_message,
                    case when c.kind = 'price' and (c.phase in ('drifted', 'left-alone') or c.failure = 'base-changed')
                        then coalesce(promotion_changed_by(c.connection_id, c.item, c.place, c.sku, c.promotion_id, c.seen_price, coalesce(c.effective_at, c.starts_at) - interval '1 day'), 'Not known') end,
                    c.ignored_by, c.ignored_why
                from promotion_cell c join connection n on n.id = c.connection_id left join catalog_item i on i.connection_id = c.connection_id and i.item = c.item left join location l on l.id = c.place
                left join price_list g on g.connection_id = c.connection_id and 'list:' || g.list = c.place
                where c.id = any($1) order by c.id
                """,
                Sql.Of(ids))
            .ListAsync(
                r => new ReleasePriceRow(
                    r.GetInt64(0), r.GetString(1), r.GetString(2), r.GetString(3), r.Maybe<string>(4), r.GetString(5), r.GetInt32(6), r.GetString(7), r.GetInt32(8), r.GetFieldValue<DateTimeOffset>(9),
                    r.GetFieldValue<DateTimeOffset>(10), r.Maybe<decimal?>(11), r.GetBoolean(12), r.Maybe<decimal?>(13), r.Maybe<decimal?>(14), r.Maybe<decimal?>(15), r.Maybe<decimal?>(16), r.Maybe<decimal?>(17),
                    r.Maybe<decimal?>(18), r.Maybe<DateTimeOffset?>(19), r.Maybe<DateTimeOffset?>(20), r.Maybe<DateTimeOffset?>(21), r.Maybe<string>(22), r.Maybe<string>(23), r.Maybe<string>(24), r.Maybe<string>(25)),
                cancel);

    /// <summary>Prices of the plan in force that the release does not write, behind an id.</summary>
    public Task<List<ReleaseSkippedRow>> SkippedAsync(long id, long after, int most, CancellationToken cancel) =>
        sources.Read.Command(
                """
                select p.id, p.sku, n.name, case when p.place <> '' then coalesce(l.name, g.name, p.place) end, p.currency, p.base_price, p.price, p.flags
                from promotion m join promotion_plan_cell p on p.promotion_id = m.id and p.revision = m.released join connection n on n.id = p.connection_id left join location l on l.id = p.place
                left join price_list g on g.connection_id = p.connection_id and 'list:' || g.list = p.place
                where m.id = $1 and p.id > $2 and p.kind <> 'effect'
                  and not exists (select from promotion_cell c where c.promotion_id = p.promotion_id and c.connection_id = p.connection_id and c.item = p.item and c.place = p.place and c.currency = p.currency)
                order by p.id limit $3
                """,
                Sql.Of(id), Sql.Of(after), Sql.Of(most))
            .ListAsync(
                r => new ReleaseSkippedRow(r.GetInt64(0), r.GetString(1), r.GetString(2), r.Maybe<string>(3), r.Maybe<string>(4), r.Maybe<decimal?>(5), r.Maybe<decimal?>(6), r.GetFieldValue<string[]>(7)), cancel);
}
