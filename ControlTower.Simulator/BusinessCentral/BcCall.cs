using System.Text.Json;
using System.Text.RegularExpressions;

namespace ControlTower.Simulator.BusinessCentral;

/// <summary>One path segment: a name and perhaps a key in brackets.</summary>
public sealed record Segment(string Name, string? Key)
{
    private static readonly Regex Shape = new(@"^(?<name>[\w.$]+)(\((?<key>.*)\))?$", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture);

    public static IReadOnlyList<Segment> Parse(string path) => path.Split('/', StringSplitOptions.RemoveEmptyEntries).Select(part =>
    {
        var match = Shape.Match(Uri.UnescapeDataString(part));
        return match.Success ? new Segment(match.Groups["name"].Value, match.Groups["key"].Success ? match.Groups["key"].Value : null) : throw BcError.NoSegment(part);
    }).ToList();

    public Guid Id => Guid.TryParse(Key, out var id) ? id : throw new BcError(400, "Application_InvalidGUID", $"The GUID '{Key}' is not valid.");
}

/// <summary>A request as the dispatcher sees it, from the wire or from inside a batch.</summary>
public sealed record BcCall(string Method, IReadOnlyList<Segment> Path, IReadOnlyDictionary<string, string> Query, string? IfMatch, int? MaxPageSize, JsonElement? Body)
{
    public string? Option(string name) => Query.GetValueOrDefault(name);

    public JsonElement NeedBody() => Body ?? throw BcError.Bad("The request body is missing or is not valid JSON.");

    /// <summary>Writes must say which version they change.</summary>
    public void Check(string etag)
    {
        if (IfMatch is null) throw BcError.Bad("The request must carry an If-Match header with the etag of the record, or *.");
        if (IfMatch != "*" && IfMatch != etag) throw BcError.Changed();
    }
}

public sealed record BcAnswer(int Status, object? Body = null, string? Location = null);
