using ControlTower.Data.Db;
using Microsoft.Extensions.Logging;

namespace ControlTower.Data.Audit;

/// <summary>
/// Writes the head of the audit chain down outside the database, to the anchor file and to the log, whenever it has grown. Before that it looks whether the last anchor is still
/// true: whoever cut or rewrote the chain is found out within a minute, and no new anchor covers it up.
/// </summary>
public sealed partial class AuditAnchoring(TowerDataSources sources, AuditReader reader, AuditAnchorFile file, ILogger<AuditAnchoring> log)
{
    /// <summary>Returns the anchor that was written; null if nothing is new or another node is at it. Safe to repeat.</summary>
    /// <exception cref="InvalidOperationException">The chain does not hold what was anchored. Nothing was written.</exception>
    public async Task<AuditAnchor?> RunAsync(CancellationToken stop = default)
    {
        // The turn ends with the transaction: a node that dies or freezes in it keeps nobody else from writing.
        await using var connection = await sources.Work.OpenConnectionAsync(stop);
        await using var turn = await connection.BeginTransactionAsync(stop);
        if (!await connection.Command("select pg_try_advisory_xact_lock(hashtext('audit-anchor'))").ScalarAsync<bool>(stop))
            return null;

        var last = await file.LastAsync(stop);
        if (last is not null && await reader.HashAsync(last.Seq, stop) != last.Hash)
        {
            Differs(log, last.Seq);
            throw new InvalidOperationException($"The audit trail does not hold entry {last.Seq} as it was anchored in {file.Path}. It was changed or cut, or an older backup was restored.");
        }

        var head = await reader.HeadAsync(stop);
        if (head.Seq <= (last?.Seq ?? 0))
            return null;
        await file.AppendAsync(head, stop);
        Anchored(log, head.Seq, head.Hash);
        return head;
    }

    // The log is the second place outside the database; where logs leave the machine, so does the anchor.
    [LoggerMessage(EventId = 1201, Level = LogLevel.Information, Message = "The audit trail is anchored at {Seq} {Hash}")]
    private static partial void Anchored(ILogger log, long seq, string hash);

    [LoggerMessage(EventId = 1202, Level = LogLevel.Critical, Message = "The audit trail differs from its anchor at {Seq}: it was changed or cut, or an older backup was restored")]
    private static partial void Differs(ILogger log, long seq);
}
