using System.Globalization;
using ControlTower.Data.Audit;
using ControlTower.Data.Db;
using ControlTower.Data.Live;
using ControlTower.Data.Triage;
using Npgsql;

namespace ControlTower.Sync.Triage;

/// <summary>
/// The part of the playbook that the retailer writes. Each act is one transaction with its audit entry; it changes nothing if somebody else was faster than its person, which is told. An act whose
/// input cannot be used throws an <see cref="ArgumentException"/> that says what to do.
/// </summary>
public sealed class PlaybookDesk(TowerDataSources data, AuditLog audit, ChangeNotifier changes, TimeProvider clock)
{
    public const int LongestAdvice = 1000;
    public const int LongestAddress = 500;
    public const int LongestKeeping = 3650;

    public async Task<(IReadOnlyList<CaseClass> Classes, IReadOnlyList<Remedy> Remedies)> ListAsync(CancellationToken cancel) =>
        (await PlaybookStore.ClassesAsync(data.Read, cancel), await PlaybookStore.RemediesAsync(data.Read, cancel));

    /// <summary>Changes what holds for a kind of failure; false if somebody changed it since it was seen.</summary>
    public Task<bool> ChangeAsync(CaseClass wanted, Actor actor, CancellationToken cancel)
    {
        if (wanted.Loss is < 0 or > 1)
        {
            throw new ArgumentException("The share that is lost is between 0 and 100 %.", nameof(wanted));
        }

        if (!Fits(wanted.KeepResolved) || !Fits(wanted.KeepDiscarded))
        {
            throw new ArgumentException($"Words are kept between 1 and {LongestKeeping} days.", nameof(wanted));
        }

        return ActAsync(connection => PlaybookStore.ChangeAsync(connection, wanted, cancel), "exceptions:class:configure", $"class:{wanted.Failure}", new(StringComparer.Ordinal)
        {
            ["loss"] = wanted.Loss.ToString(CultureInfo.InvariantCulture), ["runbook"] = wanted.Runbook?.AbsoluteUri ?? "none",
            ["kept"] = string.Create(CultureInfo.InvariantCulture, $"resolved {wanted.KeepResolved.Days} days, discarded {wanted.KeepDiscarded.Days} days"),
        }, actor, cancel);
    }

    /// <summary>Writes down what to do about a code, or changes it; false if somebody did so since it was seen.</summary>
    public Task<bool> PutAsync(Remedy wanted, Actor actor, CancellationToken cancel)
    {
        var tidy = wanted with { Code = wanted.Code.Trim(), Advice = wanted.Advice.Trim(), ChangedBy = actor.Name };
        if (tidy.Code.Length is 0 or > 120 || tidy.Code.Any(char.IsControl))
        {
            throw new ArgumentException("Give the code as the case shows it, at most 120 characters.", nameof(wanted));
        }

        if (tidy.Advice.Length > LongestAdvice)
        {
            throw new ArgumentException($"What to do has {tidy.Advice.Length} characters; at most {LongestAdvice} fit.", nameof(wanted));
        }

        return tidy is { Advice: "", Runbook: null }
            ? throw new ArgumentException("Write what to do, or give the address of a runbook.", nameof(wanted))
            : ActAsync(connection => PlaybookStore.PutAsync(connection, tidy, cancel), "exceptions:remedy:write", $"remedy:{tidy.Failure}/{tidy.Code}",
                new(StringComparer.Ordinal) { ["advice"] = tidy.Advice, ["runbook"] = tidy.Runbook?.AbsoluteUri ?? "none" }, actor, cancel);
    }

    /// <summary>Takes what was written out of the playbook; false if somebody changed it since it was seen.</summary>
    public Task<bool> RemoveAsync(Remedy seen, Actor actor, CancellationToken cancel) =>
        ActAsync(connection => PlaybookStore.RemoveAsync(connection, seen, cancel), "exceptions:remedy:remove", $"remedy:{seen.Failure}/{seen.Code}", new(StringComparer.Ordinal) { ["advice"] = seen.Advice }, actor, cancel);

    /// <returns>The address, or null for an empty text.</returns>
    /// <exception cref="ArgumentException">It is none that a browser opens.</exception>
    public static Uri? Address(string? text) => string.IsNullOrWhiteSpace(text) ? null
        : text.Trim().Length <= LongestAddress && Uri.TryCreate(text.Trim(), UriKind.Absolute, out var address) && address.Scheme is "https" or "http" && address.UserInfo.Length == 0 ? address
        : throw new ArgumentException($"The runbook needs an address that begins with https://, at most {LongestAddress} characters.", nameof(text));

    private static bool Fits(TimeSpan kept) => kept >= TimeSpan.FromDays(1) && kept <= TimeSpan.FromDays(LongestKeeping);

    private async Task<bool> ActAsync(Func<NpgsqlConnection, Task<bool>> act, string action, string subject, Dictionary<string, string> detail, Actor actor, CancellationToken cancel)
    {
        await using var connection = await data.Work.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        if (!await act(connection))
        {
            return false;
        }

        await audit.AppendAsync(connection, transaction, new AuditEntry(actor, action, subject, AuditOutcome.Done, null, detail), cancel);
        await transaction.CommitAsync(cancel);
        // A desk of usual size follows at once; the upkeep of the next minute does what is left of a large one.
        await CaseReckoning.WorkAsync(data.Work, clock, TimeSpan.FromSeconds(1), cancel);
        changes.Announce(LiveTopics.Cases);
        return true;
    }
}
