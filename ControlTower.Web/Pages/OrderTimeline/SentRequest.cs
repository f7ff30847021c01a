using ControlTower.Data.Timeline;

namespace ControlTower.Web.Pages.OrderTimeline;

/// <summary>One request of a document: the same address each time it was tried. A document may need several; where a vendor has one address for all, they are told as one.</summary>
/// <param name="Attempts">Oldest first, never empty.</param>
public sealed record SentRequest(string Verb, string Path, IReadOnlyList<StoryCall> Attempts)
{
    public string Name => $"{Verb} {Path.Split('?')[0].TrimEnd('/').Split('/')[^1]}";

    /// <summary>The requests among these calls of a document, in their order. What only reads is none.</summary>
    public static IReadOnlyList<SentRequest> Of(IEnumerable<StoryCall> calls) =>
    [
        .. calls.Where(call => call.Purpose != "look-up" && call.Verb != "GET")
            .GroupBy(call => (call.Verb, call.Path), (request, attempts) => new SentRequest(request.Verb, request.Path, [.. attempts])),
    ];
}
