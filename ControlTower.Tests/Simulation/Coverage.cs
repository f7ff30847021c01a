using System.Collections.Concurrent;

namespace ControlTower.Tests.Simulation;

/// <summary>How often each fault was met at each point, over all seeds.</summary>
internal sealed class Coverage
{
    private readonly ConcurrentDictionary<string, long> hits = new(StringComparer.Ordinal);

    public IReadOnlyDictionary<string, long> Hits => hits;

    public void Hit(string cell) => hits.AddOrUpdate(cell, 1, static (_, before) => before + 1);
}

/// <summary>Everything that happened, in order: the same seed must write the same bytes.</summary>
internal sealed class Trace
{
    private readonly List<string> lines = [];

    public string Text => string.Join('\n', lines);

    public string Tail => string.Join('\n', lines.TakeLast(40));

    public void Write(string line) => lines.Add(line);
}
