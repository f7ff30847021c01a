using ControlTower.Data.Db;
using ControlTower.Data.Triage;
using Npgsql;

namespace ControlTower.Data.Currencies;

/// <summary>What one unit of a currency is worth in the currency of the books.</summary>
/// <param name="Rate">More than zero; null for a currency that is in use and has none yet.</param>
/// <param name="Version">0 for one without a rate.</param>
public sealed record CurrencyRate(string Currency, decimal? Rate, DateOnly? AsOf, int Version, DateTimeOffset? ChangedAt, string? ChangedBy);

/// <summary>Rates as people wrote them down. A write names the version that was seen; false means that somebody was faster, and nothing was changed.</summary>
public static class CurrencyStore
{
    private const string InUse =
        """
        select c.currency, r.rate, r.as_of, coalesce(r.version, 0), r.changed_at, r.changed_by
        from (select currency from connection where currency is not null union select currency from case_tally where currency is not null union select currency from currency_rate) c
        left join currency_rate r using (currency) order by c.currency
        """;

    // Only the row that the person saw is changed; the first rate of a currency is the version 0.
    private const string Put =
        """
        insert into currency_rate as r (currency, rate, as_of, changed_by) select $1, $2, $3, $4 where $5 = 0 or exists (select from currency_rate where currency = $1)
        on conflict (currency) do update set rate = excluded.rate, as_of = excluded.as_of, changed_by = excluded.changed_by, changed_at = now(), version = r.version + 1 where r.version = $5
        """;

    /// <summary>All currencies that are in use or have a rate.</summary>
    public static Task<List<CurrencyRate>> ListAsync(NpgsqlDataSource data, CancellationToken cancel) => data.Command(InUse)
        .ListAsync(r => new CurrencyRate(r.GetString(0), r.Maybe<decimal?>(1), r.Maybe<DateOnly?>(2), r.GetInt32(3), r.Maybe<DateTimeOffset?>(4), r.Maybe<string>(5)), cancel);

    /// <summary>Writes a rate down. The order of the open cases in this currency is asked for in the same transaction.</summary>
    public static async Task<bool> PutAsync(NpgsqlConnection connection, string currency, decimal rate, DateOnly asOf, int seen, string who, CancellationToken cancel)
    {
        var changed = await connection.Command(Put, Sql.Of(currency), Sql.Of(rate), Sql.Of(asOf), Sql.Of(who), Sql.Of(seen)).ExecuteAsync(cancel) == 1;
        if (changed)
        {
            await CaseReckoning.AskForCurrencyAsync(connection, currency, cancel);
        }

        return changed;
    }
}
