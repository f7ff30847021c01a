using ControlTower.Data.Connections;
using ControlTower.Web.Shared;

namespace ControlTower.Web.Pages.Connections;

/// <summary>
/// The list of calls: follows what happens until somebody reads. While it is frozen, a call is open or older ones were loaded, nothing moves and what is new is only counted.
/// </summary>
public sealed class CallsModel
{
    /// <summary>Longer lists are no reading; the filter narrows them.</summary>
    public const int Longest = 2000;

    public IReadOnlyList<CallLine> Lines { get; private set; } = [];

    public bool Frozen { get; private set; }

    /// <summary>Calls that came since the list stands still.</summary>
    public int NewCount { get; private set; }

    /// <summary>There may be older ones.</summary>
    public bool More { get; private set; }

    private bool IsRead { get; set; }

    private bool OlderLoaded { get; set; }

    /// <summary>The newest calls, as they are asked for again and again.</summary>
    /// <param name="reading">A call is open.</param>
    public void Offer(IReadOnlyList<CallLine> newest, bool reading)
    {
        IsRead = reading;
        if (Lines.Count == 0 || !(Frozen || IsRead || OlderLoaded))
            Take(newest);
        else
            NewCount = newest.Count(line => line.Id > Lines[0].Id);
    }

    public void Append(IReadOnlyList<CallLine> older)
    {
        (OlderLoaded, More) = (true, older.Count == CallQueries.PageSize && Lines.Count + older.Count < Longest);
        Lines = [.. Lines, .. older];
    }

    public void Freeze(bool frozen) => Frozen = frozen;

    /// <summary>Shows what is new and follows again, unless it is frozen.</summary>
    public void Take(IReadOnlyList<CallLine> newest) => (Lines, NewCount, OlderLoaded, More) = (newest, 0, false, newest.Count == CallQueries.PageSize);

    /// <summary>Another filter: another list.</summary>
    public void Clear() => (Lines, NewCount, OlderLoaded, More) = ([], 0, false, false);

    /// <summary>The id of the neighbour of an open call; the first when none is open.</summary>
    public long? Neighbour(long? open, int by)
    {
        if (Lines.Count == 0)
            return null;
        var at = Lines.ToList().FindIndex(line => line.Id == open);
        return Lines[at < 0 ? 0 : Math.Clamp(at + by, 0, Lines.Count - 1)].Id;
    }

    /// <summary>The part of a path that tells calls apart: without what is the same for all calls of a company, without long roots.</summary>
    public static string ShortPath(string path)
    {
        const string Company = "/companies(";
        var at = path.IndexOf(Company, StringComparison.Ordinal);
        var end = at < 0 ? -1 : path.IndexOf(")/", at, StringComparison.Ordinal);
        if (end > 0)
            return path[(end + 2)..];
        var query = path.IndexOf('?', StringComparison.Ordinal);
        var last = path.LastIndexOf('/', query < 0 ? path.Length - 1 : query);
        var before = last > 0 ? path.LastIndexOf('/', last - 1) : -1;
        return before > 0 ? "…" + path[before..] : path;
    }

    /// <summary>How a call ended: <c>204 OK</c>, <c>503 Failed</c>, <c>No answer</c>.</summary>
    public static (Status Status, string Word) Answer(CallLine line)
    {
        var (status, word) = line.Outcome switch
        {
            "ok" => (Status.Ok, "OK"),
            "refused" => (Status.Bad, "Refused"),
            "failed" => (Status.Bad, "Failed"),
            "throttled" => (Status.Warn, "Throttled"),
            _ => (Status.Unk, "No answer"),
        };
        return (status, line.Status is { } code ? FormattableString.Invariant($"{code} {word}") : word);
    }
}
