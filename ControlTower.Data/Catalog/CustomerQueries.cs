using ControlTower.Data.ApiClients;
using ControlTower.Data.Db;
using Npgsql;
using NpgsqlTypes;

namespace ControlTower.Data.Catalog;

public enum PairView
{
    /// <summary>Nobody knows yet.</summary>
    Open,

    /// <summary>Two independent keys agree, or one number of the loyalty programme: the rule's word alone.</summary>
    Certain,

    /// <summary>A person said that they are one.</summary>
    Same,

    /// <summary>A person said that they are not.</summary>
    Different,
}

/// <summary>What a key says of two customers.</summary>
public enum KeySays
{
    Differs = -1,
    Nothing = 0,
    Agrees = 1,
}

/// <summary>One side of a pair. Personal data.</summary>
public sealed record KnownCustomer(
    string ConnectionId, string Connection, string Customer, string? Email, string? Phone, string? Loyalty, string? Name, DateTimeOffset ChangedAt, bool Gone);

public sealed record CustomerPair(
    long Id, KnownCustomer A, KnownCustomer B, KeySays Email, KeySays Phone, KeySays Loyalty, KeySays Name, bool Certain, DateTimeOffset FoundAt, string? Verdict, string? VerdictBy, string? VerdictWhy,
    DateTimeOffset? VerdictAt);

/// <param name="Text">How an address, a number or a name begins.</param>
/// <param name="After">The id behind which the page begins.</param>
public sealed record PairFilter(PairView View, string? ConnectionId, string? Text, long? After = null);

/// <summary>Customers who may be one person in two systems. What it answers is personal data. Reading again is always safe.</summary>
public sealed class CustomerQueries(TowerDataSources sources)
{
    private const string Side = "{0}.connection_id, {0}n.name, {0}.customer, {0}.email, coalesce({0}.phone_e164, {0}.phone), {0}.loyalty, nullif(btrim(concat_ws(' ', {0}.first_name, {0}.last_name)), ''), {0}.changed_at, {0}.gone_at is not null";

    private static readonly string Columns =
        $"""
        select p.id, p.email, p.phone, p.loyalty, p.name, p.certain, p.found_at, p.verdict, p.verdict_by, p.verdict_why, p.verdict_at,
            {Side.Replace("{0}", "a", StringComparison.Ordinal)}, {Side.Replace("{0}", "b", StringComparison.Ordinal)}
        from customer_pair p join catalog_customer a on a.connection_id = p.a_connection and a.customer = p.a_customer join catalog_customer b on b.connection_id = p.b_connection and b.customer = p.b_customer
        join connection an on an.id = a.connection_id join connection bn on bn.id = b.connection_id
        """;

    private const string Where =
        """
        where case $1 when 0 then p.verdict is null and not p.certain when 1 then p.verdict is null and p.certain when 2 then p.verdict = 'same' else p.verdict = 'different' end
          and ($2::text is null or p.a_connection = $2 or p.b_connection = $2)
          and ($3::text is null or a.email like $3 or b.email like $3 or a.phone_e164 like $3 or b.phone_e164 like $3 or lower(a.last_name) like $3 or lower(b.last_name) like $3
            or lower(a.loyalty) like $3 or lower(b.loyalty) like $3)
        """;

    public async Task<IReadOnlyDictionary<PairView, long>> CountsAsync(CancellationToken cancel) =>
        (await sources.Read.Command("select case when verdict = 'same' then 2 when verdict = 'different' then 3 when certain then 1 else 0 end, count(*) from customer_pair group by 1")
            .ListAsync(r => ((PairView)r.GetInt32(0), r.GetInt64(1)), cancel)).ToDictionary(c => c.Item1, c => c.Item2);

    /// <summary>Pairs of a filter, the oldest first.</summary>
    public Task<List<CustomerPair>> ListAsync(PairFilter filter, int most, CancellationToken cancel) =>
        sources.Read.Command(
                $"{Columns} {Where} and ($4::bigint is null or p.id > $4) order by p.id limit $5",
                Sql.Of((int)filter.View), Sql.Of(filter.ConnectionId, NpgsqlDbType.Text), Sql.Of(filter.Text is { } text ? Like(text) : null, NpgsqlDbType.Text), Sql.Of(filter.After, NpgsqlDbType.Bigint), Sql.Of(most))
            .ListAsync(Row, cancel);

