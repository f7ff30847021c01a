using System.Globalization;
using ControlTower.Data.Audit;
using ControlTower.Data.Currencies;
using ControlTower.Data.Db;
using ControlTower.Data.Live;
using ControlTower.Data.Triage;

namespace ControlTower.Sync.Operations;

/// <summary>People write down rates. One transaction with its audit entry; whoever was slower changes nothing and is told.</summary>
public sealed class CurrencyDesk(TowerDataSources data, AuditLog audit, ChangeNotifier changes, TimeProvider clock)
{
    /// <summary>All currencies that are in use or have a rate.</summary>
    public Task<List<CurrencyRate>> ListAsync(CancellationToken cancel) => CurrencyStore.ListAsync(data.Read, cancel);

    /// <summary>False if somebody changed the rate since it was seen.</summary>
    /// <exception cref="ArgumentException">No currency, no rate, or a day that has not come yet.</exception>
    public async Task<bool> PutAsync(string currency, decimal rate, DateOnly asOf, int seen, Actor actor, CancellationToken cancel)
    {
        var code = currency.Trim().ToUpperInvariant();
        if (code.Length != 3 || !code.All(char.IsAsciiLetterUpper))
        {
            throw new ArgumentException("A currency is three letters, such as EUR.", nameof(currency));
        }

        if (rate is <= 0 or > 1_000_000 || decimal.Round(rate, 10) != rate)
        {
            throw new ArgumentException("A rate is more than 0, at most 1,000,000, with at most 10 decimals.", nameof(rate));
        }

        if (asOf > DateOnly.FromDateTime(clock.GetUtcNow().UtcDateTime.AddDays(1)))
        {
            throw new ArgumentException("The day of the rate has not come yet.", nameof(asOf));
        }

        await using var connection = await data.Work.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        if (!await CurrencyStore.PutAsync(connection, code, rate, asOf, seen, actor.Name, cancel))
        {
            return false;
        }

        await audit.AppendAsync(connection, transaction, new AuditEntry(actor, "admin:currency:write", $"currency:{code}", AuditOutcome.Done, null,
            new Dictionary<string, string>(StringComparer.Ordinal) { ["rate"] = rate.ToString(CultureInfo.InvariantCulture), ["of"] = asOf.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture) }), cancel);
        await transaction.CommitAsync(cancel);
        // A desk of usual size follows at once; the upkeep of the next minute does what is left of a large one.
        await CaseReckoning.WorkAsync(data.Work, clock, TimeSpan.FromSeconds(1), cancel);
        changes.Announce(LiveTopics.Cases);
        return true;
    }
}
