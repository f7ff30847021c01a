using System.Globalization;
using ControlTower.Data.Catalog;
using ControlTower.Data.Live;
using ControlTower.Sync.Catalog;
using ControlTower.Web.Auth;
using ControlTower.Web.Keys;
using ControlTower.Web.Live;
using ControlTower.Web.Shared;
using Microsoft.AspNetCore.Components;
using MudBlazor;

namespace ControlTower.Web.Pages.Customers;

/// <summary>Customers who may be one person, with what speaks for and against it; a person says.</summary>
public sealed partial class DuplicatesPage
{
    private const int Most = 100;

    private IReadOnlyDictionary<PairView, long> counts = new Dictionary<PairView, long>();
    private IReadOnlyList<CustomerPair> pairs = [];
    private CustomerPair? open;
    private long? current;
    private string reason = "";
    private PairView view;

    [SupplyParameterFromQuery(Name = "view")] public string? ViewName { get; set; }
    [SupplyParameterFromQuery(Name = "q")] public string? Search { get; set; }
    [SupplyParameterFromQuery(Name = "after")] public string? AfterText { get; set; }
    [SupplyParameterFromQuery(Name = "d")] public string? OpenText { get; set; }
    [Inject] private CustomerQueries Queries { get; set; } = default!;
    [Inject] private CustomerDesk Desk { get; set; } = default!;
    [Inject] private CurrentActor Actor { get; set; } = default!;
    [Inject] private ActGuard Acts { get; set; } = default!;
    [Inject] private ISnackbar Messages { get; set; } = default!;

    private bool MayDecide => Person?.May(Permissions.CustomersDecide) == true;

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

    protected override Following Follows => new("Possible duplicates", LiveTopics.Connections, TimeSpan.FromSeconds(10));

    protected override Keymap Hands() => new("Duplicates",
    [
        .. KeyBinding.Walk(MoveAsync), new("Enter", "both sides", OpenAsync, Hint: true), new("/", "filter", Hint: true),
    ]);

    protected override bool Asks => Person?.May(Permissions.CustomersRead) == true;

    protected override void Show(string uri)
    {
        view = Names.Keys.FirstOrDefault(v => Key(v) == ViewName);
        (reason, Acts.Wrong) = ("", null);
    }

    protected override async Task ReadAsync(CancellationToken cancel)
    {
        var text = string.IsNullOrWhiteSpace(Search) || Search.Contains('\0', StringComparison.Ordinal) ? null : Search.Trim();
        var counted = await Queries.CountsAsync(cancel);
        var found = await Queries.ListAsync(new PairFilter(view, null, text, After), Most, cancel);
        var one = Number(OpenText) is { } id ? await Queries.FindAsync(id, cancel) : null;
        cancel.ThrowIfCancellationRequested();
        (counts, pairs, open) = (counted, found, one);
    }

    private Task SayAsync(bool? same) => Acts.RunAsync(async () =>
    {
        var actor = await Actor.MustAsync(Permissions.CustomersDecide);
        var said = await Desk.SayAsync(open!, same, reason, actor, Gone);
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
            current = pairs.Step(pair => pair.Id == current, by).Id;
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
