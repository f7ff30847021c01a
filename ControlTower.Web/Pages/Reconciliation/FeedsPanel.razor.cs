using System.Globalization;
using ControlTower.Data.Audit;
using ControlTower.Data.Feeds;
using ControlTower.Sync.Feeds;
using ControlTower.Sync.Reconciliation;
using ControlTower.Web.Auth;
using ControlTower.Web.Shared;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.Logging;
using MudBlazor;

namespace ControlTower.Web.Pages.Reconciliation;

/// <summary>What is sent by the calendar: the feeds, each business day of one as a month, one day with both counts, and what people do about them.</summary>
public sealed partial class FeedsPanel : ComponentBase, IDisposable
{
    private enum Act { Pause, Again, Backfill }

    private readonly CancellationTokenSource gone = new();
    private PanelGuard? panel;
    private IReadOnlyList<FeedLine> lines = [];
    private IReadOnlyList<string> brands = [];
    private IReadOnlyList<FeedRun> runs = [];
    private IReadOnlyList<ReconProblem> problems = [];
    private (long? Feed, string Month, DateTimeOffset? At)? loaded;
    private DateOnly month;
    private FeedForm? form;
    private Act? asked;

    // What the question is about, whatever is opened or comes in while it is asked.
    private (Feed Feed, FeedRun? Run)? about;
    private string reason = "";
    private string from = "";
    private string to = "";

    [Parameter, EditorRequired] public ReconQuery Query { get; set; } = default!;

    /// <summary>When the page was answered last: this is asked again with it.</summary>
    [Parameter, EditorRequired] public DateTimeOffset? At { get; set; }
    [Parameter, EditorRequired] public SignedIn Person { get; set; } = default!;
    [Inject] private FeedStore Store { get; set; } = default!;
    [Inject] private FeedDesk Desk { get; set; } = default!;
    [Inject] private CurrentActor Actor { get; set; } = default!;
    [Inject] private ActGuard Acts { get; set; } = default!;
    [Inject] private ISnackbar Snackbar { get; set; } = default!;
    [Inject] private TimeProvider Clock { get; set; } = default!;
    [Inject] private ILogger<FeedsPanel> Log { get; set; } = default!;
    [CascadingParameter] private Viewer? Viewer { get; set; }

    private bool MayManage => Person.May(Permissions.FinanceFeeds);

    private FeedLine? Chosen => lines.FirstOrDefault(l => l.Feed.Id == Query.Feed) ?? (lines.Count > 0 ? lines[0] : null);

    /// <summary>The day that is opened; the newest where none is.</summary>
    private FeedRun? Opened => runs.FirstOrDefault(r => r.Id == Query.Run) ?? (runs.Count > 0 ? runs[0] : null);

    private DateTimeOffset Now => Clock.GetUtcNow();

    public void Dispose()
    {
        gone.Cancel();
        gone.Dispose();
    }

    protected override async Task OnParametersSetAsync()
    {
        if (loaded != (Query.Feed, Query.Month, At))
        {
            loaded = (Query.Feed, Query.Month, At);
            await LoadAsync();
        }
    }

    private async Task LoadAsync()
    {
        panel ??= new PanelGuard("The feeds", Clock, Log);
        var asking = Query;
        await panel.AskAsync(async () =>
        {
            var (found, all) = (await Store.LinesAsync(gone.Token), await Store.BrandsAsync(gone.Token));
            var feed = (found.Find(l => l.Feed.Id == asking.Feed) ?? found.FirstOrDefault())?.Feed;
            var newest = feed is null ? default : FeedDays.LastOver(feed.Calendar.TimeZone, Now);
            var shown = DateOnly.TryParseExact(asking.Month, "yyyy-MM", CultureInfo.InvariantCulture, DateTimeStyles.None, out var wanted) ? wanted : new DateOnly(newest.Year, newest.Month, 1);
            var days = feed is null ? [] : await Store.RunsAsync(feed.Id, shown, shown.AddMonths(1).AddDays(-1), gone.Token);
            if (asking == Query)
            {
                (lines, brands, month, runs) = (found, all, shown, days);
            }
        });
    }

