using System.Text.Json;
using System.Text.Json.Serialization;
using ControlTower.Data.Canonical;
using ControlTower.Data.Db;
using ControlTower.Data.Ownership;
using Npgsql;
using NpgsqlTypes;

namespace ControlTower.Data.Catalog;

/// <summary>
/// What systems list, by the system's own names. Written set by set; only rows that say something new are. Older never replaces newer, whatever order pages come in. All in the caller's
/// transaction, which also moves the feed's cursor.
/// </summary>
public static class CatalogStore
{
    /// <summary>Stores what was read of a connection's items just now.</summary>
    /// <param name="verdicts">Whose it is to say each field, for the log of writes; fields that are not named are not logged.</param>
    /// <returns>How many rows changed.</returns>
    public static Task<int> StoreAsync(NpgsqlConnection connection, string connectionId, IReadOnlyList<CatalogVariant> variants, IReadOnlyList<FieldVerdicts> verdicts, CancellationToken cancel) =>
        StoreAsync(connection, connectionId, variants, verdicts, null, cancel);

    /// <summary>Stores what was read of a connection's items. Of one that the tower told something since, its price, barcode and whether it is sold stay as they were told: what was read is older.</summary>
    /// <param name="read">The database's clock before they were read; null: nothing was told since.</param>
    public static async Task<int> StoreAsync(NpgsqlConnection connection, string connectionId, IReadOnlyList<CatalogVariant> variants, IReadOnlyList<FieldVerdicts> verdicts, DateTimeOffset? read, CancellationToken cancel)
    {
        if (variants.Count == 0)
        {
            return 0;
        }

        var rows = variants.Select(v => new ItemRow(
            v.Id, v.Product?.Key, v.Product?.Title, v.Title, v.Sku, v.Barcode, v.Active, v.Prices is [var first, ..] ? first.Amount : null, v.Prices is [var own, ..] ? own.Currency : null,
            v.Prices is [var now, ..] ? now.CompareAt : null, v.Prices is [var taxed, ..] ? taxed.TaxIncluded : null, v.Prices.Skip(1).ToDictionary(p => p.Currency, p => p.Amount, StringComparer.Ordinal), v.ChangedAt.ToUniversalTime(), v.Cost,
            v.Collections, v.Facets?.GroupBy(f => f.Name, StringComparer.Ordinal).ToDictionary(f => f.Key, f => f.Select(x => x.Value).ToArray(), StringComparer.Ordinal)));
        var changed = await connection.Command(Items, [Sql.Of(connectionId), Sql.Json(JsonSerializer.Serialize([.. rows], CatalogJson.Default.ItemRowArray)), .. CatalogWrites.Verdicts(verdicts), Sql.Of(read?.ToUniversalTime(), NpgsqlDbType.TimestampTz)]).ScalarAsync<int>(cancel);
        if (changed > 0)
        {
            await MarkAsync(connection, connectionId, cancel);
        }

        return changed;
    }

    /// <summary>Stores what was read of a connection's customers, and whom they may be the same as. Who was erased is not stored again.</summary>
    public static async Task StoreAsync(NpgsqlConnection connection, string connectionId, IReadOnlyList<CatalogCustomer> customers, IReadOnlyList<FieldVerdicts> verdicts, CancellationToken cancel)
    {
        if (customers.Count == 0)
        {
            return;
        }

        var rows = customers.Select(c => new CustomerRow(
            c.Id, CustomerKeys.Email(c.Email), c.Phone, CustomerKeys.Phone(c.Phone), CustomerKeys.Loyalty(c.Loyalty), c.FirstName, c.LastName, c.ChangedAt.ToUniversalTime()));
        var changed = await connection.Command(Customers, [Sql.Of(connectionId), Sql.Json(JsonSerializer.Serialize([.. rows], CatalogJson.Default.CustomerRowArray)), .. CatalogWrites.Verdicts(verdicts)]).ListAsync(r => r.GetString(0), cancel);
        if (changed.Count > 0)
        {
            await connection.Command("select customer_pairs($1, $2)", Sql.Of(connectionId), Sql.Of(changed.ToArray())).ExecuteAsync(cancel);
        }
    }

    /// <summary>Stores which collections products are in; what their variants are is read elsewhere.</summary>
    public static Task CollectionsAsync(NpgsqlConnection connection, string connectionId, IReadOnlyList<ProductCollections> products, CancellationToken cancel) =>
        connection.Command(
                """
                update catalog_item c set collections = p.titles, stored_at = now()
                from (select p.product, array(select jsonb_array_elements_text(p.titles)) as titles from jsonb_to_recordset($2) as p (product text, titles jsonb)) p
                where c.connection_id = $1 and c.product = p.product and c.gone_at is null and c.collections is distinct from p.titles
                """,
                Sql.Of(connectionId), Sql.Json(JsonSerializer.Serialize([.. products], CatalogJson.Default.ProductCollectionsArray)))
            .ExecuteAsync(cancel);

