using System.Security.Cryptography;
using System.Text;
using ControlTower.Tests.Support;
using Xunit;

namespace ControlTower.Tests.Simulation;

/// <summary>The tower in one process: the real flow, rules and gateway, everything around them in memory, every step and every fault picked by a seed.</summary>
public sealed class RigTests
{
    private static readonly string[] Points = ["letters claimed", "claimed", "call under way", "look-up under way", "answer heard", "found absent", "outcome recorded", "nothing in hand"];
    private static readonly string[] Met = ["call under way", "letters claimed", "nothing in hand"];
    private static readonly string[] Commands = ["PostSalesOrder", "UpdateSalesOrder", "CancelSalesOrder", "AcknowledgeOrder", "ShipSalesOrder", "FulfilOrder", "PostPayment"];

    [Promise(3)]
    [Promise(4)]
    [Promise(5)]
    [Promise(9)]
    [Promise(11)]
    [Promise(12)]
    [Fact]
    public void Whatever_fails_between_any_two_steps_each_order_ends_in_the_books_once() => Seeds.Run(10_000, seed => new Rig(seed).Run());

    [Fact]
    public void The_same_seed_is_the_same_run_byte_for_byte() => Seeds.Run(200, seed => Assert.Equal(Hash(new Rig(seed).Run()), Hash(new Rig(seed).Run())));

    [Fact]
    public void Every_fault_meets_every_point()
    {
        var coverage = new Coverage();
        Parallel.For(0, 2_000, Seeds.Few, seed => new Rig(seed, coverage: coverage).Run());
        List<string> never = [.. Cells().Where(cell => !coverage.Hits.ContainsKey(cell))];
        Assert.Empty(never);
    }

    private static IEnumerable<string> Cells() =>
    [
        .. Cross(["killed", "frozen"], Points), .. Cross(["ended"], Points.Except(["found absent"])),
        "killed × attempt opened", "killed × deadline read", "poison × nothing in hand",
        .. Cross(["lease lost"], ["claimed", "call under way", "look-up under way", "answer heard"]),
        .. Cross(["database away", "clock set on", "clock set back", "database clock set on", "database clock set back", "target down", "target back"], Met),
        .. Cross(["answer lost after the commit", "answer later than the sender waits", "lost before the commit", "commit after the sender gave up"], Commands),
        .. Cross(["cut after the commit", "refused", "throttled", "failed before the commit"], Commands),
        .. Cross(["recorded: "], ["Accept", "Refuse", "Suspect", "AskAgain", "Postpone", "SendAgain"], ""),
        .. Cross(["refused by its fence: "], ["Accept", "Suspect", "AskAgain", "Postpone"], ""),
        .. Cross(["looked up: "], ["Found", "Absent", "Undecided"], ""),
        "arrived again", "arrived out of order", "committed late", "deferred behind a closed door", "door tried", "deadline: stock-retry", "not saved: database away",
        "saved: reply of the commit lost", "set aside: poison", "retried by a person: closed-period",
    ];

    private static IEnumerable<string> Cross(IEnumerable<string> faults, IEnumerable<string> points, string between = " × ") => faults.SelectMany(f => points.Select(p => f + between + p));

    private static string Hash(Rig rig) => Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(rig.Trace.Text)));
}
