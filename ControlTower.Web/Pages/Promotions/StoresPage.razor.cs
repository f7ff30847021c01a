using ControlTower.Data.Live;
using ControlTower.Data.Promotions;
using ControlTower.Sync.Promotions;
using ControlTower.Web.Auth;
using ControlTower.Web.Layout;
using ControlTower.Web.Live;
using ControlTower.Web.Shared;
using Microsoft.AspNetCore.Components;
using MudBlazor;

namespace ControlTower.Web.Pages.Promotions;

/// <summary>Stores as promotions know them: seen by all who see promotions, changed by those who may.</summary>
public sealed partial class StoresPage
{
    private static readonly IReadOnlyList<Crumb> Above = [new("Promotions", Links.Promotions)];

    private IReadOnlyList<PromotionStore> rows = [];
    private PromotionStore? open;
    private string zone = "";
    private string groups = "";

    /// <summary>Part of the name, the brand or a price group.</summary>
    [SupplyParameterFromQuery(Name = "q")] public string? Search { get; set; }
    [Inject] private PromotionQueries Queries { get; set; } = default!;
    [Inject] private PlanDesk Desk { get; set; } = default!;
    [Inject] private CurrentActor Actor { get; set; } = default!;
    [Inject] private ActGuard Acts { get; set; } = default!;
    [Inject] private ISnackbar Messages { get; set; } = default!;

    private List<PromotionStore> Listed => string.IsNullOrWhiteSpace(Search) ? [.. rows]
        : [.. rows.Where(r => new[] { r.Id, r.Name, r.Brand ?? "" }.Concat(r.PriceGroups).Any(t => t.Contains(Search.Trim(), StringComparison.OrdinalIgnoreCase)))];

    protected override Following Follows => new("The stores", LiveTopics.Promotions);

    protected override async Task ReadAsync(CancellationToken cancel) => rows = await Queries.StoresAsync(cancel);

    private void Go(string text) => Navigation.NavigateTo(Microsoft.AspNetCore.WebUtilities.QueryHelpers.AddQueryString(
        Links.PromotionStores, new Dictionary<string, string?> { ["q"] = string.IsNullOrWhiteSpace(text) ? null : text.Trim() }));

    private void Open(PromotionStore store) => (open, zone, groups, Acts.Wrong) = (store, store.TimeZone ?? "", string.Join(", ", store.PriceGroups), null);

    private void Close() => open = Acts.IsBusy ? open : null;

    private Task SaveAsync() => Acts.RunAsync(async () =>
    {
        var actor = await Actor.MustAsync(Permissions.PromotionStoresWrite);
        switch (await Desk.StoreAsync(open!.Id, zone, groups.Split(','), actor, Gone))
        {
            case PromotionAnswer.Done:
                open = null;
                Messages.Add("Saved.", Severity.Success);
                break;
            case PromotionAnswer.Refused no:
                Acts.Wrong = no.Words;
                break;
        }

        await LoadAsync();
    });
}
