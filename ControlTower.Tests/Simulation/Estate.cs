using ControlTower.Data.Canonical;
using ControlTower.Sync.Connectors;
using ControlTower.Tests.Sync.Flows.OrderToCash;

namespace ControlTower.Tests.Simulation;

/// <summary>
/// Shop and ERP on the far side of a bad line. A call lies on the line until it is taken; then it is carried out, refused, put off, or carried out without a word, now or late.
/// The ERP doubles happily: only the tower's care prevents it. What it carries out late, it does within <see cref="Longest"/>, as its owner declared.
/// </summary>
internal sealed class Estate
{
    public const string Erp = "erp";
    public const string Shop = "shop-eu";

    /// <summary>The longest processing time that the connections declare.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromMinutes(10);

    // The rest of the declared time is for the line, a frozen sender and a clock that was set forward.
    private static readonly TimeSpan Latest = TimeSpan.FromMinutes(7);
    private static readonly TimeSpan LineKeeps = TimeSpan.FromMinutes(1);

    private readonly Random random;
    private readonly Coverage coverage;
    private readonly Dictionary<string, OrderLife> bySalesOrder = new(StringComparer.Ordinal);
    private readonly HashSet<PostingKey> refused = [];

    public Estate(Random random, Coverage coverage)
    {
        (this.random, this.coverage) = (random, coverage);
        Orders = [.. Enumerable.Range(1, random.Next(6) switch { 0 => 3, 1 or 2 => 2, _ => 1 }).Select(i => new OrderLife(Life.Of(random, racing: random.Next(6) == 0), new OrderKey(Shop, $"{i}"), Bag))];
    }

    public IReadOnlyList<OrderLife> Orders { get; }

    public List<Mail> Bag { get; } = [];

    /// <summary>Calls on the line.</summary>
    public List<VendorCall> Calls { get; } = [];

    public List<(TimeSpan At, VendorCall Call, Action Say)> Answers { get; } = [];

    public List<(TimeSpan At, VendorCommand Command)> Late { get; } = [];

    public HashSet<string> Down { get; } = [];

    /// <summary>Something may go wrong.</summary>
    public bool Stormy { get; set; } = true;

    /// <summary>Time since the beginning.</summary>
    public TimeSpan Elapsed { get; private set; }

    public void Pass(TimeSpan by)
    {
        Elapsed += by;
        Calls.RemoveAll(c => c.At + LineKeeps < Elapsed);
        foreach (var late in Late.Where(l => l.At <= Elapsed).ToList())
        {
            Late.Remove(late);
            if (LifeOf(late.Command).Refusal(late.Command) is null)
            {
                coverage.Hit("committed late");
                LifeOf(late.Command).Commit(late.Command);
            }
        }
    }

    public IEnumerable<TimeSpan> Times => Late.Select(l => l.At).Concat(Answers.Select(a => a.At)).Select(at => at - Elapsed);

    public void Take(VendorCall call)
    {
        Calls.Remove(call);
        var known = LifeOf(call.Command);
        if (Down.Contains(call.Connection))
        {
            Answer(call, new Outcome.NotDone(FailureKind.Connection, "refused"), new LookUp.Undecided(FailureKind.Connection, "refused"));
        }
        else if (Stormy && random.Next(5) < 2)
        {
            Spoil(call, known);
        }
        else if (call.IsLookUp)
        {
            Answer(call, null, known.Find(call.Command.Key));
        }
        else
        {
            Answer(call, known.Refusal(call.Command) is { } why ? new Outcome.Refused(FailureKind.Refused, why, "No.") : known.Commit(call.Command), null);
        }
    }

    private void Spoil(VendorCall call, OrderLife known)
    {
        if (call.IsLookUp)
        {
            SpoilLookUp(call);
            return;
        }

        var possible = known.Refusal(call.Command) is null;
        switch (random.Next(8))
        {
            case 0 when possible:
                Note(call, "answer lost after the commit");
                known.Commit(call.Command);
                break;
            case 1 when possible:
                Note(call, "answer later than the sender waits");
                var accepted = known.Commit(call.Command);
                Answers.Add((Elapsed + TimeSpan.FromSeconds(random.Next(31, 90)), call, () => call.Answer(accepted, null)));
                break;
            case 2:
                Note(call, "lost before the commit");
                break;
            case 3:
                Note(call, "commit after the sender gave up");
                Late.Add((Elapsed + TimeSpan.FromSeconds(random.Next(1, (int)Latest.TotalSeconds)), call.Command));
                break;
            case 4 when possible:
                Note(call, "cut after the commit");
                known.Commit(call.Command);
                Answer(call, new Outcome.Unknown("cut"), null);
                break;
            case 5 when refused.Add(call.Command.Key):
                Note(call, "refused");
                Answer(call, new Outcome.Refused(FailureKind.Refused, "closed-period", "No."), null);
                break;
            case 6:
                Note(call, "throttled");
                Answer(call, new Outcome.NotDone(FailureKind.RateLimit, "slow down", TimeSpan.FromSeconds(random.Next(1, 120))), null);
                break;
            default:
                Note(call, "failed before the commit");
                Answer(call, new Outcome.NotDone(FailureKind.Intermittent, "Answered 500."), null);
                break;
        }
    }

    private void SpoilLookUp(VendorCall call)
    {
        if (random.Next(2) == 0)
        {
            Note(call, "look-up lost");
        }
        else
        {
            Note(call, "look-up undecided");
            Answer(call, null, new LookUp.Undecided(random.Next(2) == 0 ? FailureKind.Connection : FailureKind.Intermittent, "Answered 502."));
        }
    }

    private void Note(VendorCall call, string fault) => coverage.Hit($"{fault} × {call.Command.GetType().Name}");

    private void Answer(VendorCall call, Outcome? outcome, LookUp? lookUp) => Answers.Add((Elapsed, call, () => call.Answer(outcome, lookUp)));

    private OrderLife LifeOf(VendorCommand command)
    {
        if (command is PostSalesOrder post)
        {
            bySalesOrder[post.Key.Value] = Of(post.Order.Key);
        }

        return command switch
        {
            AcknowledgeOrder a => Of(a.Order),
            FulfilOrder f => Of(f.Order),
            _ => bySalesOrder[PostedAs(command).Value],
        };
    }

    private OrderLife Of(OrderKey key) => Orders.First(o => o.Key == key);

    private static PostingKey PostedAs(VendorCommand command) => command switch
    {
        UpdateSalesOrder u => u.PostedAs,
        CancelSalesOrder c => c.PostedAs,
        ShipSalesOrder s => s.PostedAs,
        PostPayment p => p.PostedAs,
        _ => command.Key,
    };
}
