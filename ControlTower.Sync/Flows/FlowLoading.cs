using ControlTower.Data.Canonical;
using ControlTower.Data.Flows;
using ControlTower.Sync.Connections;
using Npgsql;

namespace ControlTower.Sync.Flows;

/// <summary>Finds, makes and locks the flows that a batch is about.</summary>
internal sealed class FlowLoading(NpgsqlConnection connection, FlowHosts hosts, ConnectionDirectory connections)
{
    public async Task<LoadedFlows> LoadAsync(IReadOnlyList<FlowInput> batch, HeldInputs held, CancellationToken cancel)
    {
        var events = batch.Where(held.Has).OfType<FlowInput.Message>().SelectMany(m => m.Events).ToList();
        var byPosting = await ByPostingAsync(events, cancel);
        await EnsureAsync(events, cancel);

        var subjects = events.Select(hosts.SubjectOf).OfType<FlowSubject>().Distinct().ToList();
        var due = batch.OfType<FlowInput.Due>().ToList();
        long[] ids =
        [
            .. byPosting.Values,
            .. batch.Where(held.Has).Select(HeldInputs.DeliveryOf).Where(d => d is not null).Select(d => d!.FlowId),
            .. due.Select(d => d.FlowId),
            .. batch.OfType<FlowInput.Retried>().Select(r => r.FlowId),
        ];
        var rows = await FlowStore.LockAsync(
            connection, [.. ids.Distinct()], [.. subjects.Select(s => s.Kind)], [.. subjects.Select(s => s.Key.Source)], [.. subjects.Select(s => s.Key.Id)], cancel);
        var taken = due.Count == 0 ? [] : await FlowStore.TakeDeadlinesAsync(connection, [.. due.Select(d => d.FlowId)], [.. due.Select(d => d.Deadline)], cancel);
        return new LoadedFlows(
            batch, held, hosts, byPosting, [.. taken.Select(t => (t.FlowId, t.Name))],
            rows.ToDictionary(r => r.Id, r => hosts.Open(r, r.Erp ?? connections.Find(r.Source)?.PostsTo)));
    }

    private async Task<Dictionary<string, long>> ByPostingAsync(List<CanonicalEvent> events, CancellationToken cancel)
    {
        var keys = events.Select(e => e.Posting?.Value).OfType<string>().Distinct(StringComparer.Ordinal).ToArray();
        return keys.Length == 0 ? [] : await FlowStore.ByPostingAsync(connection, keys, cancel);
    }

    private async Task EnsureAsync(List<CanonicalEvent> events, CancellationToken cancel)
    {
        var seeds = events.Where(hosts.CanStart).Select(hosts.SubjectOf).OfType<FlowSubject>().Distinct().Select(Seed).ToList();
        if (seeds.Count > 0)
        {
            await FlowStore.EnsureAsync(connection, seeds, cancel);
        }
    }

    private FlowSeed Seed(FlowSubject subject)
    {
        var source = connections.Find(subject.Key.Source);
        return new FlowSeed(subject.Kind, subject.Key.Source, subject.Key.Id, source?.Brand ?? "", source?.PostsTo);
    }
}

/// <summary>The locked flows, and which input goes to which.</summary>
internal sealed class LoadedFlows(
    IReadOnlyList<FlowInput> batch, HeldInputs held, FlowHosts hosts, IReadOnlyDictionary<string, long> byPosting, HashSet<(long Flow, string Name)> deadlines,
    IReadOnlyDictionary<long, FlowInstance> instances)
{
    private readonly Dictionary<FlowSubject, long> bySubject =
        instances.Values.ToDictionary(i => new FlowSubject(i.Row.Kind, new OrderKey(i.Row.Source, i.Row.SourceId)), i => i.Row.Id);

    public IReadOnlyDictionary<long, FlowInstance> Instances => instances;

    public long? FlowOf(CanonicalEvent what) =>
        hosts.SubjectOf(what) is { } subject ? (bySubject.TryGetValue(subject, out var id) ? id : null)
        : what.Posting is { } posting && byPosting.TryGetValue(posting.Value, out var flow) ? flow
        : null;

    /// <summary>Hands each held input to its flow, in the order of the batch. An event without a flow is parked: it came before what it is about.</summary>
    public void Enqueue(FlowBatch working)
    {
        for (var i = 0; i < batch.Count; i++)
        {
            if (!held.Has(batch[i]))
            {
                continue;
            }

            switch (batch[i])
            {
                case FlowInput.Message m:
                    Enqueue(working, i, m);
                    break;
                case FlowInput.Delivered d:
                    working.Enqueue(i, d.Claim.FlowId, new FlowEvent.Delivered(Enum.Parse<DeliveryKind>(d.Claim.Kind), new PostingKey(d.Claim.Key), d.As), d.Claim.Trace);
                    break;
                case FlowInput.Refused r:
                    working.Enqueue(i, r.Claim.FlowId, new FlowEvent.Refused(Enum.Parse<DeliveryKind>(r.Claim.Kind), new PostingKey(r.Claim.Key), r.Why), r.Claim.Trace);
                    break;
                case FlowInput.Due d when deadlines.Contains((d.FlowId, d.Deadline)):
                    working.Enqueue(i, d.FlowId, new FlowEvent.Due(d.Deadline), null);
                    break;
                case FlowInput.Retried r when instances.ContainsKey(r.FlowId):
                    working.Enqueue(i, r.FlowId, new FlowEvent.Retried(r.By), null);
                    break;
                default:
                    working.Note(i, Verdict.Ignored);
                    break;
            }
        }
    }

    private void Enqueue(FlowBatch working, int input, FlowInput.Message message)
    {
        foreach (var what in message.Events)
        {
            if (FlowOf(what) is { } flow)
            {
                working.Enqueue(input, flow, new FlowEvent.Told(what), message.Claim.Trace);
            }
            else
            {
                working.Note(input, Verdict.Parked);
            }
        }
    }
}
