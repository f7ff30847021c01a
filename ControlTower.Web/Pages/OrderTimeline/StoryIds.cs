using ControlTower.Data.Flows;
using ControlTower.Data.Timeline;

namespace ControlTower.Web.Pages.OrderTimeline;

/// <summary>An id of the order by the name that people give it. <paramref name="Value"/> is null for one that does not exist yet.</summary>
public sealed record StoryId(string Name, string? Value, string None = "none");

/// <summary>Every id under which the order is known somewhere, in the order in which people ask for them.</summary>
public static class StoryIds
{
    private static readonly (string Name, string Kind)[] More =
        [("Payment", "payment"), ("ERP payment", "erp-payment"), ("ERP shipment", "erp-shipment"), ("Shipment", "shipment"), ("Tracking", "tracking"), ("Refund", "refund")];

    public static IReadOnlyList<StoryId> Of(OrderStory story)
    {
        List<StoryId> ids = [new("Shop order", story.Head.Name), new("Shop id", story.Head.SourceId), new("Tower", OrderSearchText.FlowCode(story.Head.Id))];
        if (story.Head.TraceId is { } trace)
        {
            ids.Add(new("Trace", trace));
        }

        var numbers = story.Postings.Where(posting => posting.Number is not null).Select(posting => posting.Number!).ToHashSet(StringComparer.Ordinal);
        // The number that people use first, the technical id after it.
        List<string> Ordered(string kind) => [.. Values(story, kind).OrderBy(value => numbers.Contains(value) ? 0 : 1).ThenBy(value => value.Length)];
        AddAll(ids, "ERP order", Ordered("erp-order"), "not posted");
        AddAll(ids, "ERP invoice", Ordered("erp-invoice"), "not invoiced");
        foreach (var (name, kind) in More)
        {
            ids.AddRange(Ordered(kind).Select(value => new StoryId(name, value)));
        }

        foreach (var posting in story.Postings)
        {
            ids.Add(new("Posting key", posting.Key));
        }

        HashSet<string> known = ["shop-order", "shop-name", "erp-order", "erp-invoice", "posting-key", .. More.Select(more => more.Kind)];
        ids.AddRange(story.References.Where(reference => !known.Contains(reference.Kind)).Select(reference => new StoryId(Named(reference.Kind), reference.Value)));
        return [.. ids.DistinctBy(id => (id.Name, id.Value))];
    }

    private static void AddAll(List<StoryId> ids, string name, List<string> values, string none)
    {
        if (values.Count == 0)
        {
            ids.Add(new(name, null, none));
        }

        ids.AddRange(values.Select(value => new StoryId(name, value)));
    }

    private static List<string> Values(OrderStory story, string kind) => [.. story.References.Where(reference => reference.Kind == kind).Select(reference => reference.Value)];

    private static string Named(string kind) =>
        kind.Length == 0 ? kind
        : kind.StartsWith("erp-", StringComparison.Ordinal) ? "ERP " + kind[4..].Replace('-', ' ')
        : char.ToUpperInvariant(kind[0]) + kind[1..].Replace('-', ' ');
}
