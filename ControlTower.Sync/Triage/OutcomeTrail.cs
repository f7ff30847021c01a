using ControlTower.Data.Audit;
using ControlTower.Data.Db;

namespace ControlTower.Sync.Triage;

/// <summary>
/// Says in the audit trail what became of a retry or of a cancellation, under the name of whoever asked, as soon as it is known. Each slice is one transaction: it is said once, whichever process
/// dies where.
/// </summary>
public sealed class OutcomeTrail(TowerDataSources data, AuditLog audit)
{
    private const int Slice = 500;

    /// <returns>How many outcomes were said.</returns>
    public async Task<int> WriteAsync(CancellationToken cancel)
    {
        var written = 0;
        while (await WriteSliceAsync(cancel) is > 0 and var said)
        {
            written += said;
            if (said < Slice)
            {
                break;
            }
        }

        return written;
    }

    private async Task<int> WriteSliceAsync(CancellationToken cancel)
    {
        await using var connection = await data.Work.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        var known = await AwaitedOutcomes.TakeAsync(connection, Slice, cancel);
        foreach (var order in known.Where(one => one.Order is not null))
        {
            await audit.AppendAsync(connection, transaction, new AuditEntry(order.Actor, "orders:order:cancel", $"order:{order.Order}", OutcomeOf(order), null, Detail(order)), cancel);
        }

        // Many that ended alike are one entry that names its cases, as the retry itself was.
        foreach (var alike in known.Where(one => one.CaseId is not null).GroupBy(one => one with { CaseId = null }))
        {
            var cases = alike.Select(one => one.CaseId!.Value).Distinct().Order().ToList();
            var detail = Detail(alike.Key);
            detail["cases"] = string.Join(' ', cases);
            await audit.AppendAsync(
                connection, transaction, new AuditEntry(alike.Key.Actor, "exceptions:case:retry", cases is [var one] ? $"case:{one}" : $"{cases.Count} cases", OutcomeOf(alike.Key), null, detail), cancel);
        }

        await transaction.CommitAsync(cancel);
        return known.Count;
    }

    private static AuditOutcome OutcomeOf(KnownOutcome known) => known.Result is "failed-again" or "unchanged" or "stays-sold" ? AuditOutcome.Failed : AuditOutcome.Done;

    private static Dictionary<string, string> Detail(KnownOutcome known)
    {
        var detail = new Dictionary<string, string>(StringComparer.Ordinal) { ["act"] = "outcome", ["result"] = known.Result };
        foreach (var (name, value) in new[] { ("by", known.By), ("failure", known.Failure), ("code", known.Code) })
        {
            if (value is not null)
            {
                detail[name] = value;
            }
        }

        return detail;
    }
}
