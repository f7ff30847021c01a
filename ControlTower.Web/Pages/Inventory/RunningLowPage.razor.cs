using ControlTower.Data.Inventory;
using ControlTower.Data.Live;
using ControlTower.Sync.Inventory;
using ControlTower.Web.Auth;
using ControlTower.Web.Layout;
using ControlTower.Web.Live;
using ControlTower.Web.Shared;
using Microsoft.AspNetCore.Components;
using MudBlazor;

namespace ControlTower.Web.Pages.Inventory;

/// <summary>Levels of the stock that people are told of: seen by all who see the stock, changed by those who may.</summary>
public sealed partial class RunningLowPage
{
    private const int Most = 200;
    private const string Low = "low";

    private static readonly IReadOnlyList<Crumb> Above = [new("Inventory", Links.Inventory)];

    private IReadOnlyList<StockWatch> rows = [];
    private IReadOnlyList<(string Id, string Name)> places = [];
    private WatchForm? form;
    private StockWatch? removing;

    /// <summary><c>low</c>: only what is low now.</summary>
    [SupplyParameterFromQuery(Name = "view")] public string? View { get; set; }

    /// <summary>How the SKU begins.</summary>
    [SupplyParameterFromQuery(Name = "q")] public string? Search { get; set; }
    [Inject] private StockWatchDesk Desk { get; set; } = default!;
    [Inject] private CurrentActor Actor { get; set; } = default!;
    [Inject] private ActGuard Acts { get; set; } = default!;
    [Inject] private ISnackbar Messages { get; set; } = default!;

    private bool LowOnly => View == Low;

    private IReadOnlyList<FilterView> Views => [new("all", "All", Address(null, Search), !LowOnly), new(Low, "Low now", Address(Low, Search), LowOnly)];

    protected override Following Follows => new("The levels", LiveTopics.Stock);

    protected override async Task ReadAsync(CancellationToken cancel)
    {
        var found = await Desk.ListAsync(Search is null || Search.Contains('\0', StringComparison.Ordinal) ? null : Search, LowOnly, Most, cancel);
        var allPlaces = await Desk.PlacesAsync(cancel);
        cancel.ThrowIfCancellationRequested();
        (rows, places) = (found, allPlaces);
    }

    private static string Address(string? view, string? search) => Microsoft.AspNetCore.WebUtilities.QueryHelpers.AddQueryString(
        Links.RunningLow, new Dictionary<string, string?> { ["view"] = view, ["q"] = string.IsNullOrWhiteSpace(search) ? null : search.Trim() });

    private void Go(string? view, string? search) => Navigation.NavigateTo(Address(view, search));

    private void Close() => (form, removing) = Acts.IsBusy ? (form, removing) : (null, null);

    private void Open(WatchForm watch) => (form, Acts.Wrong) = (watch, null);

    private void Choose(StockWatch watch) => (removing, Acts.Wrong) = (watch, null);

    private Task SaveAsync() => Acts.RunAsync(async () =>
    {
        var actor = await Actor.MustAsync(Permissions.StockRulesWrite);
        var (below, again) = form!.Levels();
        if (await Desk.PutAsync(form.Sku, form.Location, below, again, form.Seen, actor, Gone))
        {
            form = null;
            Messages.Add("Watched.", Severity.Success);
        }
        else
        {
            Acts.Wrong = form.Seen == 0
                ? "This SKU is watched there already. Change that level."
                : "Somebody changed or removed this level meanwhile. Close this and look again; nothing of yours was written.";
        }

        await LoadAsync();
    });

    private Task RemoveAsync() => Acts.RunAsync(async () =>
    {
        var actor = await Actor.MustAsync(Permissions.StockRulesWrite);
        var removed = await Desk.RemoveAsync(removing!, actor, Gone);
        Messages.Add(removed ? "Not watched any more." : "Somebody changed this level meanwhile. You see it as it is now.", removed ? Severity.Success : Severity.Warning);
        removing = null;
        await LoadAsync();
    });

    private string PlaceName(StockWatch watch) =>
        watch.Location is not { } id ? "all places" : places.FirstOrDefault(p => p.Id == id) is { Name: { } name } ? name : id;
}
