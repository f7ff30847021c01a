namespace ControlTower.Web.Keys;

/// <summary>
/// The keys that work at this moment: the shell's and the page's. One per circuit. The page's come first, so that a page may give a key
/// another meaning while it is open.
/// </summary>
public sealed class KeyFeed
{
    private readonly List<Keymap> maps = [];

    public event Action? Changed;

    /// <summary>The newest first.</summary>
    public IReadOnlyList<Keymap> Maps => maps;

    /// <summary>Every sequence that does something, without duplicates.</summary>
    public IReadOnlyList<string> Sequences =>
        [.. maps.SelectMany(map => map.Bindings).Where(binding => binding.Run is not null).Select(binding => binding.Keys).Distinct(StringComparer.Ordinal)];

    /// <summary>Puts a keymap in force until the result is disposed.</summary>
    public IDisposable Use(Keymap map)
    {
        maps.Insert(0, map);
        Changed?.Invoke();
        return new Release(this, map);
    }

    /// <summary>Runs what the sequence means now. False when it means nothing.</summary>
    public async Task<bool> PressAsync(string sequence)
    {
        var binding = maps.SelectMany(map => map.Bindings).FirstOrDefault(binding => binding.Run is not null && binding.Keys == sequence);
        if (binding?.Run is not { } run)
            return false;
        await run();
        return true;
    }

    private sealed class Release(KeyFeed feed, Keymap map) : IDisposable
    {
        public void Dispose()
        {
            feed.maps.Remove(map);
            feed.Changed?.Invoke();
        }
    }
}
