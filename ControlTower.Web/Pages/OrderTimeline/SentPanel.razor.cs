using ControlTower.Data.Flows;
using ControlTower.Data.Outbox;
using ControlTower.Data.Timeline;
using ControlTower.Web.Shared;
using Microsoft.AspNetCore.Components;

namespace ControlTower.Web.Pages.OrderTimeline;

/// <summary>What was sent for one document: the last attempt, or the last two and how they differ. Bodies only for those who may read personal data.</summary>
public sealed partial class SentPanel : ComponentBase
{
    private StoryPosting? posting;
    private IReadOnlyList<SentRequest> requests = [];
    private SentRequest? request;
    private IReadOnlyDictionary<long, CallBody?> bodies = new Dictionary<long, CallBody?>();

    [Parameter, EditorRequired] public OrderTimelineModel Model { get; set; } = default!;
    [Parameter, EditorRequired] public OrderTimelineQuery Query { get; set; } = default!;
    [Parameter, EditorRequired] public long OrderId { get; set; }
    [Parameter] public bool MayRead { get; set; }
    [CascadingParameter] private Viewer? Viewer { get; set; }

    private IReadOnlyList<StoryCall> Attempts => request?.Attempts ?? [];

    private IReadOnlyList<StoryCall> Shown => Attempts.Count > 1 ? [Attempts[^2], Attempts[^1]] : Attempts;

    // A try that the target's absence ended is not counted: the next one has its number.
    private string Title => Shown is not [var before, var last] ? "What was sent"
        : before.Attempt == last.Attempt ? $"What was sent, attempt {last.Attempt} twice" : $"What was sent, attempt {before.Attempt} and {last.Attempt}";

    private string Foot => posting!.State switch
    {
        "confirmed" => "Read back from the target. Sending it again would find it there.",
        "unknown" => $"Same posting key. {Target} is asked for it before anything is sent again.",
        _ => $"Same posting key on every attempt. {Target} can hold it only once.",
    };

    private string Target => StoryDrawing.SystemOf(Model.Story!, posting!.System).Name;

    private string? Waiting => Model.Story!.Deliveries.FirstOrDefault(open => open.PostingKey == posting!.Key) is { } open
        ? open.LastMessage ?? (open.Lane is DeliveryLane.Deferred ? $"It waits its turn: {Target} is not taking orders now." : "Not sent yet, it goes out next.") : null;

    private int Differences => Shown.Count < 2 ? 0 : PayloadText.Compare(Pretty(Shown[0]), Pretty(Shown[1])).Count(line => line.Kind is LineKind.Added)
        is > 0 and var added ? added : PayloadText.Compare(Pretty(Shown[0]), Pretty(Shown[1])).Count(line => line.Kind is not LineKind.Same);

    protected override Task OnParametersSetAsync()
    {
        posting = Model.Posting(Query.Posting);
        requests = posting is null ? [] : Model.Requests(posting);
        request = Query.Request is { } asked && asked <= requests.Count ? requests[asked - 1]
            : requests.FirstOrDefault(one => one.Attempts[^1].Outcome != "ok") ?? (requests is [var first, ..] ? first : null);
        return ReadAsync();
    }

    private async Task ReadAsync()
    {
        if (MayRead && Shown.Count > 0)
        {
            bodies = await Model.BodiesAsync(Shown);
        }
    }

    private string? Body(StoryCall call) => MayRead ? bodies.GetValueOrDefault(call.Id)?.Request : null;

    private string Pretty(StoryCall call) => PayloadText.Pretty(Body(call) ?? "", []);

    private static (Status Status, string Word) End(StoryCall call) => call.Outcome switch
    {
        "ok" => (Status.Ok, $"{call.Status}, {call.TookMs} ms"),
        "no-answer" => (Status.Unk, "no answer"),
        "throttled" => (Status.Wait, $"{call.Status}, told to wait"),
        "refused" => (Status.Bad, $"{call.Status}, {call.TookMs} ms"),
        _ => (Status.Warn, call.Status is { } status ? $"{status}, {call.TookMs} ms" : call.Failure ?? "failed"),
    };
}
