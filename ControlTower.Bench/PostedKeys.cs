namespace ControlTower.Bench;

/// <summary>
/// Which keys were carried out, in memory that is taken at the start: a ledger that grows with the orders would look like a tower that does. Holds hashes of 64 bits; among a million keys
/// two that meet by chance are as likely as one in thirty million.
/// </summary>
internal sealed class PostedKeys
{
    private const int Places = 1 << 21;

    private readonly ulong[] places = new ulong[Places];
    private int doubled;

    /// <summary>Keys that were carried out more than once.</summary>
    public int Doubled => doubled;

    public void Add(string key)
    {
        var hash = Hash(key);
        for (var (at, tried) = (Start(hash), 0); tried < Places; at = (at + 1) % Places, tried++)
        {
            var there = Interlocked.CompareExchange(ref places[at], hash, 0);
            if (there == 0)
            {
                return;
            }

            if (there == hash)
            {
                Interlocked.Increment(ref doubled);
                return;
            }
        }

        throw new InvalidOperationException($"More than {Places} documents were posted: the ledger is full.");
    }

    public bool Contains(string key)
    {
        var hash = Hash(key);
        var at = Start(hash);
        while (Volatile.Read(ref places[at]) is var there and not 0)
        {
            if (there == hash)
            {
                return true;
            }

            at = (at + 1) % Places;
        }

        return false;
    }

    private static int Start(ulong hash) => (int)(hash % Places);

    // FNV-1a; zero stands for an empty place.
    private static ulong Hash(string key)
    {
        var hash = 14695981039346656037UL;
        foreach (var c in key)
        {
            hash = (hash ^ c) * 1099511628211UL;
        }

        return hash == 0 ? 1 : hash;
    }
}
