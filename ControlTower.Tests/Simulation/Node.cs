using ControlTower.Data.Canonical;
using ControlTower.Data.Connections;
using ControlTower.Data.Inbox;
using ControlTower.Data.Outbox;
using ControlTower.Sync.Connections;
using ControlTower.Sync.Connectors;
using ControlTower.Sync.Flows;
using ControlTower.Sync.Gateway;
using ControlTower.Sync.Pumps;
using Microsoft.Extensions.Logging.Abstractions;
using Door = ControlTower.Sync.Gateway.Gateway;

namespace ControlTower.Tests.Simulation;

/// <summary>
/// One process of the tower: the real gateway, gates and rules, turned step by step. Mirrors the loops of <see cref="OutboxPump"/>, <see cref="ConnectionWorker"/>,
/// <see cref="DeliveryDesk"/>, <see cref="InboxPump"/> and <see cref="DeadlinePump"/>; between any two of its steps it may die, freeze or lose its database.
/// </summary>
internal sealed partial class Node : IVendorTransport
{
    private static readonly TimeSpan LetterLease = TimeSpan.FromSeconds(10);

    private readonly Guid id;
    private readonly Rig rig;
    private readonly Door door;
    private readonly MemoryRunner runner;
    private readonly SortedDictionary<string, Worker> workers = new(StringComparer.Ordinal);
    private readonly List<ClaimedMessage> unsaid = [];
    private List<(ClaimedMessage Claim, Letter Letter)> letters = [];
    private List<(long Flow, string Name)> due = [];

    public Node(string name, Guid id, Rig rig)
    {
        (Name, this.id, this.rig) = (name, id, rig);
        Clock = new SimClock(rig.Tower.Now);
        runner = new MemoryRunner(rig.Tower, rig.Host, Clock, () => rig.Estate.Stormy && rig.Random.Next(6) == 0);
        door = new Door(new NoCallLog(), GatewayOptions.Standard, this, Clock, NullLogger<Door>.Instance);
    }

    public string Name { get; }

    public SimClock Clock { get; }

    /// <summary>Stopped for this long still, and what its clocks then have to catch up.</summary>
    public TimeSpan FrozenFor { get; private set; }

    public TimeSpan Behind { get; private set; }

    public bool DatabaseAway { get; set; }

    /// <summary>The next commit is saved, and the node does not hear it.</summary>
    public bool LosesReply { get; set; }

    private bool justRecorded;

    /// <summary>Where a fault meets it.</summary>
    public List<string> Points =>
    [
        .. letters.Count > 0 ? ["letters claimed"] : (string[])[], .. due.Count > 0 ? ["deadline read"] : (string[])[],
        .. workers.Values.SelectMany(w => w.InFlight.Values).Select(c => c.Point), .. justRecorded ? ["outcome recorded"] : (string[])[],
    ];

    /// <summary>Waits for nothing but time.</summary>
    public IEnumerable<TimeSpan> Times => workers.Values.Any(Waits) ? [TimeSpan.FromSeconds(2)] : [];

    public HttpMessageHandler Create() => new NoWire();

    public void Freeze(TimeSpan time) => FrozenFor = time;

    public void Pass(TimeSpan by)
    {
        if (FrozenFor > TimeSpan.Zero)
        {
            (FrozenFor, Behind) = (FrozenFor - by, Behind + by);
            if (FrozenFor > TimeSpan.Zero)
            {
                return;
            }

            (by, Behind, FrozenFor) = (Behind, TimeSpan.Zero, TimeSpan.Zero);
            Clock.Advance(by);
            return; // What it had in hand may go on before it looks at its gates.
        }

        Clock.Advance(by);
        TurnGates();
    }

    /// <summary>What it could do next.</summary>
    public void Offer(Action<string, Action> runnable)
    {
        if (FrozenFor > TimeSpan.Zero)
        {
            return;
        }

        OfferPumps(Offer);
        foreach (var worker in workers.Values)
        {
            foreach (var carrying in worker.InFlight.Values.Where(c => !c.Waits))
            {
                Offer($"{Name} goes on with {carrying.Command.GetType().Name} {carrying.Claim.Key} ({carrying.Point})", () => GoOn(worker, carrying));
            }

            if (!DatabaseAway && worker.Slots > 0 && rig.Tower.Outbox.Due(worker.Gate.Id, worker.InFlight.Keys).Any())
            {
                Offer($"{Name} claims for {worker.Gate.Id}", () => Claim(worker));
            }

            if (worker.MayProbe)
            {
                Offer($"{Name} tries the door of {worker.Gate.Id}", () => Probe(worker));
            }
        }

        void Offer(string label, Action step) => runnable(label, () =>
        {
            justRecorded = false;
            step();
        });
    }

    /// <summary>A process that is told to end: calls are cut off, gates let go, claims given back.</summary>
    public void Stop()
    {
        foreach (var worker in workers.Values)
        {
            worker.Stop();
        }

        workers.Clear();
        if (!DatabaseAway)
        {
            rig.Tower.Gates.Release(id);
            unsaid.AddRange(letters.Select(l => l.Claim));
            Forgive();
        }
    }

