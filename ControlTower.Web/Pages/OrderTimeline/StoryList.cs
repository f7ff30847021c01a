using System.Globalization;
using ControlTower.Data.Flows;
using ControlTower.Data.Timeline;
using ControlTower.Web.Shared;

namespace ControlTower.Web.Pages.OrderTimeline;

/// <summary>One line of "what people and systems did".</summary>
/// <param name="CallId">Set if there is a body to look at.</param>
/// <param name="MessageId">Likewise, for what came in.</param>
public sealed record StoryLine(string Key, DateTimeOffset At, Status Status, string Text, string Who, long? CallId = null, long? MessageId = null);

/// <summary>Everything that happened in one sequence, newest first: the log, messages, calls, cases, people.</summary>
public static class StoryList
{
    public static IReadOnlyList<StoryLine> All(OrderStory story) =>
        [.. Steps(story).Concat(Messages(story)).Concat(Calls(story)).Concat(People(story)).OrderByDescending(line => line.At).ThenByDescending(line => line.Key, StringComparer.Ordinal)];

    /// <summary>Without messages and calls that only repeat what the log says. What waits to be worked is in no log yet.</summary>
    public static IReadOnlyList<StoryLine> Told(OrderStory story) =>
        [.. Steps(story, withoutCalls: true).Concat(Messages(story).Where(line => line.Status is Status.Wait)).Concat(Calls(story).Where(line => line.Status is not Status.Ok)).Concat(People(story)).OrderByDescending(line => line.At).ThenByDescending(line => line.Key, StringComparer.Ordinal)];

    private static IEnumerable<StoryLine> Steps(OrderStory story, bool withoutCalls = false) => story.Steps.Where(step => !withoutCalls || !RepeatsCall(story, step)).Select(step =>
    {
        var words = StoryWords.Of(step);
        return new StoryLine(string.Create(CultureInfo.InvariantCulture, $"step-{step.Step:00000}"), step.At, words.State is SwimState.Failed ? Status.Bad : step.Type is "order.posted" or "order.updated" ? Status.Proven : Status.Ok,
            words.Text, StoryDrawing.SystemOf(story, step.System).Name);
    });

    // The refused call says more than the note about it, as long as it is kept.
    private static bool RepeatsCall(OrderStory story, StoryStep step) =>
        step.Type == "order.refused" && story.Calls.Any(call => call.PostingKey == step.Reference && call.Outcome == "refused");

    private static IEnumerable<StoryLine> Messages(OrderStory story) => story.Messages.Select(message => new StoryLine(
        $"message-{message.Id}", message.ReceivedAt, message.Outcome is null ? Status.Wait : Status.Ok,
        message.Outcome switch
        {
            null => $"Told us {message.Topic}, {StoryWords.Waiting(message.Detail)}",
            "processed" => $"Told us {message.Topic}",
            var end => $"Told us {message.Topic}, {end}",
        },
        StoryDrawing.SystemOf(story, message.System).Name, MessageId: message.Id));

    private static IEnumerable<StoryLine> Calls(OrderStory story) => story.Calls.Select(call =>
    {
        var what = call.Purpose switch { "look-up" => "Asked whether it is there", "feed" => "Read", _ => $"{StoryWords.Document(call.Purpose)}, attempt {call.Attempt}{(call.Verb == "GET" ? ", read before" : "")}" };
        var end = call switch
        {
            { Outcome: "no-answer" } => "no answer",
            { Outcome: "throttled" } => "told to wait",
            { Status: { } status } => status.ToString(CultureInfo.InvariantCulture),
            _ => call.Outcome,
        };
        return new StoryLine($"call-{call.Id}", call.StartedAt, Outcome(call.Outcome), $"{what}: {end}", StoryDrawing.SystemOf(story, call.System).Name, CallId: call.Id);
    });

    private static IEnumerable<StoryLine> People(OrderStory story) => story.Acts
        .Select((act, i) => new StoryLine(string.Create(CultureInfo.InvariantCulture, $"act-{i}"), act.At, act.Outcome == "done" ? Status.Run : Status.Bad, StoryWords.Act(act), act.Who))
        .Concat(story.Cases.SelectMany(CaseLines));

    private static IEnumerable<StoryLine> CaseLines(StoryCase problem)
    {
        var code = OrderSearchText.CaseCode(problem.Id);
        yield return new StoryLine($"case-{problem.Id}", problem.OpenedAt, Status.Bad, $"Case {code} opened: {problem.Title}", "ControlTower");
        if (problem.ClosedAt is { } closed)
        {
            yield return new StoryLine($"case-{problem.Id}-end", closed, problem.State == "resolved" ? Status.Proven : Status.Off, $"Case {code} {problem.State}", "ControlTower");
        }
    }

    private static Status Outcome(string outcome) => outcome switch
    {
        "ok" => Status.Ok,
        "refused" => Status.Bad,
        "no-answer" => Status.Unk,
        "throttled" => Status.Wait,
        _ => Status.Warn,
    };
}