    /// <summary>Has the differences of the channels that this connection concerns reckoned anew.</summary>
    public static Task MarkAsync(NpgsqlConnection connection, string connectionId, CancellationToken cancel) =>
        connection.Command("select catalog_mark($1)", Sql.Of(connectionId)).ExecuteAsync(cancel);

    /// <summary>Notes what a pass over everything has met. A pass that begins forgets what an earlier one, broken off, had met.</summary>
    public static Task MetAsync(NpgsqlConnection connection, string connectionId, string feed, string[] keys, bool begins, CancellationToken cancel) =>
        connection.Command(
                """
                with anew as (delete from catalog_pass where connection_id = $1 and feed = $2 and $4 and not key = any($3))
                insert into catalog_pass (connection_id, feed, key) select $1, $2, k from unnest($3) k on conflict do nothing
                """,
                Sql.Of(connectionId), Sql.Of(feed), Sql.Of(keys), Sql.Of(begins))
            .ExecuteAsync(cancel);

    /// <summary>A pass was read to its end: what it did not meet and what nobody stored since it began is gone. Gone is not deleted: met again, it is there again.</summary>
    /// <param name="began">The database's clock before the pass's first page.</param>
    public static Task EndPassAsync(NpgsqlConnection connection, string connectionId, string feed, bool customers, DateTimeOffset began, CancellationToken cancel) =>
        connection.Command(customers ? GoneCustomers : GoneItems, Sql.Of(connectionId), Sql.Of(feed), Sql.Of(began.ToUniversalTime())).ExecuteAsync(cancel);

    /// <summary>Reckons the differences of a channel anew if anything moved since they last were. Commits. A large catalogue takes longer than other statements may.</summary>
    /// <param name="owned">What the rules of ownership say of the parts of an item.</param>
    /// <returns>False if nothing moved, or a side was never read whole.</returns>
    public static async Task<bool> CompareAsync(NpgsqlDataSource data, string channel, IReadOnlyList<OwnedPart> owned, CancellationToken cancel)
    {
        if (!await data.Command(
                """
                with told as (
                    insert into catalog_ownership (connection_id, part, erp, mode) select $1, u.part, u.erp, u.mode from unnest($2::text[], $3::boolean[], $4::text[]) u (part, erp, mode)
                    where not exists (select from catalog_ownership o where o.connection_id = $1 and o.part = u.part and o.erp = u.erp and o.mode = u.mode)
                    on conflict (connection_id, part) do update set erp = excluded.erp, mode = excluded.mode returning 1),
                moved as (update catalog_state set dirty_at = clock_timestamp() where connection_id = $1 and dirty_at is null and exists (select from told) returning 1)
                select exists (select from catalog_state where connection_id = $1 and dirty_at is not null) or exists (select from moved)
                """,
                Sql.Of(channel), Sql.Of(owned.Select(o => o.Part).ToArray()), Sql.Of(owned.Select(o => o.Erp).ToArray()), Sql.Of(owned.Select(o => o.Mode).ToArray())).ScalarAsync<bool>(cancel))
        {
            return false;
        }

        await using var connection = await data.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        await connection.Command("select set_config('statement_timeout', '120000', true)").ExecuteAsync(cancel);
        var compare = connection.Command("select catalog_compare($1)", Sql.Of(channel));
        compare.CommandTimeout = 120;
        var compared = await compare.ScalarAsync<bool>(cancel);
        await transaction.CommitAsync(cancel);
        return compared;
    }