    private FeedDayCell Cell(Feed feed, DateOnly day) => FeedWords.Cell(feed, day, runs.FirstOrDefault(r => r.Day == day), FeedDays.LastOver(feed.Calendar.TimeZone, Now));

    private string Href(FeedRun run) => (Query with { Feed = run.Feed, Run = run.Id }).Href();

    private string Href(Feed feed, DateOnly of) => (Query with { Feed = feed.Id, Run = null, Month = FeedWords.Month(of) }).Href();

    private string Next(Feed feed) => feed.Paused is not null ? Say.None : FeedDays.Next(feed.Calendar, Now) is { } next ? $"{Time(next.DueAt)}, for {FeedWords.Day(next.Day)}" : "never";

    private void Open(Feed? feed) => (form, problems, Acts.Wrong) = (new FeedForm(feed, (Viewer ?? Shared.Viewer.Default).StoreZone.Id, DateOnly.FromDateTime(Now.UtcDateTime)), [], null);

    private void Ask(Act act) => (asked, about, reason, from, to, problems, Acts.Wrong) = (act, (Chosen!.Feed, Opened), "", "", "", [], null);

    private void Close() => (form, asked) = Acts.IsBusy ? (form, asked) : (null, null);

    private async Task SaveAsync()
    {
        (var draft, problems) = form!.Read();
        if (problems.Count == 0)
        {
            await DoAsync(actor => Desk.SaveAsync(form.From?.Id ?? 0, form.From?.Version ?? 0, draft, actor, gone.Token), "Saved.");
        }
    }

    private async Task AskKeyAsync()
    {
        (var host, var port, problems) = form!.Server();
        if (problems.Count > 0)
        {
            return;
        }

        // What is entered while the server answers is another server.
        var (asking, server) = (form, (form.Host, form.Port));
        await Acts.RunAsync(async () =>
        {
            await Actor.MustAsync(Permissions.FinanceFeeds);
            var (key, problem) = await Desk.KeyAsync(host, port, gone.Token);
            problems = problem is null ? [] : [problem];
            asking.Shown = key is null ? null : (server.Host, server.Port, key);
        });
    }

    private Task ResumeAsync(Feed feed) => DoAsync(actor => Desk.ResumeAsync(feed.Id, feed.Version, actor, gone.Token), "It goes on.");

    private async Task ActAsync()
    {
        var (feed, run) = about!.Value;
        switch (asked)
        {
            case Act.Pause:
                await DoAsync(actor => Desk.PauseAsync(feed.Id, feed.Version, reason, actor, gone.Token), "Paused.");
                break;
            case Act.Again when run is not null:
                await DoAsync(actor => Desk.AgainAsync(run.Id, reason, actor, gone.Token), "The day runs again.");
                break;
            case Act.Backfill when Day(from) is { } first && Day(to) is { } last:
                await DoAsync(actor => Desk.BackfillAsync(feed.Id, first, last, reason, actor, gone.Token), "These days are sent now.");
                break;
            case Act.Backfill:
                problems = [new ReconProblem("days", "Write both days as 2026-12-25.")];
                break;
        }
    }

    private Task DoAsync(Func<Actor, Task<ReconAnswer>> act, string done) => Acts.RunAsync(async () =>
    {
        switch (await act(await Actor.MustAsync(Permissions.FinanceFeeds)))
        {
            case ReconAnswer.Done:
                Snackbar.Add(done, Severity.Success);
                (form, asked) = (null, null);
                break;
            case ReconAnswer.Refused no:
                (Acts.Wrong, problems) = (no.Words, no.Problems ?? []);
                break;
        }

        await LoadAsync();
    });

    private static DateOnly? Day(string text) => DateOnly.TryParseExact(text.Trim(), "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day) ? day : null;

    private string Time(DateTimeOffset at) => Say.Time(at, Now, (Viewer ?? Shared.Viewer.Default).StoreZone);
}
