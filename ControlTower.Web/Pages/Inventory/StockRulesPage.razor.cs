using System.Globalization;
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

/// <summary>What is kept from channels: seen by all who see the stock, changed by those who may.</summary>
public sealed partial class StockRulesPage : ComponentBase, IDisposable
{
    private const int Most = 200;

    private static readonly IReadOnlyList<Crumb> Above = [new("Inventory", Links.Inventory)];

    private readonly CancellationTokenSource gone = new();
    private PanelGuard? panel;
    private IReadOnlyList<ChannelRule> rules = [];
    private IReadOnlyList<(string Id, string Name)> places = [];
    private IReadOnlyList<(string Id, string Name)> channels = [];
    private RuleForm? form;
    private ChannelRule? removing;
    private IDisposable? feed;

    /// <summary>How the SKU begins.</summary>
    [SupplyParameterFromQuery(Name = "q")] public string? Search { get; set; }
    [CascadingParameter] private Viewer? Viewer { get; set; }
    [Inject] private ChannelRuleDesk Desk { get; set; } = default!;
    [Inject] private CurrentActor Actor { get; set; } = default!;
    [Inject] private ActGuard Acts { get; set; } = default!;
    [Inject] private ISnackbar Messages { get; set; } = default!;
    [Inject] private NavigationManager Navigation { get; set; } = default!;
    [Inject] private LiveFeed Feed { get; set; } = default!;
    [Inject] private TimeProvider Clock { get; set; } = default!;
    [Inject] private ILogger<StockRulesPage> Log { get; set; } = default!;

    public void Dispose()
    {
        gone.Cancel();
        gone.Dispose();
        feed?.Dispose();
    }

    protected override void OnInitialized()
    {
        if (RendererInfo.IsInteractive)
        {
            panel = new PanelGuard("The rules", Clock, Log);
            feed = Feed.Subscribe(LiveTopics.Stock, () => InvokeAsync(LoadAsync));
        }
    }

    protected override Task OnParametersSetAsync() => LoadAsync();

    private async Task LoadAsync()
    {
        if (panel is null || gone.IsCancellationRequested)
        {
            return;
        }

        var asked = Search;
        await panel.AskAsync(async () =>
        {
            var found = await Desk.ListAsync(asked is null || asked.Contains('\0', StringComparison.Ordinal) ? null : asked, Most, gone.Token);
            var (allPlaces, allChannels) = await Desk.ChoicesAsync(gone.Token);
            (rules, places, channels) = (asked == Search ? found : rules, allPlaces, allChannels);
        });
        StateHasChanged();
    }

    private void Find(string text) => Navigation.NavigateTo(text.Trim().Length == 0 ? Links.StockRules : $"{Links.StockRules}?q={Uri.EscapeDataString(text.Trim())}");

    private void Close() => (form, removing) = Acts.IsBusy ? (form, removing) : (null, null);

    private void Open(RuleForm rule) => (form, Acts.Wrong) = (rule, null);

    private Task SaveAsync() => Acts.RunAsync(async () =>
    {
        var actor = await Actor.MustAsync(Permissions.StockRulesWrite);
        var (pieces, share) = form!.Excluded ? (0, 0m) : (form.Pieces(), form.Share());
        if (await Desk.PutAsync(form.Sku, form.Location, form.Channel, form.Excluded, pieces, share, form.Seen, actor, gone.Token))
        {
            form = null;
            Messages.Add("Kept. Channels are told by themselves.", Severity.Success);
        }
        else
        {
            Acts.Wrong = form.Seen == 0
                ? "There is a rule for this SKU, place and channel already. Change that one."
                : "Somebody changed or removed this rule meanwhile. Close this and look again; nothing of yours was written.";
        }

        await LoadAsync();
    });

    private Task RemoveAsync() => Acts.RunAsync(async () =>
    {
        var actor = await Actor.MustAsync(Permissions.StockRulesWrite);
        var removed = await Desk.RemoveAsync(removing!, actor, gone.Token);
        Messages.Add(removed ? "Removed." : "Somebody changed this rule meanwhile. You see it as it is now.", removed ? Severity.Success : Severity.Warning);
        removing = null;
        await LoadAsync();
    });

    private string PlaceName(string id) => places.FirstOrDefault(p => p.Id == id) is { Name: { } name } ? name : id;

    private string ChannelName(string id) => channels.FirstOrDefault(c => c.Id == id) is { Name: { } name } ? name : id;

    private string NameOf(ChannelRule rule) =>
        $"{rule.Sku ?? "every SKU"}, {(rule.Location is { } place ? PlaceName(place) : "every place")}, {(rule.Channel is { } channel ? ChannelName(channel) : "every channel")}";

    private string Kept(ChannelRule rule) => string.Join(" and ", new[]
    {
        rule.Buffer > 0 ? rule.Buffer == 1 ? "1 piece" : $"{Say.Count(rule.Buffer, Viewer?.Culture)} pieces" : null,
        rule.BufferPercent > 0 ? $"{rule.BufferPercent.ToString("0.##", CultureInfo.InvariantCulture)} % of what is on hand" : null,
    }.OfType<string>());
}
