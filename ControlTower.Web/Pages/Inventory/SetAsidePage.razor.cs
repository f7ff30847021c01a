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

/// <summary>Who keeps goods from being sold, and what is kept for nothing.</summary>
public sealed partial class SetAsidePage
{
    private const int Most = 200;

    private static readonly IReadOnlyList<Crumb> Above = [new("Inventory", Links.Inventory)];

    private List<SetAsideRow> rows = [];
    private SetAsideRow? chosen;
    private string reason = "";

    /// <summary><c>holds</c> for all holds; else what is set aside for nothing.</summary>
    [SupplyParameterFromQuery(Name = "view")] public string? View { get; set; }
    [SupplyParameterFromQuery(Name = "q")] public string? Search { get; set; }
    [Inject] private SetAsideQueries Queries { get; set; } = default!;
    [Inject] private SetAsideDesk Desk { get; set; } = default!;
    [Inject] private CurrentActor Actor { get; set; } = default!;
    [Inject] private ActGuard Acts { get; set; } = default!;
    [Inject] private ISnackbar Messages { get; set; } = default!;

    private bool MayOpenOrders => Person?.May(Permissions.OrdersRead) == true;

    private bool Orphans => View != "holds";

    private IReadOnlyList<FilterView> Views =>
    [
        new("orphans", "For nothing", Address(null, Search), Orphans, Orphans ? rows.Count : null), new("holds", "All holds", Address("holds", Search), !Orphans, Orphans ? null : rows.Count),
    ];

    // Carts come and go all the time, and every look counts them all.
    protected override Following Follows => new("What is set aside", LiveTopics.Stock, TimeSpan.FromSeconds(10));

    protected override async Task ReadAsync(CancellationToken cancel)
    {
        var text = string.IsNullOrWhiteSpace(Search) || Search.Contains('\0', StringComparison.Ordinal) ? null : Search.Trim();
        var found = await Queries.ListAsync(Orphans ? SetAsideView.Orphans : SetAsideView.Holds, text, Most, cancel);
        cancel.ThrowIfCancellationRequested();
        rows = found;
    }

    private void Go(string? view, string text) => Navigation.NavigateTo(Address(view, text.Trim().Length == 0 ? null : text.Trim()));

    private static string Address(string? view, string? text)
    {
        var parts = new[] { view == "holds" ? "view=holds" : null, text is null ? null : $"q={Uri.EscapeDataString(text)}" }.OfType<string>().ToList();
        return parts.Count == 0 ? Links.SetAside : $"{Links.SetAside}?{string.Join('&', parts)}";
    }

    private void Close() => chosen = Acts.IsBusy ? chosen : null;

    private void Choose(SetAsideRow row) => (chosen, reason, Acts.Wrong) = (row, "", null);

    private Task GiveBackAsync() => Acts.RunAsync(async () =>
    {
        var actor = await Actor.MustAsync(Permissions.HoldsRelease);
        var given = await Desk.GiveBackAsync(chosen!, reason, actor, Gone);
        Messages.Add(given ? "Given back." : "It had ended already, or is wanted again. Nothing was changed.", given ? Severity.Success : Severity.Warning);
        chosen = null;
        await LoadAsync();
    });
}
