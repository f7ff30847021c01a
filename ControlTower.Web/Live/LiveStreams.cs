using System.Collections.Concurrent;
using System.Text.Json;

namespace ControlTower.Web.Live;

/// <summary>What a stream stands on: a set of named items that changes.</summary>
public interface ILiveSource
{
    /// <summary>The items now, each a JSON object by its key; null while nobody knows them yet. Cheap, and safe from any thread.</summary>
    IReadOnlyDictionary<string, JsonElement>? Read();

    /// <summary>Calls <paramref name="changed"/> whenever <see cref="Read"/> may say something else, until disposed. May call too often, never too seldom.</summary>
    IDisposable Watch(Action changed);
}

/// <summary>
/// A stream that programs outside can follow through <see cref="TowerHub"/>. A room that has something to tell registers one as a singleton of this type; the hub does the rest: who may, snapshots,
/// deltas, gaps, slow listeners.
/// </summary>
public interface ILiveStream
{
    /// <summary>As it is asked for, such as <c>flows</c>.</summary>
    string Name { get; }

    /// <summary>What a person needs to follow it.</summary>
    string Permission { get; }

    /// <summary>What an API client needs; one of <see cref="Auth.Scopes"/>.</summary>
    string Scope { get; }

    /// <summary>The arguments that it takes, all of them texts and none of them needed.</summary>
    IReadOnlyList<string> Arguments { get; }

    /// <summary>Finds what is asked for. Equal arguments are asked for once: their source is kept and shared, so there must be a bounded number of them.</summary>
    /// <exception cref="StreamArgumentException">An argument has a value that cannot be.</exception>
    Task<ILiveSource> OpenAsync(IReadOnlyDictionary<string, string> arguments, CancellationToken cancel);
}

/// <summary>An argument of a stream that cannot be; told to the caller with its name.</summary>
public sealed class StreamArgumentException(string argument, string message) : Exception(message)
{
    public string Argument => argument;
}

/// <summary>All streams, and of each the states that somebody follows or followed on this node.</summary>
public sealed class LiveStreams(IEnumerable<ILiveStream> streams)
{
    private readonly Dictionary<string, ILiveStream> known = streams.ToDictionary(stream => stream.Name, StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, LiveState> states = new(StringComparer.Ordinal);

    public IReadOnlyCollection<string> Names => known.Keys;

    public ILiveStream? Find(string name) => known.GetValueOrDefault(name);

    /// <exception cref="StreamArgumentException">An argument has a value that cannot be.</exception>
    public async Task<LiveState> OpenAsync(ILiveStream stream, IReadOnlyDictionary<string, string> arguments, CancellationToken cancel)
    {
        var source = await stream.OpenAsync(arguments, cancel);
        var key = JsonSerializer.Serialize(arguments.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => new[] { pair.Key, pair.Value }).Prepend([stream.Name]));
        return states.GetOrAdd(key, _ => new LiveState(source));
    }
}
