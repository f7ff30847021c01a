using ControlTower.Data.Live;
using ControlTower.Data.Promotions;
using ControlTower.Sync.Promotions;
using ControlTower.Web.Auth;
using ControlTower.Web.Keys;
using ControlTower.Web.Live;
using ControlTower.Web.Shared;
using Microsoft.AspNetCore.Components;

namespace ControlTower.Web.Pages.Promotions;

/// <summary>All promotions: what is out, what comes, what is planned, what is over; as a list or over weeks.</summary>
public sealed partial class PromotionsPage
{
    private const int Most = PromotionQueries.PageSize;

    private PromotionsQuery query = PromotionsQuery.Start;
    private List<PromotionRow> rows = [];
    private long? current;

    [Inject] private PromotionQueries Queries { get; set; } = default!;
    [Inject] private PlanDesk Desk { get; set; } = default!;
    [Inject] private CurrentActor Actor { get; set; } = default!;
    [Inject] private ActGuard Acts { get; set; } = default!;

    private bool MayWrite => Person?.May(Permissions.PromotionsWrite) == true;

    private IReadOnlyList<FilterView> Views =>
    [
        new("open", "Out and coming", (query with { Over = false }).Href(), !query.Over), new("over", "Over", (query with { Over = true }).Href(), query.Over),
    ];

    protected override Following Follows => new("The promotions", LiveTopics.Promotions, TimeSpan.FromSeconds(2), Links.Promotions);

    protected override Keymap Hands() => new("Promotions",
    [
        .. KeyBinding.Walk(MoveAsync),
        new("Enter", "open", OpenAsync, Hint: true), new("n", "new promotion", NewAsync, Hint: true), new("c", "calendar", TurnAsync, Hint: true), new("/", "filter", Hint: true),
    ]);

    private static string Href(PromotionRow row) => row.Released is null ? Links.Promotion(row.Id) : Links.Release(row.Id);

    protected override void Show(string uri) => (query, current) = (PromotionsQuery.Parse(uri), null);

    protected override async Task ReadAsync(CancellationToken cancel)
    {
        var found = await Queries.ListAsync(query.Text.Length == 0 ? null : query.Text, query.Over, Most, cancel);
        cancel.ThrowIfCancellationRequested();
        rows = found;
    }

    private Task CopyAsync(long id) => Acts.RunAsync(async () =>
    {
        var actor = await Actor.MustAsync(Permissions.PromotionsWrite);
        switch (await Desk.CopyAsync(id, Guid.NewGuid(), actor, Gone))
        {
            case PromotionAnswer.Done done:
                Navigation.NavigateTo(Links.Promotion(done.Id));
                break;
            case PromotionAnswer.Refused no:
                Acts.Wrong = no.Words;
                break;
        }
    });

    private void Go(PromotionsQuery wanted) => Navigation.NavigateTo(wanted.Href());

    private Task MoveAsync(int by)
    {
        if (rows.Count > 0)
        {
            current = rows.Step(row => row.Id == current, by).Id;
            StateHasChanged();
        }

        return Task.CompletedTask;
    }

    private Task OpenAsync()
    {
        if (rows.FirstOrDefault(row => row.Id == current) is { } row)
        {
            Navigation.NavigateTo(Href(row));
        }

        return Task.CompletedTask;
    }

    private Task NewAsync()
    {
        if (MayWrite)
        {
            Navigation.NavigateTo(Links.NewPromotion);
        }

        return Task.CompletedTask;
    }

    private Task TurnAsync()
    {
        Go(query with { Calendar = !query.Calendar });
        return Task.CompletedTask;
    }
}