    private void OfferPumps(Action<string, Action> offer)
    {
        if (!DatabaseAway && rig.Tower.Gates.Rows.Any(g => g.Owner is null || (g.Owner != id && g.Until < rig.Tower.Now)))
        {
            offer($"{Name} turns its gates", TurnGates);
        }

        if (letters.Count > 0)
        {
            offer($"{Name} applies {letters.Count} letters", ApplyLetters);
        }
        else if (!DatabaseAway && (unsaid.Count > 0 || rig.Tower.Inbox.Heads().Any()))
        {
            offer($"{Name} claims letters", ClaimLetters);
        }

        if (due.Count > 0)
        {
            offer($"{Name} tells {due.Count} deadlines", TellDeadlines);
        }
        else if (!DatabaseAway && rig.Tower.Due().Any())
        {
            offer($"{Name} reads deadlines", () => due = [.. rig.Tower.Due()]);
        }
    }

    /// <summary><see cref="OutboxPump.RunOnceAsync"/>.</summary>
    private void TurnGates()
    {
        if (DatabaseAway)
        {
            return;
        }

        var leases = rig.Tower.Gates.Hold(id, OutboxPump.Lease);
        foreach (var (connection, worker) in workers.Where(w => !leases.Exists(l => l.ConnectionId == w.Key && l.Fence == w.Value.Fence)).ToList())
        {
            rig.Meet("lease lost", worker.InFlight.Values.Select(c => c.Point).DefaultIfEmpty("nothing in hand"));
            worker.Stop();
            workers.Remove(connection);
        }

        foreach (var lease in leases)
        {
            if (workers.TryGetValue(lease.ConnectionId, out var running))
            {
                running.Renewed();
            }
            else
            {
                workers[lease.ConnectionId] = new Worker(door.Open(rig.Connections[lease.ConnectionId]), lease.Fence, Clock);
            }
        }
    }

    private void ClaimLetters()
    {
        Forgive();
        letters = rig.Tower.Inbox.Claim(LetterLease, limit: 4);
        letters.ForEach(l => rig.NewestClaim[$"letter {l.Claim.Id}"] = l.Claim.Fence);
    }

    private void Forgive()
    {
        unsaid.ForEach(rig.Tower.Inbox.Forgive);
        unsaid.Clear();
    }

    /// <summary><see cref="InboxPump.RunOnceAsync"/> after the claim.</summary>
    private void ApplyLetters()
    {
        var (mine, aside) = (letters, new List<(ClaimedMessage Claim, string Code)>());
        letters = [];
        aside.AddRange(mine.Where(l => l.Claim.Attempts > InboxPump.MaxAttempts).Select(l => (l.Claim, "poison")));
        var inputs = mine.Where(l => l.Claim.Attempts <= InboxPump.MaxAttempts).ToList();
        if (inputs.Any(l => l.Letter.What is null))
        {
            rig.Kill(this, "poison");
            return;
        }

        if (!Saved(() =>
            {
                var answers = runner.Apply([.. inputs.Select(l => new FlowInput.Message(l.Claim, [l.Letter.What!]))]);
                aside.AddRange(inputs.Zip(answers).Where(p => p.Second is FlowAnswer.Applied { Verdict: Verdict.Parked } && p.First.Claim.LastLook).Select(p => (p.First.Claim, "never-came")));
                inputs.Zip(answers).Where(p => p.Second is FlowAnswer.Applied).ToList().ForEach(p => rig.CheckFence($"letter {p.First.Claim.Id}", p.First.Claim.Fence));
                foreach (var (claim, code) in aside.Where(a => rig.Tower.Inbox.Hold([a.Claim]).Count == 1))
                {
                    rig.Tower.Inbox.Finish(claim.Id, "excepted");
                    rig.Tower.Cases[$"message/{claim.Id}"] = code;
                    rig.Coverage.Hit($"set aside: {code}");
                }
            }))
        {
            unsaid.AddRange(mine.Select(l => l.Claim));
        }
    }

    private void TellDeadlines()
    {
        var told = due;
        due = [];
        if (Saved(() => runner.Apply([.. told.Select(d => new FlowInput.Due(d.Flow, d.Name))])))
        {
            told.ForEach(d => rig.Coverage.Hit($"deadline: {d.Name}"));
        }
    }

    /// <summary>One transaction. False if the node does not know that it was saved.</summary>
    private bool Saved(Action transaction)
    {
        if (DatabaseAway)
        {
            rig.Coverage.Hit("not saved: database away");
            return false;
        }

        transaction();
        if (LosesReply)
        {
            LosesReply = false;
            rig.Coverage.Hit("saved: reply of the commit lost");
            return false;
        }

        return true;
    }

    private static bool Waits(Worker worker) =>
        worker.InFlight.Values.Any(c => c.Waits) || worker.Gate.Breaker.State != BreakerState.Closed || worker.Gate.NotBefore is not null;

    /// <summary>The client needs none.</summary>
    private sealed class NoWire : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) => throw new NotSupportedException();
    }
}
