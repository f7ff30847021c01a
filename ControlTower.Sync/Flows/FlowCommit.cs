using System.Text.Json;
using ControlTower.Data.Canonical;
using ControlTower.Data.Flows;
using ControlTower.Data.Live;
using ControlTower.Data.Outbox;
using ControlTower.Data.Triage;
using ControlTower.Sync.Connections;
using ControlTower.Sync.Connectors;
using ControlTower.Sync.Triage;
using Npgsql;

namespace ControlTower.Sync.Flows;

/// <summary>Carries out and saves what the flows of one batch decided, set by set, inside the batch's transaction.</summary>
internal sealed class FlowCommit(NpgsqlConnection connection, NpgsqlTransaction transaction, ConnectionDirectory connections)
{
    private readonly HashSet<string> targets = new(StringComparer.Ordinal);
    private readonly HashSet<string> withdrawn = new(StringComparer.Ordinal);

    /// <summary>Connections that got something to do.</summary>
    public IReadOnlyCollection<string> Targets => targets;

    /// <summary>Posting keys that were taken back.</summary>
    public IReadOnlySet<string> Withdrawn => withdrawn;

    public LiveTopics Announcement { get; private set; } = LiveTopics.Flows;

    /// <summary>Refused deliveries are held before their flows hear of it, so that one which is not wanted any more can be taken back at once.</summary>
    public Task RefuseAsync(IReadOnlyList<FlowInput.Refused> refused, CancellationToken cancel) => refused.Count == 0
        ? Task.CompletedTask
        : OutboxStore.RefuseAsync(
            connection, [.. refused.Select(r => r.Claim.Id)], [.. refused.Select(r => r.Claim.Key)], [.. refused.Select(r => Fingerprint.Word(r.Why.Kind))],
            [.. refused.Select(r => r.Why.Message)], cancel);

    /// <summary>Withdrawals and stock movements of one round. Their answers wait in the flows.</summary>
    public async Task CarryOutAsync(FlowBatch working, CancellationToken cancel)
    {
        await WithdrawAsync(working, cancel);
        await FlowEffects.CarryOutAsync(connection, transaction, working, cancel);
    }

    /// <summary>Records what the flows want done. True if some of it turned out to be done already: then flows have answers to hear.</summary>
    public async Task<bool> IntendAsync(FlowBatch working, CancellationToken cancel)
    {
        var wanted = working.Flows.SelectMany(f => f.Deliveries.Select(d => (Flow: f, Intent: d))).DistinctBy(w => w.Intent.Key).ToList();
        if (wanted.Count == 0)
        {
            return false;
        }

        var known = await OutboxStore.IntendAsync(connection, [.. wanted.Select(w => Row(w.Flow, w.Intent))], cancel);
        targets.UnionWith(wanted.Select(w => w.Intent.Target));
        Announcement |= LiveTopics.Connections;
        foreach (var flow in working.Flows)
        {
            flow.Deliveries.Clear();
        }

        var done = known.Where(k => k.State == "confirmed").ToDictionary(k => k.Key, StringComparer.Ordinal);
        foreach (var (flow, intent) in wanted)
        {
            if (done.TryGetValue(intent.Key.Value, out var posting))
            {
                flow.Answers.Enqueue(new FlowEvent.Delivered(intent.Kind, intent.Key, new Outcome.Accepted(posting.Reference!, posting.Number, Facts(posting.Facts))));
            }
        }

        return done.Count > 0;
    }

    public async Task SaveAsync(FlowBatch working, CancellationToken cancel)
    {
        var flows = working.Flows.Where(f => f.Changed && f.Exists).ToList();
        if (flows.Count == 0)
        {
            return;
        }

        await FlowStore.SaveAsync(connection, flows.ConvertAll(f => f.Save()), cancel);
        await WriteAsync(flows.SelectMany(f => f.Log.Select((l, i) => new LogEntry(
            f.Row.Id, f.Row.Steps + i + 1, l.Fact.Type, l.Fact.Stage, l.Fact.System, l.Fact.Reference, l.Fact.Detail, l.Trace?.TraceId.ToHexString()))), FlowStore.LogAsync, cancel);
        await WriteAsync(flows.SelectMany(f => f.Documents.Select(d => new DocumentRow(
            f.Row.Id, d.Version, JsonSerializer.SerializeToUtf8Bytes(d, CanonicalJson.Default.Order)))), FlowStore.KeepDocumentsAsync, cancel);
        await WriteAsync(flows.SelectMany(f => f.References.Distinct().Select(r => new ReferenceRow(f.Row.Id, r.Kind, r.Value))), FlowStore.AddReferencesAsync, cancel);
        await WriteAsync(flows.SelectMany(Deadlines), FlowStore.SetDeadlinesAsync, cancel);
        await SaveProblemsAsync(flows, cancel);
    }

