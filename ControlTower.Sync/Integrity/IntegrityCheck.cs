using ControlTower.Data.Audit;
using ControlTower.Data.Db;
using ControlTower.Data.Live;
using ControlTower.Data.Operations;
using ControlTower.Sync.Telemetry;
using ControlTower.Verify;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;

namespace ControlTower.Sync.Integrity;

/// <summary>Has the checker, which shares no code with what it checks, look at the data by the clock or when somebody asked. A violation is an alarm, not a reason to stop serving.</summary>
public sealed partial class IntegrityCheck(
    TowerDataSources data, IntegrityStore store, AuditAnchorFile anchors, ChangeNotifier changes, IOptions<IntegrityOptions> options, ILogger<IntegrityCheck> log)
{
    /// <summary>Work that is due may wait this long before it counts as stuck.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromMinutes(1);

    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(10);

    // Longer than any run may take, so that none is taken from a process that lives.
    private static readonly TimeSpan Lost = TimeSpan.FromMinutes(12);

    /// <summary>Runs the check that is due or asked for, if there is one and no other node has it. May be called by any node at any time.</summary>
    public async Task RunAsync(CancellationToken cancel)
    {
        if (options.Value.EveryMinutes > 0)
        {
            await store.AskIfDueAsync(options.Value.Every, cancel);
        }

        if (await store.TakeAsync(Lost, cancel) is { } run)
        {
            changes.Announce(LiveTopics.Nodes);
            await LookAsync(run, cancel);
            changes.Announce(LiveTopics.Nodes);
        }
    }

    private async Task LookAsync((long Id, DateTimeOffset Began) run, CancellationToken cancel)
    {
        var ownRole = options.Value.ConnectionString.Length > 0;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(Longest);
        try
        {
            var outcomes = await Look.RunAsync(ownRole ? options.Value.ConnectionString : data.ConnectionString, anchors.Path, Grace, options.Value.History, limit.Token);
            var looked = outcomes.Where(o => o.Unchecked is null).ToList();
            List<Violation> violations = [.. looked.Where(o => o.Count > 0).Select(o => new Violation(o.Name, o.Promise, o.Count, o.What, o.Sample))];
            await store.EndAsync(run, looked.Count, outcomes.Count - looked.Count, ownRole, violations, null, cancel);
            TowerTelemetry.IntegrityChecks.Add(1, new KeyValuePair<string, object?>("outcome", violations.Count == 0 ? "holds" : "violated"));
            violations.ForEach(Alarm);
        }
        catch (Exception error) when (error is NpgsqlException or TimeoutException or IOException or ArgumentException or OperationCanceledException)
        {
            // The text of an error may hold an address or a user; its kind is enough for a screen.
            var why = error is PostgresException refused ? $"PostgreSQL refused: {refused.SqlState}" : error is OperationCanceledException ? "It did not end in time" : $"The database was not reached: {error.GetType().Name}";
            await store.EndAsync(run, 0, 0, ownRole, [], why, CancellationToken.None);
            TowerTelemetry.IntegrityChecks.Add(1, new KeyValuePair<string, object?>("outcome", "failed"));
            CouldNotLook(log, why);
        }
    }

    private void Alarm(Violation violation)
    {
        TowerTelemetry.IntegrityViolations.Add(violation.Count, new KeyValuePair<string, object?>("invariant", violation.Name));
        Violated(log, violation.Name, violation.Count, string.Join(' ', violation.Sample));
    }

    [LoggerMessage(EventId = 2481, Level = LogLevel.Error, Message = "The data do not keep {Invariant}: {Count} offenders, such as {Sample}")]
    private static partial void Violated(ILogger log, string invariant, long count, string sample);

    [LoggerMessage(EventId = 2482, Level = LogLevel.Warning, Message = "The data could not be checked: {Reason}")]
    private static partial void CouldNotLook(ILogger log, string reason);
}
