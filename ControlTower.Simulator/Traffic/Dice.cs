namespace ControlTower.Simulator.Traffic;

/// <summary>Repeatable chance (SplitMix64): the same seeds give the same throws on every runtime and version.</summary>
public sealed class Dice
{
    private ulong state;

    public Dice(params ReadOnlySpan<long> seeds)
    {
        state = 0x9E3779B97F4A7C15;
        foreach (var seed in seeds) state = Mix(state ^ (ulong)seed);
    }

    private static ulong Mix(ulong z)
    {
        z += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    private ulong Next() => state = Mix(state);

    /// <summary>0 up to but not including <paramref name="end"/>.</summary>
    public int Below(int end) => (int)(Next() % (ulong)end);

    /// <summary>Both ends included.</summary>
    public int Between(int least, int most) => least + Below(most - least + 1);

    public double Share() => (Next() >> 11) * (1.0 / (1UL << 53));

    public bool Chance(double share) => Share() < share;

    public T Pick<T>(IReadOnlyList<T> from) => from[Below(from.Count)];

    public TimeSpan Between(TimeSpan least, TimeSpan most) => least + TimeSpan.FromTicks((long)((most - least).Ticks * Share()));
}
