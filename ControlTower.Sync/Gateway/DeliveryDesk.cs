using System.Diagnostics;
using ControlTower.Data.Canonical;
using ControlTower.Data.Db;
using ControlTower.Data.Live;
using ControlTower.Data.Outbox;
using ControlTower.Data.Triage;
using ControlTower.Sync.Connectors;
using ControlTower.Sync.Flows;
using ControlTower.Sync.Telemetry;
using ControlTower.Sync.Triage;
using Microsoft.Extensions.Logging;

namespace ControlTower.Sync.Gateway;

/// <summary>
/// Carries out one claimed delivery and saves how it ended. What may have happened is looked up before anything is sent again; "absent" counts only after the target's longest
/// processing time. A target that is away uses up nothing and holds nothing: attempts and look-ups count only while the trouble is this delivery's own. No error of a call leaves this class; errors of our own database do, and leave the delivery as if its process had died.
/// </summary>
public sealed partial class DeliveryDesk(TowerDataSources data, Gateway gateway, FlowRunner flows, ChangeNotifier changes, ILogger<DeliveryDesk> log)
{
    /// <summary>Attempts that failed while the target served others, before a person is asked.</summary>
    public const int MaxAttempts = 10;

    // Beyond this many processing times, a look-up that cannot decide will not decide by itself.
    private const int UndecidedFor = 3;

    // Nor after fewer look-ups than this: an outage uses up the time, but no look-ups.
    private const int UndecidedLookUps = 10;

    public async Task CarryOutAsync(ConnectionGate gate, ClaimedDelivery claim, CancellationToken cancel)
    {
        using var span = TowerTelemetry.Start("tower.delivery", ActivityKind.Consumer, claim.Trace);
        span?.SetTag("tower.delivery", claim.Id).SetTag("tower.flow", claim.FlowId).SetTag("tower.connection", claim.ConnectionId).SetTag("tower.kind", claim.Kind).SetTag("tower.attempt", claim.Attempts);
        claim = claim with { Trace = span?.Context ?? claim.Trace };
        VendorCommand command;
        try
        {
            command = CommandComposer.Compose(claim);
        }
        catch (Exception error) when (error is InvalidOperationException or System.Text.Json.JsonException or ArgumentException)
        {
            Ended("not-composable");
            await RefusedAsync(gate, claim, new Outcome.Refused(FailureKind.Value, "not-composable", error.Message), null, cancel);
            return;
        }

        if (claim.Before == DeliveryState.Ready)
        {
            await SendAsync(gate, command, claim, cancel);
        }
        else if (gate.Client.IsRepeatable(command))
        {
            await ResendAsync(gate, command, claim, absent: false, cancel);
        }
        else
        {
            await LookUpAsync(gate, command, claim, cancel);
        }
    }

    private async Task LookUpAsync(ConnectionGate gate, VendorCommand command, ClaimedDelivery claim, CancellationToken cancel)
    {
        var answered = await gateway.LookUpAsync(gate, command, claim, cancel);
        Ended(answered.What is LookUp.Found ? "found" : answered.What is LookUp.Absent ? "absent" : "undecided");
        var sentFor = claim.DatabaseNow - (claim.LastSentAt ?? claim.CreatedAt);
        var patience = gate.Connection.Profile.MaxProcessing;
        switch (answered.What)
        {
            case LookUp.Found found:
                await AcceptedAsync(gate, claim, found.As, cancel);
                break;
            case LookUp.Absent when sentFor >= patience:
                await ResendAsync(gate, command, claim, absent: true, cancel);
                break;
            case LookUp.Absent:
                // The target may still commit what we stopped waiting for.
                gate.Served();
                await OutboxWork.LookAgainAsync(
                    data.Work, claim, Least(Backoff.OfLookUp(claim.LookUps), patience - sentFor), "Not there yet; it may still come.", counts: true, cancel);
                break;
            case LookUp.Undecided u when !IsOwn(gate, claim, u.Kind):
                await OutboxWork.LookAgainAsync(data.Work, claim, Backoff.WhileAway(u.RetryAfter), u.Message, counts: false, cancel);
                break;
            case LookUp.Undecided u when sentFor > patience * UndecidedFor && claim.LookUps >= UndecidedLookUps:
                await HoldAsync(gate, claim, FailureKind.UnknownOutcome, "undecided", u.Message, answered.CallId, perhapsDone: true, cancel);
                break;
            case LookUp.Undecided u:
                await OutboxWork.LookAgainAsync(data.Work, claim, Most(Backoff.OfLookUp(claim.LookUps), u.RetryAfter ?? TimeSpan.Zero), u.Message, counts: true, cancel);
                break;
        }

        changes.Announce(LiveTopics.Flows | LiveTopics.Connections);
    }

    private async Task ResendAsync(ConnectionGate gate, VendorCommand command, ClaimedDelivery claim, bool absent, CancellationToken cancel)
    {
        if (claim.Attempts >= MaxAttempts)
        {
            await HoldAsync(gate, claim, FailureKind.UnknownOutcome, "too-many-attempts", $"Sent {claim.Attempts} times without an answer.", null, perhapsDone: true, cancel);
        }
        else if (await OutboxWork.OpenAttemptAsync(data.Work, claim, absent, cancel))
        {
            await SendAsync(gate, command, claim with { Attempts = claim.Attempts + 1 }, cancel);
        }
    }

