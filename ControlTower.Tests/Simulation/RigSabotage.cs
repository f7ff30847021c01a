using ControlTower.Tests.Support;
using Xunit;

namespace ControlTower.Tests.Simulation;

/// <summary>Each guard taken away once: the rig must see the harm, or it proves nothing.</summary>
public sealed class RigSabotage
{
    [Fact]
    [Sabotage(4)]
    public void P4_sabotage_what_may_have_happened_is_sent_again_without_a_look_up() => Harms(new Guards(LooksUp: false), "was carried out twice");

    [Fact]
    [Sabotage(5)]
    public void P5_sabotage_absent_is_believed_at_once() => Harms(new Guards(WaitsBeforeAbsent: false), "was carried out twice");

    [Fact]
    [Sabotage(9)]
    public void P9_sabotage_the_flow_forgets_which_version_it_knows() => Harms(new Guards(ChecksVersions: false), "ends at version");

    [Fact]
    [Sabotage(11)]
    public void P11_sabotage_whoever_writes_is_believed() => Harms(new Guards(ChecksFences: false), "under the old fence");

    [Fact]
    [Sabotage(12)]
    public void P12_sabotage_a_try_is_counted_when_it_has_ended() => Harms(new Guards(CountsBefore: false), "does not come to an end");

    private static void Harms(Guards guards, string how) =>
        Assert.Contains(Enumerable.Range(0, 400), seed => Assert.IsType<BrokenPromise>(Record.Exception(() => new Rig(seed, guards).Run()) ?? new BrokenPromise("")).Message.Contains(how, StringComparison.Ordinal));
}
