using ControlTower.Data.Db;
using ControlTower.Data.EventLog;
using ControlTower.Sync.Gateway;
using ControlTower.Sync.Relay;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace ControlTower.Sync.Pumps;

/// <summary>
/// Follows the event log and passes it on to a broker. At least once: the place moves only behind events that the broker has confirmed. In order per flow: an event goes out only after the
/// broker has confirmed the one before it, so whatever is lost, refused or sent twice, nobody sees a step for the first time before its predecessor. One node at a time relays, by the turn;
/// what a node that froze had on its way comes as a repeat of what its successor sends.
/// </summary>
public sealed partial class RelayPump(
    TowerDataSources data, IEventBroker broker, NodeIdentity node, PumpMeter meter, IOptions<RelayOptions> options, TimeProvider clock, ILogger<RelayPump> log) : IPump
{
    public const string Follower = "relay";

    /// <summary>The relay of a dead node is taken over after this long.</summary>
    public static readonly TimeSpan Lease = TimeSpan.FromSeconds(10);

    /// <summary>A batch that is not confirmed by then is given up, well before another node may take the turn.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private const int Batch = 500;

    /// <summary>More than so many events behind is told as so many.</summary>
    private const int LagCounted = 10_000;

    private readonly SteadyClock steady = new(clock);
    private FollowerTurn? held;
    private DateTimeOffset notBefore;
    private int errors;
    private string? lastTrouble;

    public string Name => "relay";

    public string Bell => "#relay";

    public TimeSpan Idle => TimeSpan.FromSeconds(1);

    public async Task<PumpRun> RunOnceAsync(CancellationToken cancel)
    {
        using var patience = new CancellationTokenSource(Patience, clock);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancel);
        if (await FollowerStore.TakeTurnAsync(data.Work, Follower, node.Id, Lease, ending.Token) is not { } turn)
        {
            held = null;
            await broker.CloseAsync();
            return PumpRun.Nothing;
        }

        if (held?.Fence != turn.Fence)
        {
            Took(log, turn.Fence);
        }

        held = turn;
        var run = steady.Now < notBefore ? new PumpRun(0, 0, Again: false, lastTrouble) : await RelayAsync(turn, ending.Token, cancel);
        var (depth, oldest) = await FollowerStore.LagAsync(data.Read, held?.Position ?? turn.Position, LagCounted, cancel);
        meter.Deep(Name, depth, oldest.TotalSeconds);
        return run;
    }

    /// <summary>Hands the turn back, so that another node goes on at once.</summary>
    public async Task StopAsync(CancellationToken cancel)
    {
        await broker.CloseAsync();
        if (held is { } turn)
        {
            await FollowerStore.EndTurnAsync(data.Work, turn, cancel);
        }
    }

    private async Task<PumpRun> RelayAsync(FollowerTurn turn, CancellationToken ending, CancellationToken cancel)
    {
        var events = await EventLogReader.ReadAsync(data.Work, turn.Position, Batch, ending);
        if (events.Count == 0)
        {
            return PumpRun.Nothing;
        }

        var (confirmed, error) = await PublishAsync(events, ending);
        cancel.ThrowIfCancellationRequested();
        if (confirmed > 0)
        {
            // Null: somebody else has the turn. What was sent is sent by them again.
            held = await FollowerStore.AdvanceAsync(data.Work, turn, events[confirmed - 1].Position, cancel);
        }

        if (error is null)
        {
            (errors, lastTrouble) = (0, null);
            return new PumpRun(confirmed, 0, Again: events.Count == Batch);
        }

        await broker.CloseAsync();
        Stumble(error);
        return new PumpRun(confirmed, 0, Again: false, lastTrouble);
    }

    private void Stumble(Exception error)
    {
        errors++;
        notBefore = steady.Now + PumpProcess.PauseAfter(errors);
        var words = error is EventBrokerException ? error.Message : "The broker did not confirm in time.";
        if (words != lastTrouble)
        {
            Waits(log, words);
        }

        lastTrouble = words;
    }

    /// <returns>How many events from the first on are confirmed without a gap, and why not all of them.</returns>
    private async Task<(int Confirmed, Exception? Error)> PublishAsync(List<LoggedEvent> events, CancellationToken ending)
    {
        try
        {
            await broker.OpenAsync(ending);
        }
        catch (Exception error) when (error is EventBrokerException or OperationCanceledException)
        {
            return (0, error);
        }

        var confirmed = new bool[events.Count];
        var flows = Enumerable.Range(0, events.Count).GroupBy(i => events[i].FlowId).Select(flow => PublishFlowAsync(events, flow, confirmed, ending));
        var results = await Task.WhenAll(flows);
        var gap = Array.IndexOf(confirmed, value: false);
        return (gap < 0 ? events.Count : gap, results.FirstOrDefault(error => error is not null));
    }

    private async Task<Exception?> PublishFlowAsync(List<LoggedEvent> events, IEnumerable<int> flow, bool[] confirmed, CancellationToken ending)
    {
        try
        {
            foreach (var i in flow)
            {
                await broker.PublishAsync(CloudEvent.Of(events[i], options.Value.Source), ending);
                confirmed[i] = true;
            }

            return null;
        }
        catch (Exception error) when (error is EventBrokerException or OperationCanceledException)
        {
            return error;
        }
    }

    [LoggerMessage(EventId = 2471, Level = LogLevel.Information, Message = "This node relays the event log now (fence {Fence})")]
    private static partial void Took(ILogger log, long fence);

    [LoggerMessage(EventId = 2472, Level = LogLevel.Warning, Message = "The event log is not relayed for now: {Why}")]
    private static partial void Waits(ILogger log, string why);
}
