using ControlTower.Data.Db;
using Npgsql;
using NpgsqlTypes;

namespace ControlTower.Data.Ownership;

/// <summary>What is done with a field that a connection states.</summary>
/// <param name="Against">Where an owner has said something else.</param>
/// <param name="Alone">Where none has.</param>
/// <param name="Owners">Connections and roles in their order of rank, parted by blanks; empty where no rule says who owns.</param>
public sealed record FieldVerdicts(string Domain, string Field, string Against, string Alone, int SetNumber, string Owners);

/// <param name="Part">price, barcode, active or title.</param>
/// <param name="Erp">The channel takes it from its ERP.</param>
/// <param name="Mode">allow, quarantine, enforce: what is done with what the channel changes by itself.</param>
public sealed record OwnedPart(string Part, bool Erp, string Mode);

/// <summary>
/// The log of what catalogues and customers' lists say. A statement that stores them is wrapped, so that what was there before and what is there now are compared where both are. A source's own value is always kept;
/// the log says which of the values that it changed were its to say. A word that agrees with the owner's, such as the echo of ours, is nobody's quarrel and is not logged.
/// </summary>
internal static class CatalogWrites
{
    /// <param name="store">Inserts or updates rows <c>c</c> of catalog_item from <c>$2</c>.</param>
    public static string Items(string store) =>
        $"""
        with asked as materialized (select distinct t.item from jsonb_to_recordset($2) as t (item text)),
        old as materialized (select o.* from catalog_item o join asked using (item) where o.connection_id = $1),
        stored as ({store} returning c as now),
        said as (
            select s.now, o.item is not null as known, f.domain, f.field, f.old, f.new, r.against, r.alone, r.number, w.owner
            from stored s left join old o on o.item = (s.now).item
            cross join lateral (values
                ('product', 'title', o.title, (s.now).title), ('product', 'barcode', o.barcode, (s.now).barcode), ('product', 'active', o.active::text, (s.now).active::text),
                ('price', 'price', trim_scale(o.price) || ' ' || o.currency, trim_scale((s.now).price) || ' ' || (s.now).currency),
                ('price', 'compare-at', trim_scale(o.compare_at) || ' ' || o.currency, trim_scale((s.now).compare_at) || ' ' || (s.now).currency)) f (domain, field, old, new)
            join {Rules} using (domain, field)
            left join lateral (
                select v.owner from (
                    select e, true as erp from catalog_match m join connection n on n.id = $1 join catalog_item e on e.connection_id = n.posts_to and e.item = m.erp_item
                    where m.connection_id = $1 and m.item = (s.now).item
                    union all
                    select e, false from catalog_match m join connection n on n.posts_to = $1 and n.id = m.connection_id join catalog_item e on e.connection_id = m.connection_id and e.item = m.item
                    where m.erp_item = (s.now).item
                    union all
                    select e, false from catalog_match m join connection n on n.id = $1 join catalog_match b on b.erp_item = m.erp_item and b.connection_id <> $1
                        join connection c on c.id = b.connection_id and c.posts_to = n.posts_to join catalog_item e on e.connection_id = b.connection_id and e.item = b.item
                    where m.connection_id = $1 and m.item = (s.now).item) other
                {Rank("(other.e).connection_id")}
                cross join lateral (select case f.field
                    when 'title' then (other.e).title when 'barcode' then (other.e).barcode when 'active' then (other.e).active::text
                    when 'compare-at' then trim_scale((other.e).compare_at) || ' ' || (other.e).currency
                    -- What the ERP says is compared as the channel could show it; where that cannot be said, there is nothing to compare with.
                    else case when other.erp then trim_scale(catalog_price(other.e, s.now)) || ' ' || (s.now).currency else trim_scale((other.e).price) || ' ' || (other.e).currency end end) v (owner)
                where v.owner is not null order by k.rank, (other.e).connection_id, (other.e).item limit 1) w on true
            where f.old is distinct from f.new),
        {Log("coalesce(nullif((w.now).sku, ''), (w.now).item)", "w.old", "w.new", "w.owner")}
        select count(*)::int from stored
        """;

