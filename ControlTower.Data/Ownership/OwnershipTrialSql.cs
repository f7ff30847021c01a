using ControlTower.Data.Db;
using Npgsql;
using NpgsqlTypes;

namespace ControlTower.Data.Ownership;

/// <summary>How many writes of a stretch of time were made in one place, and how they were judged then.</summary>
/// <param name="Against">An owner had said something else.</param>
public sealed record JudgedContext(OwnershipContext Where, bool Against, string Verdict, long Writes);

/// <summary>Reads the log for a trial of a change. Rules are judged once a place, never once a write; the rest is counted in the database.</summary>
public static class OwnershipTrialSql
{
    private const string Place = "domain, field, brand, region, channel, store, source";

    // Writes of the places that are handed in as $2 to $10, and the owners' newest words of the places in $11 to $17.
    private const string Turned =
        """
        turned as (
            select w.* from ownership_write w
            join unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::boolean[]) t (domain, field, brand, region, channel, store, source, verdict, against)
                using (domain, field, brand, region, channel, store, source, verdict)
            where w.at >= $1 and (w.owner_value is not null) = t.against),
        words as materialized (
            select w.domain, w.field, w.subject, max(w.at) as at from ownership_write w
            join unnest($11::text[], $12::text[], $13::text[], $14::text[], $15::text[], $16::text[], $17::text[]) t (domain, field, brand, region, channel, store, source)
                using (domain, field, brand, region, channel, store, source)
            where w.at >= $1 group by 1, 2, 3)
        """;

    /// <summary>The places of a stretch of time, each with its writes.</summary>
    public static Task<List<JudgedContext>> ContextsAsync(NpgsqlDataSource data, DateTimeOffset from, DateTimeOffset until, CancellationToken cancel) =>
        LongAsync(
            data, $"select {Place}, owner_value is not null, verdict, count(*) from ownership_write where at >= $1 and at < $2 group by {Place}, owner_value is not null, verdict",
            [Sql.Of(from.ToUniversalTime()), Sql.Of(until.ToUniversalTime())],
            r => new JudgedContext(new OwnershipContext(r.GetString(0), r.GetString(1), r.GetString(2), r.GetString(3), r.GetString(4), r.GetString(5), r.GetString(6)), r.GetBoolean(7), r.GetString(8), r.GetInt64(9)),
            cancel);

    /// <summary>Of the writes of these places: those after which an owner spoke of the same thing, so that nothing of them would be left anyway.</summary>
    /// <param name="turned">Places whose writes would not be taken any more.</param>
    /// <param name="owning">Places whose writes are the owner's word under the change.</param>
    public static async Task<long> CorrectedAsync(NpgsqlDataSource data, DateTimeOffset from, IReadOnlyList<JudgedContext> turned, IReadOnlyList<OwnershipContext> owning, CancellationToken cancel) =>
        turned.Count == 0 || owning.Count == 0 ? 0
        : (await LongAsync(data, $"with {Turned} select count(*) from turned t join words o using (domain, field, subject) where o.at > t.at", Values(from, turned, owning), r => r.GetInt64(0), cancel))[0];

    /// <summary>The writes of such places, the newest first.</summary>
    /// <param name="left">Only those after which no owner spoke.</param>
    public static Task<List<OwnershipWrite>> RowsAsync(
        NpgsqlDataSource data, DateTimeOffset from, IReadOnlyList<JudgedContext> turned, IReadOnlyList<OwnershipContext> owning, bool left, long before, int most, CancellationToken cancel) =>
        turned.Count == 0 ? Task.FromResult(new List<OwnershipWrite>()) :
        LongAsync(
                data,
                $"""
                with {Turned}
                select {OwnershipLog.Columns} from turned w
                where w.id < $18 and (not $19 or not exists (select from words o where o.domain = w.domain and o.field = w.field and o.subject = w.subject and o.at > w.at))
                order by w.id desc limit $20
                """,
                [.. Values(from, turned, owning), Sql.Of(before), Sql.Of(left), Sql.Of(Math.Min(most, OwnershipLog.Most))], OwnershipLog.Read, cancel);

    private static NpgsqlParameter[] Values(DateTimeOffset from, IReadOnlyList<JudgedContext> turned, IReadOnlyList<OwnershipContext> owning) =>
        [Sql.Of(from.ToUniversalTime()), .. Places([.. turned.Select(t => t.Where)]), Texts(turned.Select(t => t.Verdict)), Sql.Of(turned.Select(t => t.Against).ToArray()), .. Places(owning)];

    private static NpgsqlParameter[] Places(IReadOnlyList<OwnershipContext> places) =>
    [
        Texts(places.Select(p => p.Domain)), Texts(places.Select(p => p.Field)), Texts(places.Select(p => p.Brand)), Texts(places.Select(p => p.Region)), Texts(places.Select(p => p.Channel)),
        Texts(places.Select(p => p.Store)), Texts(places.Select(p => p.Source)),
    ];

    private static NpgsqlParameter Texts(IEnumerable<string> texts) => Sql.Of(texts.ToArray(), NpgsqlDbType.Array | NpgsqlDbType.Text);

    // A trial looks at a million rows and more: longer than other statements may take.
    private static async Task<List<T>> LongAsync<T>(NpgsqlDataSource data, string text, NpgsqlParameter[] values, Func<NpgsqlDataReader, T> read, CancellationToken cancel)
    {
        await using var connection = await data.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        await connection.Command("select set_config('statement_timeout', '60000', true)").ExecuteAsync(cancel);
        var command = connection.Command(text, values);
        command.CommandTimeout = 65;
        return await command.ListAsync(read, cancel);
    }
}
