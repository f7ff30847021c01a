using System.Globalization;
using ControlTower.Data.Canonical;
using ControlTower.Sync.Connections;
using ControlTower.Sync.Connectors;
using ControlTower.Sync.Flows;

namespace ControlTower.Tests.Simulation;

/// <summary>
/// A tower of two nodes, its database, a shop and an ERP, in one thread on one clock. A seeded scheduler picks what happens next, one step at a time, and what goes wrong:
/// the same seed is the same run, byte for byte. After the storm everything heals, time passes until nothing is left to do, and the books are compared.
/// </summary>
internal sealed class Rig
{
    private const int StormyTurns = 140;
    private const int MostTurns = 6_000;
    private const int MostCopies = 6;
    private static readonly TimeSpan Beat = TimeSpan.FromSeconds(4);
    private static readonly DateTimeOffset Start = new(2026, 3, 1, 10, 0, 0, TimeSpan.Zero);

    private readonly Storm storm;
    private readonly List<(string Label, Action Step)> possible = [];
    private int copies;
    private int lives;

    public Rig(int seed, Guards? guards = null, Coverage? coverage = null)
    {
        (Random, Guards, Coverage) = (new Random(seed), guards ?? new Guards(), coverage ?? new Coverage());
        Tower = new MemoryTower(Start, Guards);
        Host = MemoryRunner.Host(Guards);
        Estate = new Estate(Random, Coverage);
        Connections = new() { [Estate.Erp] = Connect(Estate.Erp, SystemRole.Erp), [Estate.Shop] = Connect(Estate.Shop, SystemRole.Shop) };
        Nodes = [NewNode("A"), NewNode("B")];
        storm = new Storm(this);
        if (Random.Next(8) == 0)
        {
            Estate.Bag.Add(new Mail(Estate.Shop, "order/killer", null, "killer"));
        }
    }

    public Random Random { get; }

    public Guards Guards { get; }

    public Coverage Coverage { get; }

    public Trace Trace { get; } = new();

    public MemoryTower Tower { get; }

    public FlowHost Host { get; }

    public Estate Estate { get; }

    public Dictionary<string, LiveConnection> Connections { get; }

    public Node[] Nodes { get; }

    /// <summary>The fence of the newest claim on each piece of work, kept beside the tables: whoever writes under an older one breaks the promise.</summary>
    public Dictionary<string, long> NewestClaim { get; } = new(StringComparer.Ordinal);

    /// <exception cref="BrokenPromise">With the last things that happened.</exception>
    public Rig Run()
    {
        try
        {
            for (var turn = 0; Turn(turn); turn++)
            {
                BrokenPromise.Unless(turn < MostTurns, "It does not come to an end.");
            }

            Books.Check(this);
            return this;
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            throw new BrokenPromise($"{error.Message}\n{Books.Left(this)}\n{error.StackTrace}\n{Trace.Tail}");
        }
    }

    public void CheckFence(string work, long fence) => BrokenPromise.Unless(fence == NewestClaim[work], "What another node had claimed was written under the old fence.");

    /// <summary>A fault meets whatever is in hand.</summary>
    public void Meet(string fault, IEnumerable<string> points)
    {
        foreach (var point in points)
        {
            Coverage.Hit($"{fault} × {point}");
        }
    }

    /// <summary>The process is gone, with all that it had in memory; another takes its place.</summary>
    public void Kill(Node node, string fault)
    {
        Meet(fault, node.Points.DefaultIfEmpty("nothing in hand"));
        Nodes[Array.IndexOf(Nodes, node)] = NewNode(node.Name);
    }

    // False when nothing is left to do.
    private bool Turn(int turn)
    {
        if (turn == StormyTurns)
        {
            storm.Heal();
        }

        if (Estate.Stormy)
        {
            storm.MayStrike();
        }

        possible.Clear();
        OfferEstate();
        OfferPeople();
        Array.ForEach(Nodes, n => n.Offer(Offer));
        if (possible.Count == 0 || Random.Next(Estate.Stormy ? 6 : 30) == 0)
        {
            return PassTime(busy: possible.Count > 0) || turn < StormyTurns;
        }

        var (label, step) = possible[Random.Next(possible.Count)];
        Trace.Write(string.Create(CultureInfo.InvariantCulture, $"{turn} {Estate.Elapsed.TotalSeconds:0.000} {label}"));
        step();
        return true;
    }

    private void Offer(string label, Action step) => possible.Add((label, step));

