using System.Globalization;
using ControlTower.Data.Flows;
using ControlTower.Data.Outbox;
using ControlTower.Data.Timeline;
using ControlTower.Web.Shared;

namespace ControlTower.Web.Pages.OrderTimeline;

/// <summary>Lanes and steps for the drawing: what was, what is under way, what comes next. Pure.</summary>
public sealed record StoryDrawing(IReadOnlyList<SwimLane> Lanes, IReadOnlyList<SwimEvent> Events, string Label)
{
    public const string Tower = "tower";

    /// <summary>More steps than this cannot be read in a drawing; the middle is folded, the list has all.</summary>
    private const int MostSteps = 16;

    public static StoryDrawing Of(OrderStory story, DateTimeOffset now, TimeZoneInfo zone)
    {
        var past = Fold([.. Past(story).OrderBy(step => step.At).ThenBy(step => step.Order)]);
        List<SwimEvent> events = [];
        var first = past.Count > 0 ? past[0].At : now;
        foreach (var step in past)
        {
            events.Add(new SwimEvent(step.Key, step.Lane, step.State, step.Label, events.Count == 0 ? Say.Clock(step.At, zone) : Since(step.At, first, zone), step.At));
        }

        events.AddRange(Present(story, now, zone));
        events.AddRange(StoryPlan.Next(story));
        return new StoryDrawing(LanesOf(story, events), events, Finding(story, events));
    }

    private static IEnumerable<Mark> Past(OrderStory story)
    {
        var head = story.Head;
        if (head.PlacedAt is { } placed)
        {
            yield return new Mark("placed", head.Source, SwimState.Done, "Order created", placed, 0);
        }

        foreach (var step in story.Steps)
        {
            var words = StoryWords.Of(step);
            if (words.OnDrawing)
            {
                yield return new Mark($"step-{step.Step}", LaneOf(story, step), words.State, words.Short, step.At, 1 + step.Step);
            }
        }

        foreach (var call in story.Calls)
        {
            if (Trouble(story, call) is { } trouble)
            {
                yield return new Mark($"call-{call.Id}", call.System, trouble.State, trouble.Label, call.StartedAt.AddMilliseconds(call.TookMs), int.MaxValue - 1);
            }
        }

        foreach (var problem in story.Cases)
        {
            yield return new Mark($"case-{problem.Id}", Tower, SwimState.Failed, $"Case {OrderSearchText.CaseCode(problem.Id)}", problem.OpenedAt, int.MaxValue);
        }
    }

    /// <summary>A refused call stands in the event log already; one without an answer or one that failed does not.</summary>
    private static (SwimState State, string Label)? Trouble(OrderStory story, StoryCall call) => call.Outcome switch
    {
        "no-answer" when call.Purpose != "look-up" => (SwimState.Unknown, "No answer"),
        "failed" or "throttled" when call.Purpose != "look-up" => (SwimState.Failed, $"Attempt {call.Attempt} failed"),
        "refused" when call.Purpose != "look-up" && !story.Steps.Any(step => Tells(step, call)) =>
            (SwimState.Failed, $"{StoryWords.Document(call.Purpose)} refused"),
        _ => null,
    };

    /// <summary>The log notes the first refusal of a document; later ones stand in the calls alone.</summary>
    private static bool Tells(StoryStep step, StoryCall call) =>
        step.Type == "order.refused" && step.Reference == call.PostingKey && (step.At - call.StartedAt).Duration() < TimeSpan.FromSeconds(30);

