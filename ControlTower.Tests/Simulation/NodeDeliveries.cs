using ControlTower.Data.Outbox;
using ControlTower.Sync.Connectors;
using ControlTower.Sync.Flows;
using ControlTower.Sync.Gateway;
using ControlTower.Sync.Pumps;

namespace ControlTower.Tests.Simulation;

// What a node does with deliveries: claims them, carries each out one await at a time, records how it went.
internal sealed partial class Node
{
    /// <summary>The worker's loop: defer, then start deliveries.</summary>
    private void Claim(Worker worker)
    {
        BrokenPromise.Unless(!worker.Client.MustBeQuiet, $"{Name} sends to {worker.Gate.Id} although it was asked to wait.");
        if (worker.Gate.Breaker.State != BreakerState.Closed || worker.Gate.Breaker.State != worker.Seen)
        {
            rig.Coverage.Hit(rig.Tower.Outbox.Defer(worker.Gate.Id) > 0 ? "deferred behind a closed door" : "nothing to defer");
            worker.Seen = worker.Gate.Breaker.State;
        }

        var owned = rig.Tower.Gates.Holds(worker.Gate.Id, id, worker.Fence);
        foreach (var claim in rig.Tower.Outbox.Claim(worker.Gate.Id, owned, worker.InFlight.Keys, worker.Slots, DeliveryLane.Batch))
        {
            rig.NewestClaim[$"delivery {claim.Id}"] = claim.Fence;
            var trusted = rig.Guards.LooksUp ? claim : claim with { Before = DeliveryState.Ready };
            var carrying = new Carrying(trusted, CommandComposer.Compose(trusted));
            carrying.Next = DeliveryRules.First(trusted, worker.Client.IsRepeatable(carrying.Command));
            worker.InFlight[claim.Id] = carrying;
        }
    }

    /// <summary><see cref="ConnectionErrands"/>: the cheapest call there is, until only real work is missing.</summary>
    private void Probe(Worker worker)
    {
        rig.Coverage.Hit("door tried");
        BrokenPromise.Unless(door.TestAsync(worker.Gate, worker.Abort.Token).IsCompletedSuccessfully, "A test is answered at once.");
    }

    /// <summary><see cref="DeliveryDesk.CarryOutAsync"/>, one await at a time.</summary>
    private void GoOn(Worker worker, Carrying carrying)
    {
        switch (carrying)
        {
            case { Sending: null, Asking: null } when !worker.MayStart:
                worker.InFlight.Remove(carrying.Claim.Id);
                break;
            case { Next: DeliveryStep.Send }:
                (carrying.Next, carrying.Asking) = (null, null);
                carrying.Sending = door.SendAsync(worker.Gate, carrying.Command, carrying.Claim, worker.Abort.Token);
                break;
            case { Next: DeliveryStep.Ask }:
                carrying.Next = null;
                carrying.Asking = door.LookUpAsync(worker.Gate, carrying.Command, carrying.Claim, worker.Abort.Token);
                break;
            case { Next: DeliveryStep.ReadBack accepted }:
                (carrying.Next, carrying.Said, carrying.Sending) = (null, accepted.As, null);
                worker.Gate.Served();
                carrying.Asking = door.LookUpAsync(worker.Gate, carrying.Command, carrying.Claim, worker.Abort.Token);
                break;
            case { Next: { } decided }:
                Record(worker, carrying, decided);
                break;
            case { Asking: { } read, Said: { } said }:
                rig.Coverage.Hit($"read back: {read.GetAwaiter().GetResult().What.GetType().Name}");
                carrying.Next = DeliveryRules.AfterReadingBack(said, read.GetAwaiter().GetResult().What);
                break;
            case { Asking: { } asked }:
                carrying.Next = Hear(worker, carrying.Claim, asked.GetAwaiter().GetResult().What);
                break;
            case { Sending: { } sent }:
                carrying.Next = Hear(worker, carrying.Claim, sent.GetAwaiter().GetResult().What);
                break;
        }
    }

    private DeliveryStep Hear(Worker worker, ClaimedDelivery claim, Outcome outcome)
    {
        rig.Trace.Write($"  {outcome.GetType().Name}");
        var own = DeliveryRules.TroubleOf(outcome) is { } trouble && worker.Gate.IsOwn(claim.Key, trouble);
        return DeliveryRules.AfterSending(claim, outcome, own, rig.Random.NextDouble());
    }

    private DeliveryStep Hear(Worker worker, ClaimedDelivery claim, LookUp answer)
    {
        rig.Trace.Write($"  {answer.GetType().Name}");
        rig.Coverage.Hit($"looked up: {answer.GetType().Name}");
        var own = answer is LookUp.Undecided u && worker.Gate.IsOwn(claim.Key, u.Kind);
        var step = DeliveryRules.AfterAsking(claim, answer, rig.Guards.WaitsBeforeAbsent ? Estate.Longest : TimeSpan.Zero, own);
        if (answer is LookUp.Absent && step is DeliveryStep.AskAgain)
        {
            worker.Gate.Served();
        }

        return step;
    }

    private void Record(Worker worker, Carrying carrying, DeliveryStep step)
    {
        var reached = false;
        if (!Saved(() => reached = Write(worker, carrying.Claim, step)))
        {
            worker.InFlight.Remove(carrying.Claim.Id); // As if the process had died: it is looked up.
            return;
        }

        justRecorded = true;
        rig.Coverage.Hit($"{(reached ? "recorded" : "refused by its fence")}: {step.GetType().Name}");
        if (reached)
        {
            rig.CheckFence($"delivery {carrying.Claim.Id}", carrying.Claim.Fence);
        }

        if (reached && step is DeliveryStep.SendAgain)
        {
            (carrying.Claim, carrying.Next) = (carrying.Claim with { Attempts = carrying.Claim.Attempts + 1 }, new DeliveryStep.Send());
        }
        else
        {
            worker.InFlight.Remove(carrying.Claim.Id);
        }
    }

    // False: the claim was lost, nothing was changed.
    private bool Write(Worker worker, ClaimedDelivery claim, DeliveryStep step)
    {
        var outbox = rig.Tower.Outbox;
        switch (step)
        {
            case DeliveryStep.SendAgain again:
                return outbox.OpenAttempt(claim, again.Absent);
            case DeliveryStep.Suspect s:
                return outbox.Suspect(claim, s.Pause, s.Counts) == 1;
            case DeliveryStep.AskAgain a:
                return outbox.LookAgain(claim, a.Pause, a.Counts) == 1;
            case DeliveryStep.Postpone p:
                return outbox.Postpone(claim, p.Pause, p.Counts, p.Defer) == 1;
            case DeliveryStep.Accept accept:
                worker.Gate.Served();
                return runner.Apply([new FlowInput.Delivered(claim, accept.As)]) is [FlowAnswer.Applied];
            case DeliveryStep.Refuse refuse:
                worker.Gate.Served();
                return runner.Apply([new FlowInput.Refused(claim, refuse.Why, null)]) is [FlowAnswer.Applied];
            case DeliveryStep.Hold hold:
                worker.Gate.Forget(claim.Key);
                var held = outbox.HoldForPerson(claim, hold.PerhapsDone) == 1;
                if (held)
                {
                    rig.Tower.Cases[$"posting/{claim.Key}"] = hold.Code;
                }

                return held;
            default:
                throw new InvalidOperationException($"Unknown step {step.GetType().Name}.");
        }
    }
}
