using System.Globalization;
using ControlTower.Data.Catalog;
using ControlTower.Data.Live;
using ControlTower.Sync.Catalog;
using ControlTower.Web.Auth;
using ControlTower.Web.Keys;
using ControlTower.Web.Live;
using ControlTower.Web.Shared;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.Extensions.Logging;
using MudBlazor;

namespace ControlTower.Web.Pages.Customers;

/// <summary>Customers who may be one person, with what speaks for and against it; a person says.</summary>
public sealed partial class DuplicatesPage : ComponentBase, IDisposable
{
    private const int Most = 100;

    private static readonly TimeSpan AtMostEvery = TimeSpan.FromSeconds(10);

    private readonly CancellationTokenSource gone = new();
    private Keymap keymap = new("Duplicates", []);
    private PanelGuard? panel;
    private IReadOnlyDictionary<PairView, long> counts = new Dictionary<PairView, long>();
    private IReadOnlyList<CustomerPair> pairs = [];
    private CustomerPair? open;
    private long? current;
    private string reason = "";
    private PairView view;
    private SignedIn? person;
    private IDisposable? feed;
    private IDisposable? keys;

    [SupplyParameterFromQuery(Name = "view")] public string? ViewName { get; set; }
    [SupplyParameterFromQuery(Name = "q")] public string? Search { get; set; }
    [SupplyParameterFromQuery(Name = "after")] public string? AfterText { get; set; }
    [SupplyParameterFromQuery(Name = "d")] public string? OpenText { get; set; }
    [Inject] private CustomerQueries Queries { get; set; } = default!;
    [Inject] private CustomerDesk Desk { get; set; } = default!;
    [Inject] private CurrentActor Actor { get; set; } = default!;
    [Inject] private ActGuard Acts { get; set; } = default!;
    [Inject] private ISnackbar Messages { get; set; } = default!;
    [Inject] private LiveFeed Feed { get; set; } = default!;
    [Inject] private KeyFeed Keys { get; set; } = default!;
    [Inject] private NavigationManager Navigation { get; set; } = default!;
    [Inject] private TimeProvider Clock { get; set; } = default!;
    [Inject] private ILogger<DuplicatesPage> Log { get; set; } = default!;
    [CascadingParameter] private Viewer? Viewer { get; set; }
    [CascadingParameter] private Task<AuthenticationState> Auth { get; set; } = default!;

    private bool MayDecide => person?.May(Permissions.CustomersDecide) == true;

    private long? After => Number(AfterText);

    private string Title => Names[view];

    private string EmptyText => Search is not null ? "Nobody fits." : view switch
    {
        PairView.Open => "Nobody waits for a decision.",
        PairView.Certain => "No two systems know the same customer for certain yet.",
        _ => "Nobody has said so yet.",
    };

    private static IReadOnlyDictionary<PairView, string> Names { get; } = new Dictionary<PairView, string>
    {
        [PairView.Open] = "To decide", [PairView.Certain] = "Certain", [PairView.Same] = "Said to be one", [PairView.Different] = "Said not to be",
    };

    private IReadOnlyList<FilterView> Views => [.. Names.Select(n => new FilterView(Key(n.Key), n.Value, Address(n.Key, Search, null, null), view == n.Key, counts.GetValueOrDefault(n.Key)))];

    public void Dispose()
    {
        gone.Cancel();
        gone.Dispose();
        feed?.Dispose();
        keys?.Dispose();
    }

    protected override void OnInitialized()
    {
        keymap = new Keymap("Duplicates",
        [
            new("j", "next", () => MoveAsync(1), Hint: true), new("k", "previous", () => MoveAsync(-1), Hint: true), new("ArrowDown", "next", () => MoveAsync(1)),
            new("ArrowUp", "previous", () => MoveAsync(-1)), new("Enter", "both sides", OpenAsync, Hint: true), new("/", "filter", Hint: true),
        ]);
        if (RendererInfo.IsInteractive)
        {
            panel = new PanelGuard("Possible duplicates", Clock, Log);
            keys = Keys.Use(keymap);
            feed = Feed.Subscribe(LiveTopics.Connections, () => InvokeAsync(RefreshAsync));
        }
    }

    // Asked again with each change of the circuit's authentication: a right that was taken away holds for the open page too.
    protected override async Task OnParametersSetAsync()
    {
        person = SignedIn.From((await Auth).User);
        view = Names.Keys.FirstOrDefault(v => Key(v) == ViewName);
        (reason, Acts.Wrong) = ("", null);
        await LoadAsync();
    }

    private Task RefreshAsync() => panel!.PacedAsync(AtMostEvery, LoadAsync, gone.IsCancellationRequested ? new CancellationToken(canceled: true) : gone.Token);

    private async Task LoadAsync()
    {
        if (panel is null || gone.IsCancellationRequested || person?.May(Permissions.CustomersRead) != true)
        {
            return;
        }

        var text = string.IsNullOrWhiteSpace(Search) || Search.Contains('\0', StringComparison.Ordinal) ? null : Search.Trim();
        var asked = (view, Search, AfterText, OpenText);
        await panel.AskAsync(async () =>
        {
            var counted = await Queries.CountsAsync(gone.Token);
            var found = await Queries.ListAsync(new PairFilter(view, null, text, After), Most, gone.Token);
            var one = Number(OpenText) is { } id ? await Queries.FindAsync(id, gone.Token) : null;
            if (asked == (view, Search, AfterText, OpenText))
            {
                (counts, pairs, open) = (counted, found, one);
            }
        });
        StateHasChanged();
    }

    private Task SayAsync(bool? same) => Acts.RunAsync(async () =>
    {
        var actor = await Actor.MustAsync(Permissions.CustomersDecide);
        var said = await Desk.SayAsync(open!, same, reason, actor, gone.Token);
        Messages.Add(said ? "Remembered." : "The two are told otherwise by now. Nothing was changed.", said ? Severity.Success : Severity.Warning);
        Close();
        await LoadAsync();
    });

    private void Close() => Go(Address(view, Search, After, null));

    private void Go(string address) => Navigation.NavigateTo(address);

    private Task MoveAsync(int by)
    {
        if (pairs.Count > 0 && open is null)
        {
            current = pairs[Math.Clamp(pairs.ToList().FindIndex(pair => pair.Id == current) + by, 0, pairs.Count - 1)].Id;
            StateHasChanged();
        }

        return Task.CompletedTask;
    }

    private Task OpenAsync()
    {
        if (open is null && pairs.FirstOrDefault(pair => pair.Id == current) is { } pair)
        {
            Go(Address(view, Search, After, pair.Id));
        }

        return Task.CompletedTask;
    }

    private static string Key(PairView view) => view.ToString().ToLowerInvariant();

    private static long? Number(string? text) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    private static string Address(PairView view, string? text, long? after, long? open)
    {
        var parts = new[]
        {
            view is PairView.Open ? null : $"view={Key(view)}", string.IsNullOrWhiteSpace(text) ? null : $"q={Uri.EscapeDataString(text.Trim())}",
            after is null ? null : string.Create(CultureInfo.InvariantCulture, $"after={after}"), open is null ? null : string.Create(CultureInfo.InvariantCulture, $"d={open}"),
        }.OfType<string>().ToList();
        return parts.Count == 0 ? Links.Duplicates : $"{Links.Duplicates}?{string.Join('&', parts)}";
    }
}