    private static readonly string Items = CatalogWrites.Items(
        """
        insert into catalog_item as c (connection_id, item, product, product_title, title, sku, barcode, active, price, currency, compare_at, tax_included, prices, changed_at, cost, collections, facets)
        select distinct on (t.item) $1, t.item, t.product, t.product_title, t.title, t.sku, case when o.told_at > $9 then o.barcode else t.barcode end, case when o.told_at > $9 then o.active else t.active end,
            case when o.told_at > $9 then o.price else t.price end, t.currency, case when o.told_at > $9 then o.compare_at else t.compare_at end, t.tax_included, t.prices, t.changed_at, t.cost,
            coalesce(t.collections, o.collections, '{}'), coalesce(t.facets, o.facets, '{}')
        from jsonb_to_recordset($2) as t (
            item text, product text, product_title text, title text, sku text, barcode text, active boolean, price numeric, currency text, compare_at numeric, tax_included boolean, prices jsonb,
            changed_at timestamptz, cost numeric, collections text[], facets jsonb)
        left join old o on o.item = t.item
        order by t.item, t.changed_at desc
        on conflict (connection_id, item) do update set
            product = excluded.product, product_title = excluded.product_title, title = excluded.title, sku = excluded.sku, barcode = excluded.barcode, active = excluded.active,
            price = excluded.price, currency = excluded.currency, compare_at = excluded.compare_at, tax_included = excluded.tax_included, prices = excluded.prices,
            changed_at = excluded.changed_at, cost = excluded.cost, collections = excluded.collections, facets = excluded.facets, stored_at = now(), gone_at = null
        where excluded.changed_at >= c.changed_at
          and (c.gone_at is not null
            or (c.product, c.product_title, c.title, c.sku, c.barcode, c.active, c.price, c.currency, c.compare_at, c.tax_included, c.prices, c.changed_at, c.cost, c.collections, c.facets) is distinct from
               (excluded.product, excluded.product_title, excluded.title, excluded.sku, excluded.barcode, excluded.active, excluded.price, excluded.currency, excluded.compare_at,
                excluded.tax_included, excluded.prices, excluded.changed_at, excluded.cost, excluded.collections, excluded.facets))
        """);

    private static readonly string Customers = CatalogWrites.Customers(
        """
        insert into catalog_customer as c (connection_id, customer, email, phone, phone_e164, loyalty, first_name, last_name, changed_at)
        select distinct on (t.customer) $1, t.customer, t.email, t.phone, t.phone_e164, t.loyalty, t.first_name, t.last_name, t.changed_at
        from jsonb_to_recordset($2) as t (customer text, email text, phone text, phone_e164 text, loyalty text, first_name text, last_name text, changed_at timestamptz)
        order by t.customer, t.changed_at desc
        on conflict (connection_id, customer) do update set
            email = excluded.email, phone = excluded.phone, phone_e164 = excluded.phone_e164, loyalty = excluded.loyalty, first_name = excluded.first_name, last_name = excluded.last_name,
            changed_at = excluded.changed_at, stored_at = now(), gone_at = null
        where excluded.changed_at >= c.changed_at and c.erased_at is null
          and (c.gone_at is not null
            or (c.email, c.phone, c.phone_e164, c.loyalty, c.first_name, c.last_name, c.changed_at) is distinct from
               (excluded.email, excluded.phone, excluded.phone_e164, excluded.loyalty, excluded.first_name, excluded.last_name, excluded.changed_at))
        """);

    private const string GoneItems =
        """
        with over as (
            update catalog_item c set gone_at = now(), stored_at = now()
            where c.connection_id = $1 and c.gone_at is null and c.stored_at < $3 and not exists (select from catalog_pass p where p.connection_id = $1 and p.feed = $2 and p.key = c.item)),
        done as (delete from catalog_pass where connection_id = $1 and feed = $2)
        select catalog_mark($1)
        """;

    private const string GoneCustomers =
        """
        with over as (
            update catalog_customer c set gone_at = now(), stored_at = now()
            where c.connection_id = $1 and c.gone_at is null and c.stored_at < $3 and not exists (select from catalog_pass p where p.connection_id = $1 and p.feed = $2 and p.key = c.customer)
            returning c.customer),
        parted as (
            delete from customer_pair p using over o
            where p.verdict is null and ((p.a_connection = $1 and p.a_customer = o.customer) or (p.b_connection = $1 and p.b_customer = o.customer)))
        delete from catalog_pass where connection_id = $1 and feed = $2
        """;
}

internal sealed record ItemRow(
    string Item, string? Product, string? ProductTitle, string Title, string? Sku, string? Barcode, bool Active, decimal? Price, string? Currency, decimal? CompareAt, bool? TaxIncluded,
    Dictionary<string, decimal> Prices, DateTimeOffset ChangedAt, decimal? Cost, IReadOnlyList<string>? Collections, Dictionary<string, string[]>? Facets);

internal sealed record CustomerRow(
    string Customer, string? Email, string? Phone, [property: JsonPropertyName("phone_e164")] string? PhoneE164, string? Loyalty, string? FirstName, string? LastName, DateTimeOffset ChangedAt);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(ItemRow[]))]
[JsonSerializable(typeof(CustomerRow[]))]
[JsonSerializable(typeof(ProductCollections[]))]
internal sealed partial class CatalogJson : JsonSerializerContext;