    private async Task SendAsync(ConnectionGate gate, VendorCommand command, ClaimedDelivery claim, CancellationToken cancel)
    {
        var answered = await gateway.SendAsync(gate, command, claim, cancel);
        Ended(Gateway.Word(answered.What));
        switch (answered.What)
        {
            case Outcome.Accepted accepted:
                await AcceptedAsync(gate, claim, accepted, cancel);
                return;
            case Outcome.Refused refused:
                await RefusedAsync(gate, claim, refused, answered.CallId, cancel);
                break;
            case Outcome.Unknown unknown:
                await OutboxWork.SuspectAsync(data.Work, claim, Backoff.OfLookUp(0), unknown.Message, counts: IsOwn(gate, claim, FailureKind.UnknownOutcome), cancel);
                break;
            case Outcome.NotDone away when !IsOwn(gate, claim, away.Kind):
                await OutboxWork.PostponeAsync(
                    data.Work, claim, Backoff.WhileAway(away.RetryAfter), counts: false, Fingerprint.Word(away.Kind), away.Message, defer: away.Kind != FailureKind.RateLimit, cancel);
                break;
            case Outcome.NotDone failed when claim.Attempts >= MaxAttempts:
                await HoldAsync(gate, claim, failed.Kind, "out-of-attempts", failed.Message, answered.CallId, perhapsDone: false, cancel);
                break;
            case Outcome.NotDone failed:
                await OutboxWork.PostponeAsync(
                    data.Work, claim, Backoff.After(claim.Attempts, failed.RetryAfter, Random.Shared.NextDouble()), counts: true, Fingerprint.Word(failed.Kind), failed.Message, defer: false, cancel);
                break;
        }

        changes.Announce(LiveTopics.Flows | LiveTopics.Connections);
    }

    // Not if the target is away or wants a rest, and not if others fail with it.
    private static bool IsOwn(ConnectionGate gate, ClaimedDelivery claim, FailureKind kind) =>
        kind is not (FailureKind.Connection or FailureKind.RateLimit) && gate.Blames(claim.Key);

    private Task AcceptedAsync(ConnectionGate gate, ClaimedDelivery claim, Outcome.Accepted accepted, CancellationToken cancel) =>
        SubmitAsync(gate, claim, new FlowInput.Delivered(claim, accepted), cancel);

    private Task RefusedAsync(ConnectionGate gate, ClaimedDelivery claim, Outcome.Refused refused, long? callId, CancellationToken cancel) =>
        SubmitAsync(gate, claim, new FlowInput.Refused(claim, refused, callId), cancel);

    private async Task SubmitAsync(ConnectionGate gate, ClaimedDelivery claim, FlowInput input, CancellationToken cancel)
    {
        gate.Served();
        switch (await flows.SubmitAsync(input, cancel))
        {
            case FlowAnswer.Failed failed:
                NotApplied(log, claim.Key, failed.Error);
                await HoldAsync(
                    gate, claim, FailureKind.Value, "not-applied", $"The target answered, but the flow could not take it: {failed.Error.Message}", null,
                    perhapsDone: input is FlowInput.Delivered, cancel);
                break;
            case FlowAnswer.Lost:
                LostClaim(log, claim.Key);
                break;
            default:
                changes.Announce(input is FlowInput.Refused ? LiveTopics.Cases | LiveTopics.Connections : LiveTopics.Connections);
                break;
        }
    }

    /// <param name="perhapsDone">A retry by a person looks it up before it sends anything.</param>
    private async Task HoldAsync(ConnectionGate gate, ClaimedDelivery claim, FailureKind kind, string code, string message, long? callId, bool perhapsDone, CancellationToken cancel)
    {
        gate.Forget(claim.Key);
        await using var connection = await data.Work.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        if (await OutboxWork.HoldForPersonAsync(connection, claim, Fingerprint.Word(kind), message, perhapsDone, cancel) == 1)
        {
            await CaseStore.OpenDeliveryAsync(connection, claim, Fingerprint.Of(kind, claim.ConnectionId, code, null), Fingerprint.Word(kind), code,
                Titles.Of(kind, code, gate.Connection.Profile.Name), message, callId, cancel);
        }

        await transaction.CommitAsync(cancel);
        changes.Announce(LiveTopics.Cases | LiveTopics.Connections);
    }

    private static void Ended(string outcome)
    {
        TowerTelemetry.CountOutcome("outbox", outcome);
        Activity.Current?.SetTag("tower.outcome", outcome);
    }

    private static TimeSpan Least(TimeSpan a, TimeSpan b) => a < b ? a : b > TimeSpan.Zero ? b : TimeSpan.Zero;

    private static TimeSpan Most(TimeSpan a, TimeSpan b) => a > b ? a : b;

    [LoggerMessage(EventId = 2311, Level = LogLevel.Error, Message = "The outcome of {Key} could not be applied")]
    private static partial void NotApplied(ILogger log, string key, Exception error);

    [LoggerMessage(EventId = 2312, Level = LogLevel.Warning, Message = "The claim on {Key} was lost to another node; its outcome is left to that node")]
    private static partial void LostClaim(ILogger log, string key);
}