    /// <summary>Customers of shops behind one, by channel and id; those who asked to be forgotten are left out.</summary>
    /// <param name="after">Channel and id of the last that was seen; null: from the top.</param>
    public async Task<List<KnownCustomer>> OfChannelsAsync(ApiReach reach, string? channel, (string Channel, string Customer)? after, int most, CancellationToken cancel)
    {
        var where = new SqlFilter();
        where.Add("an.role = 'shop' and a.gone_at is null and a.erased_at is null");
        reach.Narrow(where, "a.connection_id", "an.brand");
        if (channel is not null)
        {
            where.Add($"a.connection_id = {where.Value(channel)}");
        }

        if (after is { } last)
        {
            where.Add($"(a.connection_id, a.customer) > ({where.Value(last.Channel)}, {where.Value(last.Customer)})");
        }

        return await where.Command(
                sources.Read,
                $"select {Side.Replace("{0}", "a", StringComparison.Ordinal)} from catalog_customer a join connection an on an.id = a.connection_id{where.Where} order by a.connection_id, a.customer limit {where.Value(most)}")
            .ListAsync(r => Known(r, 0), cancel);
    }

    public async Task<CustomerPair?> FindAsync(long id, CancellationToken cancel) => (await sources.Read.Command($"{Columns} where p.id = $1", Sql.Of(id)).ListAsync(Row, cancel)).FirstOrDefault();

    /// <summary>Says what a person knows of a pair, as long as its keys still say what that person saw; null takes back what was said. In the caller's transaction.</summary>
    /// <returns>False if it is another by now, or that is said already.</returns>
    public static async Task<bool> SayAsync(NpgsqlConnection connection, CustomerPair seen, string? verdict, string who, string why, CancellationToken cancel) =>
        await connection.Command(
                """
                update customer_pair set verdict = $6, verdict_by = case when $6::text is not null then $7 end, verdict_why = case when $6::text is not null then $8 end, verdict_at = case when $6::text is not null then now() end
                where id = $1 and email = $2 and phone = $3 and loyalty = $4 and name = $5 and verdict is distinct from $6 and verdict is not distinct from $9
                """,
                Sql.Of(seen.Id), Sql.Of((short)seen.Email), Sql.Of((short)seen.Phone), Sql.Of((short)seen.Loyalty), Sql.Of((short)seen.Name), Sql.Of(verdict, NpgsqlDbType.Text), Sql.Of(who), Sql.Of(why),
                Sql.Of(seen.Verdict, NpgsqlDbType.Text))
            .ExecuteAsync(cancel) == 1;

    private static CustomerPair Row(NpgsqlDataReader r) => new(
        r.GetInt64(0), Known(r, 11), Known(r, 20), (KeySays)r.GetInt16(1), (KeySays)r.GetInt16(2), (KeySays)r.GetInt16(3), (KeySays)r.GetInt16(4), r.GetBoolean(5), r.GetFieldValue<DateTimeOffset>(6),
        r.Maybe<string>(7), r.Maybe<string>(8), r.Maybe<string>(9), r.Maybe<DateTimeOffset?>(10));

    private static KnownCustomer Known(NpgsqlDataReader r, int at) => new(
        r.GetString(at), r.GetString(at + 1), r.GetString(at + 2), r.Maybe<string>(at + 3), r.Maybe<string>(at + 4), r.Maybe<string>(at + 5), r.Maybe<string>(at + 6), r.GetFieldValue<DateTimeOffset>(at + 7),
        r.GetBoolean(at + 8));

    private static string Like(string begins) =>
        begins.ToLowerInvariant().Replace(@"\", @"\\", StringComparison.Ordinal).Replace("%", @"\%", StringComparison.Ordinal).Replace("_", @"\_", StringComparison.Ordinal) + "%";
}
