using ControlTower.Data.Db;
using ControlTower.Data.EventLog;
using ControlTower.Data.Incidents;
using ControlTower.Data.Live;
using ControlTower.Sync.Incidents;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace ControlTower.Sync.Pumps;

/// <summary>
/// Looks for trouble, brings what open incidents harmed up to date, ends what is over, and tells others of what nobody takes. One node by its turn; each step stands by itself and may be repeated, so a node that
/// dies leaves whole steps and the next goes on.
/// </summary>
public sealed partial class IncidentPump(TowerDataSources data, IncidentDetection detection, NodeIdentity node, ChangeNotifier changes, ILogger<IncidentPump> log) : IPump
{
    public const string Turn = "incidents";

    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(60);

    private FollowerTurn? held;

    public string Name => Turn;

    public string Bell => "#incidents";

    public TimeSpan Idle => TimeSpan.FromSeconds(5);

    public async Task<PumpRun> RunOnceAsync(CancellationToken cancel)
    {
        held = await FollowerStore.TakeTurnAsync(data.Work, Turn, node.Id, Lease, cancel);
        if (held is null)
        {
            return PumpRun.Nothing;
        }

        var before = await IncidentWork.NewestAsync(data.Work, cancel);

        string? trouble = null;
        try
        {
            await detection.LookAsync(cancel);
        }
        catch (AggregateException some)
        {
            // What cannot be looked for keeps no incident from being seen through to its end.
            trouble = "Some kinds of trouble could not be looked for.";
            NotLooked(log, some);
        }

        var changed = await IncidentWork.EscalateAsync(data.Work, cancel);
        foreach (var id in await IncidentWork.AliveAsync(data.Work, cancel))
        {
            try
            {
                changed += await IncidentWork.RefreshAsync(data.Work, id, cancel) ? 1 : 0;
            }
            catch (NpgsqlException wrong)
            {
                // One that takes too long keeps no other from its end.
                trouble = "Some incidents could not be brought up to date.";
                NotRefreshed(log, id, wrong);
            }
        }

        if (changed > 0 || await IncidentWork.NewestAsync(data.Work, cancel) != before)
        {
            changes.Announce(LiveTopics.Incidents);
        }

        return new PumpRun(changed, 0, Again: false, trouble);
    }

    /// <summary>Hands the turn back, so that another node goes on at once.</summary>
    public async Task StopAsync(CancellationToken cancel)
    {
        if (held is { } turn)
        {
            await FollowerStore.EndTurnAsync(data.Work, turn, cancel);
        }
    }

    [LoggerMessage(EventId = 2701, Level = LogLevel.Error, Message = "Incident {Id} could not be brought up to date; it is tried again")]
    private static partial void NotRefreshed(ILogger log, long id, Exception error);

    [LoggerMessage(EventId = 2700, Level = LogLevel.Error, Message = "Some kinds of trouble could not be looked for; what was known of them stays")]
    private static partial void NotLooked(ILogger log, Exception error);
}
