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
using Microsoft.Extensions.Options;

namespace ControlTower.Sync.Gateway;

/// <summary>
/// Carries out one claimed delivery as <see cref="DeliveryRules"/> decide and saves how it ended. No error of a call leaves this class; errors of our own database do, and leave
/// the delivery as if its process had died.
/// </summary>
public sealed partial class DeliveryDesk(TowerDataSources data, Gateway gateway, FlowRunner flows, ChangeNotifier changes, IOptions<FlowOptions> options, ILogger<DeliveryDesk> log)
{
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

        await DoAsync(gate, command, claim, DeliveryRules.First(claim, gate.Client.IsRepeatable(command)), null, cancel);
    }

    private async Task DoAsync(ConnectionGate gate, VendorCommand command, ClaimedDelivery claim, DeliveryStep step, long? callId, CancellationToken cancel)
    {
        switch (step)
        {
            case DeliveryStep.Send:
                await SendAsync(gate, command, claim, cancel);
                return;
            case DeliveryStep.Ask:
                await AskAsync(gate, command, claim, cancel);
                return;
            case DeliveryStep.ReadBack accepted:
                await ReadBackAsync(gate, command, claim, accepted.As, cancel);
                return;
            case DeliveryStep.SendAgain again:
                if (await OutboxWork.OpenAttemptAsync(data.Work, claim, again.Absent, cancel))
                {
                    await SendAsync(gate, command, claim with { Attempts = claim.Attempts + 1 }, cancel);
                }

                return;
            case DeliveryStep.Accept accept:
                await SubmitAsync(gate, claim, new FlowInput.Delivered(claim, accept.As), cancel);
                break;
            case DeliveryStep.Refuse refuse:
                await RefusedAsync(gate, claim, refuse.Why, callId, cancel);
                break;
            case DeliveryStep.Hold hold:
                await HoldAsync(gate, claim, hold, callId, cancel);
                break;
            default:
                await PutOffAsync(claim, step, cancel);
                break;
        }

        changes.Announce(LiveTopics.Flows | LiveTopics.Connections);
    }

    private Task<int> PutOffAsync(ClaimedDelivery claim, DeliveryStep step, CancellationToken cancel) => step switch
    {
        DeliveryStep.Suspect s => OutboxWork.SuspectAsync(data.Work, claim, s.Pause, s.Message, s.Counts, cancel),
        DeliveryStep.AskAgain a => OutboxWork.LookAgainAsync(data.Work, claim, a.Pause, a.Message, a.Counts, cancel),
        DeliveryStep.Postpone p => OutboxWork.PostponeAsync(data.Work, claim, p.Pause, p.Counts, Fingerprint.Word(p.Kind), p.Message, p.Defer, cancel),
        _ => throw new InvalidOperationException($"Unknown step {step.GetType().Name}."),
    };

    private async Task AskAsync(ConnectionGate gate, VendorCommand command, ClaimedDelivery claim, CancellationToken cancel)
    {
        var answered = await gateway.LookUpAsync(gate, command, claim, cancel);
        Ended(answered.What is LookUp.Found ? "found" : answered.What is LookUp.Absent ? "absent" : "undecided");
        var own = answered.What is LookUp.Undecided u && gate.IsOwn(claim.Key, u.Kind);
        var step = DeliveryRules.AfterAsking(claim, answered.What, gate.Connection.Profile.MaxProcessing, own);
        if (answered.What is LookUp.Absent && step is DeliveryStep.AskAgain)
        {
            // The target may still commit what we stopped waiting for.
            gate.Served();
        }

        await DoAsync(gate, command, claim, Judged(command, claim, answered.What, step), answered.CallId, cancel);
    }

    private async Task SendAsync(ConnectionGate gate, VendorCommand command, ClaimedDelivery claim, CancellationToken cancel)
    {
        var answered = await gateway.SendAsync(gate, command, claim, cancel);
        Ended(Gateway.Word(answered.What));
        var own = DeliveryRules.TroubleOf(answered.What) is { } trouble && gate.IsOwn(claim.Key, trouble);
        await DoAsync(gate, command, claim, DeliveryRules.AfterSending(claim, answered.What, own, Random.Shared.NextDouble()), answered.CallId, cancel);
    }

    private async Task ReadBackAsync(ConnectionGate gate, VendorCommand command, ClaimedDelivery claim, Outcome.Accepted said, CancellationToken cancel)
    {
        gate.Served();
        await CaseStore.AcceptedAsync(data.Work, claim.Key, cancel);
        changes.Announce(LiveTopics.Cases);
        var read = await gateway.LookUpAsync(gate, command, claim, cancel);
        await DoAsync(gate, command, claim, Judged(command, claim, read.What, DeliveryRules.AfterReadingBack(said, read.What)), read.CallId, cancel);
    }

    // What a person sent again is proven only as far as it was read and compared, whichever way it came to be read. What the target said of it when it took it is no proof.
    private DeliveryStep Judged(VendorCommand command, ClaimedDelivery claim, LookUp read, DeliveryStep step) =>
        claim.Lane == DeliveryLane.Replay && step is DeliveryStep.Accept { As: var accepted } && read is LookUp.Found found && Proof.Of(command, found.As.Facts, options.Value.TotalTolerance) is { } proof
            ? new DeliveryStep.Accept(accepted with { Facts = proof.With(accepted.Facts) })
            : step;

    private Task RefusedAsync(ConnectionGate gate, ClaimedDelivery claim, Outcome.Refused refused, long? callId, CancellationToken cancel) =>
        SubmitAsync(gate, claim, new FlowInput.Refused(claim, refused, callId), cancel);

    private async Task SubmitAsync(ConnectionGate gate, ClaimedDelivery claim, FlowInput input, CancellationToken cancel)
    {
        gate.Served();
        switch (await flows.SubmitAsync(input, cancel))
        {
            case FlowAnswer.Failed failed:
                NotApplied(log, claim.Key, new WordlessError(failed.Error));
                var message = $"The target answered, but the flow could not take it ({failed.Error.GetType().Name}).";
                await HoldAsync(gate, claim, new DeliveryStep.Hold(FailureKind.Value, "not-applied", message, PerhapsDone: input is FlowInput.Delivered), null, cancel);
                break;
            case FlowAnswer.Lost:
                LostClaim(log, claim.Key);
                break;
            default:
                changes.Announce(input is FlowInput.Refused ? LiveTopics.Cases | LiveTopics.Connections : LiveTopics.Connections);
                break;
        }
    }

    private async Task HoldAsync(ConnectionGate gate, ClaimedDelivery claim, DeliveryStep.Hold hold, long? callId, CancellationToken cancel)
    {
        var (kind, code) = (hold.Kind, hold.Code);
        gate.Forget(claim.Key);
        await using var connection = await data.Work.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        if (await OutboxWork.HoldForPersonAsync(connection, claim, Fingerprint.Word(kind), hold.Message, hold.PerhapsDone, cancel) == 1)
        {
            await CaseStore.OpenDeliveryAsync(connection, claim, Fingerprint.Of(kind, claim.ConnectionId, code, null), Fingerprint.Word(kind), code,
                Titles.Of(kind, code, gate.Connection.Profile.Name), hold.Message, callId, cancel);
        }

        await transaction.CommitAsync(cancel);
        changes.Announce(LiveTopics.Cases | LiveTopics.Connections);
    }

    private static void Ended(string outcome)
    {
        TowerTelemetry.CountOutcome("outbox", outcome);
        Activity.Current?.SetTag("tower.outcome", outcome);
    }

    [LoggerMessage(EventId = 2311, Level = LogLevel.Error, Message = "The outcome of {Key} could not be applied")]
    private static partial void NotApplied(ILogger log, string key, Exception error);

    [LoggerMessage(EventId = 2312, Level = LogLevel.Warning, Message = "The claim on {Key} was lost to another node; its outcome is left to that node")]
    private static partial void LostClaim(ILogger log, string key);
}
