using System.Text.Json;

namespace ControlTower.Web.Live.Streams;

/// <summary>A stream over one question with a key, such as a brand: asked once for all who follow it, and not at all while nobody does.</summary>
internal sealed class KeyedSource<T>(SharedQueries<string, T> queries, string key, Func<T, IEnumerable<(string Key, JsonElement Item)>> items) : ILiveSource
    where T : class
{
    private SharedLook<T>? look;

    public IDisposable Watch(Action changed)
    {
        var mine = queries.Look(key, changed);
        Volatile.Write(ref look, mine);
        return mine;
    }

    public IReadOnlyDictionary<string, JsonElement>? Read()
    {
        if (Volatile.Read(ref look)?.Now is not { } now || (now.Value is null && now.Fault is null))
            return null;
        // Never read, and it cannot be: that is all there is to tell.
        var all = (now.Value is { } value ? items(value) : []).ToDictionary(item => item.Key, item => item.Item, StringComparer.Ordinal);
        all[FeedItem.Key] = FeedItem.Of(now.Fault);
        return all;
    }
}
