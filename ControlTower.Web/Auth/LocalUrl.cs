using System.Buffers;

namespace ControlTower.Web.Auth;

/// <summary>Return addresses lead back into the tower only.</summary>
public static class LocalUrl
{
    // What our own paths are made of. Whatever a browser or a proxy would decode, fold or skip on its way is not among it.
    private static readonly SearchValues<char> InSegment = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~");

    /// <summary>
    /// The address if it is a path of ours, else the other one. Rejects all that could leave after it is normalised (<c>//host</c>, <c>/\host</c>, <c>/.//host</c>, <c>/%2f/host</c>),
    /// whatever a header cannot carry, and the gate itself.
    /// </summary>
    public static string Or(string? url, string otherwise) =>
        url is { Length: > 1 and <= 2000 } && url.All(c => c is > ' ' and < '\u007f' and not '\\') && IsPath(url.AsSpan()[..PathEnd(url)])
        && !url.StartsWith(Shared.Links.SignIn, StringComparison.OrdinalIgnoreCase) && !url.StartsWith("/account/", StringComparison.OrdinalIgnoreCase)
            ? url
            : otherwise;

    private static int PathEnd(string url) => url.IndexOfAny(['?', '#']) is var end and >= 0 ? end : url.Length;

    /// <summary>Segments of plain characters; only the last may be empty, and none is a step in place or upwards.</summary>
    private static bool IsPath(ReadOnlySpan<char> path)
    {
        if (path is not ['/', ..])
            return false;
        var rest = path[1..];
        foreach (var range in rest.Split('/'))
        {
            var segment = rest[range];
            if (segment.IsEmpty ? range.End.Value != rest.Length : segment is "." or ".." || segment.ContainsAnyExcept(InSegment))
                return false;
        }

        return true;
    }
}
