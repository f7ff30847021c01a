using ControlTower.Data.Live;
using ControlTower.Data.Triage;
using ControlTower.Sync.Connections;
using ControlTower.Sync.Triage.Mappings;
using ControlTower.Web.Auth;
using ControlTower.Web.Layout;
using ControlTower.Web.Live;
using ControlTower.Web.Shared;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.AspNetCore.Components.Routing;
using Microsoft.Extensions.Logging;
using MudBlazor;

namespace ControlTower.Web.Pages.Mappings;

/// <summary>What connected systems call things: looked up, said by hand, brought in and taken along as a list.</summary>
public sealed partial class MappingsPage : ComponentBase, IDisposable
{
    private const int Most = 200;

    private static readonly TimeSpan AtMostEvery = TimeSpan.FromSeconds(2);
    private static readonly IReadOnlyList<Crumb> Above = [new("Connections", Links.Connections)];

    private readonly CancellationTokenSource gone = new();
    private MappingsQuery query = MappingsQuery.Start;
    private PanelGuard? panel;
    private IDisposable? feed;
    private SignedIn? person;
    private IReadOnlyList<MappingRow> rows = [];
    private IReadOnlyList<MappingRow> history = [];
    private IReadOnlyDictionary<string, long>? counts;
    private MappingForm? form;
    private MappingProblem? problem;
    private bool bringing;

    [Inject] private MappingDesk Desk { get; set; } = default!;
    [Inject] private ConnectionDirectory Directory { get; set; } = default!;
    [Inject] private CurrentActor Actor { get; set; } = default!;
    [Inject] private ActGuard Acts { get; set; } = default!;
    [Inject] private ISnackbar Messages { get; set; } = default!;
    [Inject] private LiveFeed Feed { get; set; } = default!;
    [Inject] private ShellState Shell { get; set; } = default!;
    [Inject] private NavigationManager Navigation { get; set; } = default!;
    [Inject] private TimeProvider Clock { get; set; } = default!;
    [Inject] private ILogger<MappingsPage> Log { get; set; } = default!;
    [CascadingParameter] private Viewer? Viewer { get; set; }
    [CascadingParameter] private Task<AuthenticationState> Auth { get; set; } = default!;

    private bool MayWrite => person?.May(Permissions.ExceptionsEdit) == true;

    private long? Count => counts is null ? null : query.Kind.Length == 0 ? counts.Values.Sum() : counts.GetValueOrDefault(query.Kind);

    private IEnumerable<(string Id, string Name)> Connections => Directory.All.Select(c => (c.Profile.Id, c.Profile.Name)).OrderBy(c => c.Name, StringComparer.OrdinalIgnoreCase);

    private IReadOnlyList<FilterView> Views =>
        [View("all", "All", "", counts?.Values.Sum()), .. MappingKind.All.Select(kind => View(kind, MappingWords.Kind(kind), kind, counts?.GetValueOrDefault(kind)))];

    public void Dispose()
    {
        gone.Cancel();
        gone.Dispose();
        Navigation.LocationChanged -= OnLocation;
        feed?.Dispose();
        Shell.Live(null);
    }

    protected override async Task OnInitializedAsync()
    {
        query = MappingsQuery.Parse(Navigation.Uri);
        if (!RendererInfo.IsInteractive)
        {
            return;
        }

        panel = new PanelGuard("The mappings", Clock, Log);
        Navigation.LocationChanged += OnLocation;
        feed = Feed.Subscribe(LiveTopics.Connections, () => InvokeAsync(() => panel.PacedAsync(AtMostEvery, LoadAsync, gone.IsCancellationRequested ? new CancellationToken(canceled: true) : gone.Token)));
        await LoadAsync();
    }

    // Asked again with each change of the circuit's authentication: a right that was taken away holds for the open page too.
    protected override async Task OnParametersSetAsync() => person = SignedIn.From((await Auth).User);

    private static string Chosen(ChangeEventArgs change) => change.Value?.ToString() ?? "";

