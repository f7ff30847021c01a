using ControlTower.Data.Flows;
using ControlTower.Data.Timeline;
using ControlTower.Web.Shared;
using Microsoft.Extensions.Logging;

namespace ControlTower.Web.Pages.OrderTimeline;

/// <summary>One order's story without its markup. Bodies are read only when asked for with the right to see them, and forgotten with the page.</summary>
public sealed class OrderTimelineModel(OrderStoryQueries stories, OrderQueries orders, TimeProvider clock, ILogger<OrderTimelineModel> log)
{
    private readonly Dictionary<long, CallBody?> bodies = [];

    public PanelGuard Panel { get; } = new("This order", clock, log);

    public PanelGuard SentPanel { get; } = new("What was sent", clock, log);

    public OrderStory? Story { get; private set; }

    public OrderStanding? Standing { get; private set; }

    /// <summary>True once it is certain that there is no such order.</summary>
    public bool IsMissing { get; private set; }

    /// <param name="tellCauses">False for a person who may not read cases: that there is one is told, why is not.</param>
    public async Task LoadAsync(long id, bool tellCauses, CancellationToken cancel = default) => await Panel.AskAsync(async () =>
    {
        var story = await stories.LoadAsync(id, cancel);
        var row = story is null ? null : await orders.RowsAsync([id], cancel) is [var found, ..] ? found : null;
        if (!tellCauses)
        {
            story = story is null ? null : story with { Cases = [.. story.Cases.Select(problem => problem with { Title = OrderWords.CauseUntold })] };
            row = OrderWords.WithoutCause(row);
        }

        if (Story?.Head.Id != id)
        {
            bodies.Clear();
        }

        (Story, IsMissing) = (story, story is null);
        Standing = row is null ? null : OrderWords.Standing(row, clock.GetUtcNow());
    });

    /// <summary>The document whose attempts are shown: the one asked for, else the one with trouble, else the newest.</summary>
    public StoryPosting? Posting(string? key)
    {
        if (Story is not { Postings.Count: > 0 } story)
        {
            return null;
        }

        return story.Postings.FirstOrDefault(posting => posting.Key == key)
            ?? story.Postings.FirstOrDefault(posting => posting.State is "refused" or "unknown")
            ?? story.Postings.LastOrDefault(posting => Requests(posting).Count > 0)
            ?? story.Postings[^1];
    }

    /// <summary>The requests that made this document, in their order.</summary>
    public IReadOnlyList<SentRequest> Requests(StoryPosting posting) => SentRequest.Of(Story!.Calls.Where(call => call.PostingKey == posting.Key));

    /// <summary>The bodies of these calls, by call id. Call only for a person who may read them.</summary>
    public async Task<IReadOnlyDictionary<long, CallBody?>> BodiesAsync(IEnumerable<StoryCall> calls, CancellationToken cancel = default)
    {
        await SentPanel.AskAsync(async () =>
        {
            foreach (var call in calls.Where(call => !bodies.ContainsKey(call.Id)))
            {
                bodies[call.Id] = await stories.CallBodyAsync(Story!.Head.Id, call.Id, cancel);
            }
        });
        return bodies;
    }

    /// <summary>What came in, as text. Call only for a person who may read it.</summary>
    public Task<string?> MessageAsync(long messageId, CancellationToken cancel = default) => stories.MessageBodyAsync(Story!.Head.Id, messageId, cancel);
}
