namespace ControlTower.Tests.Chaos;

/// <summary>Which fault strikes when, for how long and whom: a function of the seed alone.</summary>
internal static class ChaosSchedule
{
    /// <summary>Every fault comes once, in an order of the seed, before any comes again.</summary>
    public static IReadOnlyList<Strike> Of(int seed, TimeSpan length)
    {
        var dice = new Random(seed);
        var strikes = new List<Strike>();
        var deck = new Queue<ChaosFault>();
        for (var at = TimeSpan.FromSeconds(3); at < length; at += TimeSpan.FromSeconds(2 + (4 * dice.NextDouble())))
        {
            if (deck.Count == 0)
            {
                var all = Enum.GetValues<ChaosFault>();
                dice.Shuffle(all);
                deck = new Queue<ChaosFault>(all);
            }

            var fault = deck.Dequeue();
            strikes.Add(new Strike(strikes.Count + 1, at, fault, LengthOf(fault, dice.NextDouble()), dice.Next(1_000)));
        }

        return strikes;
    }

    private static TimeSpan LengthOf(ChaosFault fault, double share)
    {
        var (least, most) = fault switch
        {
            // Half a lease to three leases of ten seconds.
            ChaosFault.FreezeWorker => (5, 30),
            ChaosFault.TableLocked => (3, 8),
            ChaosFault.DatabaseFrozen or ChaosFault.DatabaseSilent or ChaosFault.DatabaseSilentToOne or ChaosFault.DatabaseRefuses => (3, 12),
            ChaosFault.KillWeb or ChaosFault.KillWorker or ChaosFault.KillSpareWorker => (0, 12),
            ChaosFault.KillAll or ChaosFault.DatabaseRestart or ChaosFault.RollingRestart or ChaosFault.SessionsEnded or ChaosFault.Burst or ChaosFault.Poison or ChaosFault.JobLockOrphaned => (0, 1),
            _ => (4, 12),
        };
        return TimeSpan.FromSeconds(Math.Round(least + ((most - least) * share), 1));
    }
}