    private async Task LoadAsync()
    {
        if (gone.IsCancellationRequested)
        {
            return;
        }

        var asked = query;
        await panel!.AskAsync(async () =>
        {
            var found = await Desk.ListAsync(asked.Filter, asked.After, Most, gone.Token);
            var many = await Desk.CountsAsync(asked.Filter with { Kind = "" }, gone.Token);
            var before = asked.Open is { } id ? await Desk.HistoryAsync(id, gone.Token) : [];
            if (asked == query)
            {
                (rows, counts, history) = (found, many, before);
            }
        });
        Shell.Live(panel.Fault is null && Feed.IsConnected ? Shared.Feed.Live : Shared.Feed.Late, panel.AnsweredAt);
        StateHasChanged();
    }

    private FilterView View(string key, string name, string kind, long? many) => new(key, name, (query.Top with { Kind = kind }).Href(), query.Kind == kind, many);

    private void Go(MappingsQuery wanted) => Navigation.NavigateTo(wanted.Href());

    private void Add() => (form, problem, Acts.Wrong) = (new MappingForm { Connection = query.Connection, Kind = query.Kind.Length > 0 ? query.Kind : MappingKind.Sku }, null, null);

    private void Change(MappingRow row) =>
        (form, problem, Acts.Wrong) = (new MappingForm { Seen = row.Id, Connection = row.ConnectionId, Kind = row.Kind, From = row.From, To = row.To }, null, null);

    private void CloseForm()
    {
        if (!Acts.IsBusy)
        {
            form = null;
        }
    }

    private string? Wrong(string field) => problem?.Where == field ? problem.Words : null;

    private Task SaveAsync() => Acts.RunAsync(async () =>
    {
        var said = form!;
        problem = null;
        var answer = await Desk.PutAsync(
            new MappingSaid(said.Connection, said.Kind, said.From.Trim(), said.To.Trim()), said.Seen, said.Retry, said.Reason, await Actor.MustAsync(Permissions.ExceptionsEdit), gone.Token);
        if (answer is MappingAnswer.Refused refused)
        {
            problem = refused.Problem;
            return;
        }

        if (answer is MappingAnswer.Moved)
        {
            await LoadAsync();
            throw new ArgumentException(said.Seen is null ? "Somebody mapped this word already. Close, and change that." : "Somebody changed it meanwhile. Close, and look at it as it is now; nothing of yours was written.");
        }

        form = null;
        Messages.Add(answer is MappingAnswer.Done done ? $"{said.From} is {said.To} there from now on.{Retried(done)}" : "It is so already.", Severity.Success);
        await LoadAsync();
    });

    private Task RemoveAsync() => Acts.RunAsync(async () =>
    {
        var removed = await Desk.RemoveAsync(form!.Seen!.Value, form.Reason, await Actor.MustAsync(Permissions.ExceptionsEdit), gone.Token);
        form = null;
        Messages.Add(removed ? "The mapping is removed. What is sent from now on names the order's own word." : "It was not in force any more.", removed ? Severity.Success : Severity.Warning);
        await LoadAsync();
    });

    internal static string Retried(MappingAnswer.Done done) => done.Retried == 0 ? "" : $" {Say.Count(done.Retried)} {(done.Retried == 1 ? "case that waited for it is" : "cases that waited for it are")} being retried.";

    private void OnLocation(object? sender, LocationChangedEventArgs change) => _ = InvokeAsync(async () =>
    {
        if (new Uri(change.Location).AbsolutePath.Equals(Links.Mappings, StringComparison.OrdinalIgnoreCase))
        {
            query = MappingsQuery.Parse(change.Location);
            await LoadAsync();
        }
    });

    private string NameOf(string connection) => Directory.Find(connection)?.Name ?? connection;

    private string Time(DateTimeOffset at) => Say.Time(at, Clock.GetUtcNow(), (Viewer ?? Shared.Viewer.Default).StoreZone);

    private sealed class MappingForm
    {
        /// <summary>The mapping that the person saw in force; null: none.</summary>
        public long? Seen { get; init; }

        public string Connection { get; set; } = "";

        public string Kind { get; set; } = MappingKind.Sku;

        public string From { get; set; } = "";

        public string To { get; set; } = "";

        public string Reason { get; set; } = "";

        public bool Retry { get; set; } = true;
    }
}
