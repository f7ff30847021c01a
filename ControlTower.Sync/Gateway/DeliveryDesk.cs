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
/// processing time. No error of a call leaves this class; errors of our own database do, and leave the delivery as if its process had died.
/// </summary>
public sealed partial class DeliveryDesk(TowerDataSources data, Gateway gateway, FlowRunner flows, ChangeNotifier changes, ILogger<DeliveryDesk> log)
{
    /// <summary>Attempts that reached the target and failed, before a person is asked.</summary>
    public const int MaxAttempts = 10;

    // Beyond this many processing times, a look-up that cannot decide will not decide by itself.
    private const int UndecidedFor = 3;

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
            await RefusedAsync(claim, new Outcome.Refused(FailureKind.Value, "not-composable", error.Message), null, cancel);
            return;
        }

        if (claim.Before == DeliveryState.Ready)
        {
            await SendAsync(gate, command, claim, cancel);
        }
        else if (gate.Client.IsRepeatable(command))
        {
            await ResendAsync(gate, command, claim, cancel);
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
                await AcceptedAsync(claim, found.As, cancel);
                break;
            case LookUp.Absent when sentFor >= patience:
                await ResendAsync(gate, command, claim, cancel);
                break;
            case LookUp.Absent:
                // The target may still commit what we stopped waiting for.
                await OutboxWork.SuspectAsync(data.Work, claim, Least(Backoff.OfLookUp(claim.LookUps), patience - sentFor), "Not there yet; it may still come.", cancel);
                break;
            case LookUp.Undecided u when sentFor > patience * UndecidedFor && u.Kind is not (FailureKind.Connection or FailureKind.RateLimit):
                await HoldAsync(claim, FailureKind.UnknownOutcome, "undecided", u.Message, answered.CallId, cancel);
                break;
            case LookUp.Undecided u:
                await OutboxWork.SuspectAsync(data.Work, claim, Most(Backoff.OfLookUp(claim.LookUps), u.RetryAfter ?? TimeSpan.Zero), u.Message, cancel);
                break;
        }

        changes.Announce(LiveTopics.Flows | LiveTopics.Connections);
    }

    private async Task ResendAsync(ConnectionGate gate, VendorCommand command, ClaimedDelivery claim, CancellationToken cancel)
    {
        if (claim.Attempts >= MaxAttempts)
        {
            await HoldAsync(claim, FailureKind.UnknownOutcome, "too-many-attempts", $"Sent {claim.Attempts} times without an answer.", null, cancel);
        }
        else if (await OutboxWork.OpenAttemptAsync(data.Work, claim, cancel))
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
                await AcceptedAsync(claim, accepted, cancel);
                return;
            case Outcome.Refused refused:
                await RefusedAsync(claim, refused, answered.CallId, cancel);
                break;
            case Outcome.Unknown unknown:
                await OutboxWork.SuspectAsync(data.Work, claim, Backoff.OfLookUp(0), unknown.Message, cancel);
                break;
            case Outcome.NotDone { Kind: FailureKind.Connection or FailureKind.RateLimit } away:
                await OutboxWork.PostponeAsync(
                    data.Work, claim, Backoff.After(claim.Attempts, away.RetryAfter, Random.Shared.NextDouble()), counts: false, Fingerprint.Word(away.Kind), away.Message,
                    defer: away.Kind == FailureKind.Connection, cancel);
                break;
            case Outcome.NotDone failed when claim.Attempts >= MaxAttempts:
                await HoldAsync(claim, failed.Kind, "out-of-attempts", failed.Message, answered.CallId, cancel);
                break;
            case Outcome.NotDone failed:
                await OutboxWork.PostponeAsync(
                    data.Work, claim, Backoff.After(claim.Attempts, failed.RetryAfter, Random.Shared.NextDouble()), counts: true, Fingerprint.Word(failed.Kind), failed.Message, defer: false, cancel);
                break;
        }

        changes.Announce(LiveTopics.Flows | LiveTopics.Connections);
    }

    private Task AcceptedAsync(ClaimedDelivery claim, Outcome.Accepted accepted, CancellationToken cancel) =>
        SubmitAsync(claim, new FlowInput.Delivered(claim, accepted), cancel);

    private Task RefusedAsync(ClaimedDelivery claim, Outcome.Refused refused, long? callId, CancellationToken cancel) =>
        SubmitAsync(claim, new FlowInput.Refused(claim, refused, callId), cancel);

    private async Task SubmitAsync(ClaimedDelivery claim, FlowInput input, CancellationToken cancel)
    {
        switch (await flows.SubmitAsync(input, cancel))
        {
            case FlowAnswer.Failed failed:
                NotApplied(log, claim.Key, failed.Error);
                await HoldAsync(claim, FailureKind.Value, "not-applied", $"The target answered, but the flow could not take it: {failed.Error.Message}", null, cancel);
                break;
            case FlowAnswer.Lost:
                LostClaim(log, claim.Key);
                break;
            default:
                changes.Announce(input is FlowInput.Refused ? LiveTopics.Cases | LiveTopics.Connections : LiveTopics.Connections);
                break;
        }
    }

    private async Task HoldAsync(ClaimedDelivery claim, FailureKind kind, string code, string message, long? callId, CancellationToken cancel)
    {
        await using var connection = await data.Work.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        if (await OutboxWork.HoldForPersonAsync(connection, claim, Fingerprint.Word(kind), message, cancel) == 1)
        {
            await CaseStore.OpenDeliveryAsync(connection, claim, Fingerprint.Of(kind, claim.ConnectionId, code, null), Fingerprint.Word(kind), code,
                Titles.Of(kind, code, claim.ConnectionId), message, callId, cancel);
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