    private static IEnumerable<SwimEvent> Present(OrderStory story, DateTimeOffset now, TimeZoneInfo zone)
    {
        foreach (var open in story.Deliveries)
        {
            var key = $"delivery-{open.Id}";
            var document = StoryWords.Document(open.Kind);
            switch (open.State)
            {
                case DeliveryState.Sent:
                    yield return new SwimEvent(key, Tower, SwimState.Running, open.Attempts > 1 ? $"Retry {open.Attempts}" : document, "now", now);
                    break;
                case DeliveryState.Unknown:
                    yield return new SwimEvent(key, open.System, SwimState.Unknown, document, open.DueAt > now ? $"asked again {Say.Clock(open.DueAt, zone)}" : "being looked up", null);
                    break;
                case DeliveryState.Ready:
                    var note = open.Lane is DeliveryLane.Deferred ? "deferred" : open.DueAt > now.AddSeconds(5) ? $"next, {Say.Clock(open.DueAt, zone)}" : "next";
                    yield return new SwimEvent(key, open.System, SwimState.Planned, document, note, null);
                    break;
                default:
                    yield return new SwimEvent(key, open.System, SwimState.Planned, document, "after repair", null);
                    break;
            }
        }
    }

    // The shop made the order; receiving it is the tower's part.
    private static string LaneOf(OrderStory story, StoryStep step) => (step.Type == "order.captured" ? Tower : step.System)
        ?? (step.Type == "order.refused" ? story.Postings.FirstOrDefault(posting => posting.Key == step.Reference)?.System : null)
        ?? Tower;

    private static List<SwimLane> LanesOf(OrderStory story, List<SwimEvent> events)
    {
        var used = events.Select(step => step.Lane).Append(story.Head.Source).Append(Tower).ToHashSet(StringComparer.Ordinal);
        if (story.Head.Erp is { } erp)
        {
            used.Add(erp);
        }

        return [.. new[] { story.Head.Source, Tower }.Concat(story.Systems.OrderBy(s => s.Role == "erp" ? 0 : 1).ThenBy(s => s.Name, StringComparer.Ordinal).Select(s => s.Id))
            .Concat(used.Order(StringComparer.Ordinal)).Distinct(StringComparer.Ordinal).Where(used.Contains)
            .Select(id => new SwimLane(id, SystemOf(story, id)))];
    }

    public static SystemRef SystemOf(OrderStory story, string? id) => id is null or Tower
        ? new SystemRef(Tower, "ControlTower", SystemKind.Tower, Circuit.Closed)
        : story.Systems.FirstOrDefault(system => system.Id == id) is { } known
            ? new SystemRef(id, known.Name, known.Role == "erp" ? SystemKind.Erp : SystemKind.Shop,
                known.PausedAt is not null ? Circuit.Paused : known.Breaker switch { "open" => Circuit.Open, "half-open" => Circuit.HalfOpen, _ => Circuit.Closed })
            : new SystemRef(id, id, SystemKind.Unknown);

    private static List<Mark> Fold(List<Mark> steps)
    {
        if (steps.Count <= MostSteps)
        {
            return steps;
        }

        var middle = steps[3..^(MostSteps - 4)];
        var fold = new Mark("more", Tower, SwimState.Done, string.Create(CultureInfo.InvariantCulture, $"{middle.Count} more steps"), middle[0].At, 0);
        return [.. steps[..3], fold, .. steps[^(MostSteps - 4)..]];
    }

    private static string Since(DateTimeOffset at, DateTimeOffset first, TimeZoneInfo zone) => (at - first) switch
    {
        { TotalSeconds: < 0 } => Say.Clock(at, zone),
        { TotalSeconds: < 10 } little => string.Create(CultureInfo.InvariantCulture, $"+{little.TotalSeconds:0.0} s"),
        { TotalHours: < 1 } age => $"+{Say.Age(age)}",
        _ => Say.Clock(at, zone),
    };

    private static string Finding(OrderStory story, List<SwimEvent> events)
    {
        var done = events.Count(step => step.State is SwimState.Done);
        var failed = events.Count(step => step.State is SwimState.Failed);
        return string.Create(CultureInfo.InvariantCulture,
            $"Order {story.Head.Name}: {done} steps done, {failed} failed, now {OrderWords.Stage(story.Head.Stage).ToLowerInvariant()}");
    }

    private sealed record Mark(string Key, string Lane, SwimState State, string Label, DateTimeOffset At, int Order);
}
