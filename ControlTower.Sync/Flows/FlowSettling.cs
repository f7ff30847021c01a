using System.Collections.Frozen;
using System.Text.Json;
using ControlTower.Data.Inbox;
using ControlTower.Data.Outbox;
using ControlTower.Data.Ownership;
using ControlTower.Data.Triage;
using ControlTower.Sync.Connections;
using ControlTower.Sync.Ownership;
using ControlTower.Sync.Triage;
using Npgsql;

namespace ControlTower.Sync.Flows;

/// <summary>Ends the inputs of a batch in the same transaction as their consequences, and says how each went.</summary>
internal sealed class FlowSettling(
    NpgsqlConnection connection, IReadOnlyList<FlowInput> batch, HeldInputs held, FlowBatch working, LoadedFlows flows, ConnectionDirectory connections,
    IReadOnlySet<string> withdrawn)
{
    /// <summary>How long a message may wait for what it depends on before a person is asked (a refund before its order, an ERP notice before its posting).</summary>
    private static readonly TimeSpan ParkLimit = TimeSpan.FromHours(24);

    public async Task<IReadOnlyList<FlowAnswer>> SettleAsync(CancellationToken cancel)
    {
        var answers = batch.Select(Answer).ToList();
        var applied = batch.Zip(answers).Where(p => p.Second is FlowAnswer.Applied).Select(p => (Input: p.First, ((FlowAnswer.Applied)p.Second).Verdict)).ToList();
        await EndMessagesAsync([.. applied.Where(a => a.Input is FlowInput.Message).Select(a => ((FlowInput.Message)a.Input, a.Verdict))], cancel);
        await EndDeliveriesAsync([.. applied.Select(a => a.Input)], cancel);
        return answers;
    }

    private FlowAnswer Answer(FlowInput input, int index) =>
        !held.Has(input) ? new FlowAnswer.Lost()
        : new FlowAnswer.Applied(working.VerdictOf(index) ?? Verdict.Ignored);

    private async Task EndMessagesAsync(List<(FlowInput.Message Input, Verdict Verdict)> messages, CancellationToken cancel)
    {
        var ended = messages.Where(m => m.Verdict != Verdict.Parked).ToList();
        if (ended.Count > 0)
        {
            await InboxWork.FinishAsync(
                connection, ended.ConvertAll(m => new MessageEnd(m.Input.Claim.Id, Word(m.Verdict), null, FlowOf(m.Input), m.Input.Claim.Attempts)), cancel);
        }

        // What was read last stands for what came before it of the same, as far as the connector says that it holds all there is.
        var readings = ended.Where(m => m.Verdict is Verdict.Applied or Verdict.Duplicate).Select(m => m.Input.Claim)
            .Select(claim => new CoveringReading(claim.ConnectionId, claim.Lane, connections.Get(claim.ConnectionId)?.Connector?.CoveredBy(claim.Topic) ?? FrozenSet<string>.Empty, claim.Id))
            .Where(reading => reading.Topics.Count > 0).ToList();
        if (readings.Count > 0)
        {
            await CaseStore.CoverAsync(connection, readings, cancel);
        }

        if (ended.Count > 0)
        {
            // Only a message that was set aside and retried has a case; the look-up is by key.
            await CaseStore.WentOnAsync(connection, [.. ended.Select(m => $"message/{m.Input.Claim.Id}")], "The message was read and applied.", cancel);
        }

        await OwnershipLog.WriteAsync(connection, [.. ended.SelectMany(m => m.Input.Writes.Where(w => m.Verdict == Verdict.Applied || !Judgement.IsTaken(w.Verdict)))], cancel);

        // What waited for these subjects may go on now.
        var woken = ended.Where(m => m.Verdict == Verdict.Applied).Select(m => (m.Input.Claim.ConnectionId, m.Input.Claim.Lane)).Distinct().ToList();
        if (woken.Count > 0)
        {
            await InboxWork.WakeLanesAsync(connection, [.. woken.Select(w => w.ConnectionId)], [.. woken.Select(w => w.Lane)], cancel);
        }

        // One whose time is over stays claimed: the pump sets it aside.
        var parked = messages.Where(m => m.Verdict == Verdict.Parked && !m.Input.Claim.LastLook).ToList();
        if (parked.Count > 0)
        {
            await InboxWork.ParkAsync(connection, [.. parked.Select(m => m.Input.Claim.Id)], [.. parked.Select(_ => "waits for the order it is about")], ParkLimit, cancel);
        }
    }

    private async Task EndDeliveriesAsync(List<FlowInput> inputs, CancellationToken cancel)
    {
        var delivered = inputs.OfType<FlowInput.Delivered>().ToList();
        if (delivered.Count > 0)
        {
            await OutboxStore.SettleAsync(connection, delivered.ConvertAll(d => new SettledPosting(
                d.Claim.Id, d.Claim.Fence, d.Claim.Key, d.As.Reference, d.As.Number,
                d.As.Facts is null ? null : JsonSerializer.Serialize(d.As.Facts, DeliveryJson.Default.IReadOnlyDictionaryStringString))), cancel);
        }

        // What was taken back at once is nobody's case.
        var refused = inputs.OfType<FlowInput.Refused>().Where(r => !withdrawn.Contains(r.Claim.Key)).ToList();
        if (refused.Count > 0)
        {
            await CaseStore.OpenAsync(connection, refused.ConvertAll(Case), cancel);
        }
    }

    private NewCase Case(FlowInput.Refused refused)
    {
        var (claim, why) = (refused.Claim, refused.Why);
        var summary = flows.Instances[claim.FlowId].Save();
        return new NewCase(
            $"posting/{claim.Key}", Fingerprint.Of(why.Kind, claim.ConnectionId, why.Code, why.Field), Fingerprint.Word(why.Kind), why.Code,
            Titles.Of(why.Kind, why.Code, connections.Find(claim.ConnectionId)?.Name ?? claim.ConnectionId), why.Message, why.Field, claim.ConnectionId, claim.FlowId, claim.Key, null, refused.CallId, summary.Value, summary.Currency, claim.Brand);
    }

    private long? FlowOf(FlowInput.Message message) => message.Events.Select(flows.FlowOf).FirstOrDefault(f => f is not null);

    private static string Word(Verdict verdict) => verdict switch
    {
        Verdict.Applied => "processed",
        Verdict.Duplicate => "duplicate",
        Verdict.Stale => "stale",
        _ => "ignored",
    };
}
