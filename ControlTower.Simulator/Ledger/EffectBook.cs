using System.Text.Json;

namespace ControlTower.Simulator.Ledger;

/// <summary>
/// The durable side of one system: its effects in order and the journal that carries its objects over a restart.
/// Not thread-safe by itself: the owning system calls <see cref="Write"/> under its own lock.
/// </summary>
public sealed class EffectBook(Journal journal, TimeProvider clock)
{
    private readonly List<Effect> effects = [];

    public IReadOnlyList<Effect> Since(long seq) => effects.Where(e => e.Seq > seq).ToList();

    /// <summary>Hands each stored object of an earlier run to <paramref name="restore"/>, last value last.</summary>
    public void Replay(Action<Put> restore)
    {
        foreach (var commit in journal.Load())
        {
            effects.AddRange(commit.Effects);
            foreach (var put in commit.Puts) restore(put);
        }
    }

    /// <summary>Ends when the change is durable; effects get their sequence and time here.</summary>
    public Task Write(IReadOnlyList<Effect> happened, IReadOnlyList<Put> puts)
    {
        var stamped = happened.Select((e, i) => e with { Seq = effects.Count + i + 1, At = clock.GetUtcNow() }).ToList();
        effects.AddRange(stamped);
        return journal.Append(new Commit(stamped, puts));
    }

    public static Put Put<T>(string set, string id, T value) => new(set, id, JsonSerializer.SerializeToElement(value, Journal.Json));

    public static Put Gone(string set, string id) => new(set, id, null);
}