    private async Task SaveProblemsAsync(List<FlowInstance> flows, CancellationToken cancel)
    {
        var solved = flows.SelectMany(f => f.Solved.Select(code => $"flow/{f.Row.Id}/{code}")).ToArray();
        if (solved.Length > 0)
        {
            await CaseStore.WentOnAsync(connection, solved, "The order went on.", cancel);
            Announcement |= LiveTopics.Cases;
        }

        var cases = flows.SelectMany(f => f.Problems.Select(p => Case(f, p))).ToList();
        if (cases.Count > 0)
        {
            await CaseStore.OpenAsync(connection, cases, cancel);
            Announcement |= LiveTopics.Cases;
        }
    }

    private async Task WithdrawAsync(FlowBatch working, CancellationToken cancel)
    {
        var wanted = working.Flows.Where(f => f.Withdraw.Count > 0).ToList();
        if (wanted.Count == 0)
        {
            return;
        }

        var gone = await OutboxStore.WithdrawAsync(
            connection, [.. wanted.SelectMany(f => f.Withdraw.Select(_ => f.Row.Id))], [.. wanted.SelectMany(f => f.Withdraw.Select(k => k.ToString()))], cancel);
        foreach (var (flow, kind, key) in gone)
        {
            working[flow].Answers.Enqueue(new FlowEvent.Withdrawn(Enum.Parse<DeliveryKind>(kind), new PostingKey(key)));
            withdrawn.Add(key);
        }

        if (gone.Count > 0)
        {
            await CaseStore.TakeBackAsync(connection, [.. gone.Select(g => $"posting/{g.Key}")], cancel);
            Announcement |= LiveTopics.Cases | LiveTopics.Connections;
        }

        foreach (var flow in wanted)
        {
            // Intents of this very batch are not in the database yet.
            foreach (var intent in flow.Deliveries.Where(d => flow.Withdraw.Contains(d.Kind)).ToList())
            {
                flow.Deliveries.Remove(intent);
                flow.Answers.Enqueue(new FlowEvent.Withdrawn(intent.Kind, intent.Key));
            }

            flow.Withdraw.Clear();
        }
    }

    private static IEnumerable<DeadlineRow> Deadlines(FlowInstance flow) =>
        flow.Deadlines.GroupBy(d => d.Name, StringComparer.Ordinal).Select(g => new DeadlineRow(flow.Row.Id, g.Key, g.Last().After));

    private NewCase Case(FlowInstance flow, Problem problem)
    {
        var summary = flow.Save();
        return new NewCase(
            $"flow/{flow.Row.Id}/{problem.Code}", Fingerprint.Of(problem.Kind, problem.Target ?? flow.Row.Source, problem.Code, problem.Field), Fingerprint.Word(problem.Kind), problem.Code,
            Titles.Of(problem.Kind, problem.Code, connections.Find(problem.Target ?? flow.Row.Source)?.Name), problem.Message, problem.Field, problem.Target ?? flow.Row.Source, flow.Row.Id, null, null, null,
            summary.Value, summary.Currency, flow.Row.Brand);
    }

    private static NewDelivery Row(FlowInstance flow, DeliveryIntent intent) => new(
        intent.Key.Value, intent.Target, flow.Row.Id, intent.Kind.ToString(), intent.DocumentVersion,
        intent.Arguments is null ? null : JsonSerializer.Serialize(intent.Arguments, DeliveryJson.Default.DeliveryArguments), intent.Value.Amount, intent.Value.Currency, flow.Trace);

    private static Dictionary<string, string>? Facts(string? json) => json is null ? null : JsonSerializer.Deserialize(json, DeliveryJson.Default.DictionaryStringString);

    private async Task WriteAsync<T>(IEnumerable<T> rows, Func<NpgsqlConnection, IReadOnlyList<T>, CancellationToken, Task> write, CancellationToken cancel)
    {
        var list = rows.ToList();
        if (list.Count > 0)
        {
            await write(connection, list, cancel);
        }
    }
}