    private void OfferEstate()
    {
        foreach (var order in Estate.Orders)
        {
            OfferIf(order.MaySay, $"the shop speaks of {order.Key.Id}", order.Say);
            OfferIf(order.MayShipFromShop, $"the shop ships {order.Key.Id}", order.ShipFromShop);
            OfferIf(order.MayShipFromErp, $"the ERP ships {order.Key.Id}", order.ShipFromErp);
        }

        for (var i = 0; i < Estate.Bag.Count; i++)
        {
            var (mail, place) = (Estate.Bag[i], i);
            Offer($"arrives {mail.EventId}", () => Deliver(mail, place));
        }

        foreach (var call in Estate.Calls)
        {
            Offer($"{call.Connection} takes {(call.IsLookUp ? "look-up of" : "")} {call.Command.GetType().Name} {call.Command.Key.Value}", () => Estate.Take(call));
        }

        foreach (var answer in Estate.Answers.Where(a => a.At <= Estate.Elapsed))
        {
            Offer($"{answer.Call.Connection} answers {answer.Call.Command.Key.Value}", () =>
            {
                Estate.Answers.Remove(answer);
                answer.Say();
            });
        }
    }

    /// <summary>People take up what waits for them: refusals that were the target's whim, what nobody could decide, what was set aside without being at fault.</summary>
    private void OfferPeople()
    {
        foreach (var (subject, code) in Tower.Cases.Where(c => c.Value is "closed-period" or "undecided" or "too-many-attempts" or "out-of-attempts" or "poison" or "never-came"))
        {
            var name = subject[(subject.IndexOf('/', StringComparison.Ordinal) + 1)..];
            if (subject.StartsWith("posting/", StringComparison.Ordinal))
            {
                Offer($"somebody retries {subject} ({code})", () => Retry(subject, () => Tower.Outbox.Release(name)));
            }
            else if (!Estate.Stormy && !Tower.Inbox.IsKiller(long.Parse(name, CultureInfo.InvariantCulture)))
            {
                Offer($"somebody retries {subject} ({code})", () => Retry(subject, () => Tower.Inbox.Reopen(long.Parse(name, CultureInfo.InvariantCulture))));
            }
        }
    }

    private void Retry(string subject, Action again)
    {
        Coverage.Hit($"retried by a person: {Tower.Cases[subject]}");
        Tower.Cases.Remove(subject);
        again();
    }

    private void Deliver(Mail mail, int place)
    {
        if (place > 0)
        {
            Coverage.Hit("arrived out of order");
        }

        if (copies < MostCopies && Random.Next(4) == 0)
        {
            copies++;
        }
        else
        {
            Estate.Bag.RemoveAt(place);
        }

        if (!Tower.Inbox.Store(mail.Connection, mail.EventId, mail.Lane, mail.What))
        {
            Coverage.Hit("arrived again");
        }
    }

    /// <summary>Time goes to where something becomes due, by small steps while anybody is at work. False if nothing will ever become due.</summary>
    private bool PassTime(bool busy)
    {
        var least = TimeSpan.FromMilliseconds(1);
        var frozen = Nodes.Select(n => n.FrozenFor).Where(t => t > TimeSpan.Zero);
        var times = Tower.Times.Concat(Estate.Times).Concat(Nodes.SelectMany(n => n.Times)).Where(t => t >= TimeSpan.Zero).Concat(frozen).ToList();
        if (!busy && times.Count == 0)
        {
            return false;
        }

        var by = (times.Count > 0 ? times.Min() : least) + least;
        var most = busy ? TimeSpan.FromMilliseconds(Random.Next(1, 2_000)) : Estate.Stormy ? TimeSpan.FromSeconds(Random.Next(1, 90)) : TimeSpan.MaxValue;
        Pass(by < most ? by : most);
        return true;
    }

    private void Pass(TimeSpan time)
    {
        Trace.Write(string.Create(CultureInfo.InvariantCulture, $"time {time.TotalSeconds:0.000}"));
        for (var left = time; left > TimeSpan.Zero;)
        {
            var by = left < Beat ? left : Beat;
            left -= by;
            Tower.Now += by;
            Estate.Pass(by);
            Array.ForEach(Nodes, n => n.Pass(by));
        }
    }

    private void OfferIf(bool may, string label, Action step)
    {
        if (may)
        {
            Offer(label, step);
        }
    }

    private Node NewNode(string name)
    {
        var id = new byte[16];
        id[0] = (byte)name[0];
        BitConverter.TryWriteBytes(id.AsSpan(4), ++lives);
        return new Node(name, new Guid(id), this);
    }

    private LiveConnection Connect(string id, SystemRole role)
    {
        var profile = new ConnectionProfile(
            id, "estate", id, "brand", null, "EUR", "UTC", role == SystemRole.Shop ? Estate.Erp : null,
            new Dictionary<string, string> { ["maxProcessingSeconds"] = Estate.Longest.TotalSeconds.ToString(CultureInfo.InvariantCulture) }, new Dictionary<string, string>());
        return new LiveConnection(profile, new EstateConnector(Estate, role), false, null, 1, null);
    }
}
