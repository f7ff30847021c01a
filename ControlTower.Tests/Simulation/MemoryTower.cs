using System.Text.Json;
using ControlTower.Data.Canonical;
using ControlTower.Data.Flows;
using ControlTower.Data.Outbox;
using ControlTower.Sync.Flows;

namespace ControlTower.Tests.Simulation;

/// <summary>The database of a tower, in memory: what all its nodes share and what outlives them. Its clock alone decides about leases and times.</summary>
internal sealed class MemoryTower
{
    private readonly SortedDictionary<long, FlowRow> flows = [];
    private readonly Dictionary<OrderKey, long> bySubject = [];
    private readonly Dictionary<(long Flow, long Version), string> documents = [];
    private readonly SortedDictionary<(long Flow, string Name), DateTimeOffset> deadlines = [];

    public MemoryTower(DateTimeOffset start, Guards guards)
    {
        Now = start;
        Outbox = new MemoryOutbox(() => Now, About) { ChecksFences = guards.ChecksFences };
        Inbox = new MemoryInbox(() => Now) { ChecksFences = guards.ChecksFences, CountsBefore = guards.CountsBefore };
        Gates = new MemoryGates(() => Now, Estate.Erp, Estate.Shop);
    }

    public DateTimeOffset Now { get; set; }

    public MemoryOutbox Outbox { get; }

    public MemoryInbox Inbox { get; }

    public MemoryGates Gates { get; }

    public IEnumerable<FlowRow> Flows => flows.Values;

    /// <summary>Open cases: what failed, and its code.</summary>
    public SortedDictionary<string, string> Cases { get; } = new(StringComparer.Ordinal);

    /// <summary>Flows that hold goods.</summary>
    public HashSet<long> Holding { get; } = [];

    /// <summary>How long until something becomes due, for each thing that waits.</summary>
    public IEnumerable<TimeSpan> Times => Outbox.Deliveries.Where(d => d.State < DeliveryState.Held).Select(d => d.DueAt)
        .Concat(Inbox.Work.Select(w => w.LeaseUntil > w.DueAt ? w.LeaseUntil.Value : w.DueAt)).Concat(deadlines.Values)
        .Concat(Outbox.Deliveries.Any() ? Gates.Rows.Select(g => g.Until).OfType<DateTimeOffset>() : []).Select(at => at - Now);

    /// <summary><see cref="FlowStore.EnsureAsync"/>.</summary>
    public void Ensure(FlowSeed seed)
    {
        if (bySubject.TryAdd(new OrderKey(seed.Source, seed.SourceId), flows.Count + 1))
        {
            flows.Add(flows.Count + 1, new FlowRow(flows.Count + 1, seed.Kind, seed.Source, seed.SourceId, seed.Brand, seed.Erp, "", null, 0, 0, "", "open"));
        }
    }

    /// <summary><see cref="FlowStore.LockAsync"/>.</summary>
    public List<FlowRow> Lock(IEnumerable<long> ids, IEnumerable<OrderKey> subjects) =>
        [.. ids.Concat(subjects.Where(bySubject.ContainsKey).Select(s => bySubject[s])).Distinct().Order().Select(id => flows[id])];

    /// <summary><see cref="FlowStore.SaveAsync"/>, with its guard of last resort.</summary>
    public void Save(FlowSave save)
    {
        var row = flows[save.Id];
        if (row.Version != save.Version)
        {
            throw new BrokenPromise($"Flow {save.Id} changed under its lock.");
        }

        flows[save.Id] = row with { State = save.State, Version = row.Version + 1, Steps = save.Steps, Stage = save.Stage, Status = save.Status, Name = save.Name, Erp = save.Erp };
    }

    /// <summary><see cref="FlowStore.KeepDocumentsAsync"/>.</summary>
    public void Keep(long flow, Order document) => documents.TryAdd((flow, document.Version), JsonSerializer.Serialize(document, CanonicalJson.Default.Order));

    /// <summary><see cref="FlowStore.SetDeadlinesAsync"/>.</summary>
    public void Set(long flow, DeadlineIntent deadline)
    {
        if (deadline.After is { } after)
        {
            deadlines[(flow, deadline.Name)] = Now + after;
        }
        else
        {
            deadlines.Remove((flow, deadline.Name));
        }
    }

    /// <summary><see cref="FlowStore.DueAsync"/>.</summary>
    public IEnumerable<(long Flow, string Name)> Due() => deadlines.Where(d => d.Value <= Now).Select(d => d.Key);

    /// <summary><see cref="FlowStore.TakeDeadlinesAsync"/>.</summary>
    public List<(long Flow, string Name)> Take(IEnumerable<(long Flow, string Name)> due) =>
        [.. due.Where(d => deadlines.TryGetValue(d, out var at) && at <= Now && deadlines.Remove(d))];

    private (string Source, string SourceId, string Brand, string Name, string? Document) About(Delivery delivery)
    {
        var flow = flows[delivery.Wanted.FlowId];
        return (flow.Source, flow.SourceId, flow.Brand, flow.Name, documents.GetValueOrDefault((flow.Id, delivery.Wanted.DocumentVersion)));
    }
}

/// <summary>What keeps the promises. A sabotage takes one of them away.</summary>
internal sealed record Guards(bool LooksUp = true, bool WaitsBeforeAbsent = true, bool ChecksFences = true, bool ChecksVersions = true, bool CountsBefore = true);

/// <summary>What must never be, was.</summary>
internal sealed class BrokenPromise(string message) : Exception(message)
{
    /// <exception cref="BrokenPromise">It was not.</exception>
    public static void Unless(bool kept, string otherwise)
    {
        if (!kept)
        {
            throw new BrokenPromise(otherwise);
        }
    }
}