    /// <param name="store">Inserts or updates rows <c>c</c> of catalog_customer from <c>$2</c>.</param>
    /// <remarks>Values are personal: that they changed is logged, not what they are.</remarks>
    public static string Customers(string store) =>
        $"""
        with asked as materialized (select distinct t.customer from jsonb_to_recordset($2) as t (customer text)),
        old as materialized (select o.* from catalog_customer o join asked using (customer) where o.connection_id = $1),
        stored as ({store} returning c as now),
        said as (
            select s.now, o.customer is not null as known, f.domain, f.field, f.old, f.new, r.against, r.alone, r.number, w.owner
            from stored s left join old o on o.customer = (s.now).customer
            cross join lateral (values
                ('customer', 'email', o.email, (s.now).email), ('customer', 'phone', o.phone_e164, (s.now).phone_e164), ('customer', 'loyalty', o.loyalty, (s.now).loyalty),
                ('customer', 'name', nullif(concat_ws(' ', o.first_name, o.last_name), ''), nullif(concat_ws(' ', (s.now).first_name, (s.now).last_name), ''))) f (domain, field, old, new)
            join {Rules} using (domain, field)
            left join lateral (
                select v.owner from (
                    select e from customer_pair p join catalog_customer e on e.connection_id = p.b_connection and e.customer = p.b_customer
                    where p.a_connection = $1 and p.a_customer = (s.now).customer and (p.verdict = 'same' or (p.certain and p.verdict is null))
                    union all
                    select e from customer_pair p join catalog_customer e on e.connection_id = p.a_connection and e.customer = p.a_customer
                    where p.b_connection = $1 and p.b_customer = (s.now).customer and (p.verdict = 'same' or (p.certain and p.verdict is null))) other
                {Rank("(other.e).connection_id")}
                cross join lateral (select case f.field
                    when 'email' then (other.e).email when 'phone' then (other.e).phone_e164 when 'loyalty' then (other.e).loyalty
                    else nullif(concat_ws(' ', (other.e).first_name, (other.e).last_name), '') end) v (owner)
                where v.owner is not null order by k.rank, (other.e).connection_id, (other.e).customer limit 1) w on true
            where f.old is distinct from f.new),
        {Log("(w.now).customer", Hidden("w.old"), Hidden("w.new"), Hidden("w.owner"))}
        select (now).customer from stored
        """;

    /// <summary>The parameters <c>$3</c> to <c>$8</c>.</summary>
    public static NpgsqlParameter[] Verdicts(IReadOnlyList<FieldVerdicts> verdicts) =>
    [
        Texts(verdicts, v => v.Domain), Texts(verdicts, v => v.Field), Texts(verdicts, v => v.Against), Texts(verdicts, v => v.Alone), Sql.Of(verdicts.Select(v => v.SetNumber).ToArray()),
        Texts(verdicts, v => v.Owners),
    ];

    private const string Rules = "unnest($3::text[], $4::text[], $5::text[], $6::text[], $7::int[], $8::text[]) r (domain, field, against, alone, number, owners)";

    // The place of a source among the owners, by its own name before its role's; where no rule names any, every other is one.
    private static string Rank(string source) =>
        $"""
        join connection ranked on ranked.id = {source}
        join lateral (select case when r.owners = '' then 0 else coalesce(array_position(string_to_array(r.owners, ' '), ranked.id), array_position(string_to_array(r.owners, ' '), '@' || ranked.role)) end) k (rank) on k.rank is not null
        """;

    // The first that an owner's source says of an item is no change of anything.
    private static string Log(string subject, string old, string now, string owner) =>
        $"""
        logged as (
            insert into ownership_write (domain, field, brand, region, channel, source, subject, old, new, owner_value, verdict, set_number)
            select w.domain, w.field, n.brand, coalesce(n.region, ''), $1, $1, {subject}, {old}, {now}, {owner}, v.verdict, w.number
            from said w join connection n on n.id = $1 cross join lateral (select case when w.owner is null then w.alone else w.against end) v (verdict)
            where case when v.verdict = 'owned' then w.known else (w.known or w.owner is not null) and w.new is distinct from w.owner end
            order by 7, 1, 2)
        """;

    private static string Hidden(string value) => $"case when {value} is not null then 'not shown' end";

    private static NpgsqlParameter Texts(IReadOnlyList<FieldVerdicts> verdicts, Func<FieldVerdicts, string> value) => Sql.Of(verdicts.Select(value).ToArray(), NpgsqlDbType.Array | NpgsqlDbType.Text);
}
