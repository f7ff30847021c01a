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
public sealed partial class StockRulesPage
{
    private const int Most = 200;

    private static readonly IReadOnlyList<Crumb> Above = [new("Inventory", Links.Inventory)];

    private IReadOnlyList<ChannelRule> rules = [];
    private IReadOnlyList<(string Id, string Name)> places = [];
    private IReadOnlyList<(string Id, string Name)> channels = [];
    private RuleForm? form;
    private ChannelRule? removing;

    /// <summary>How the SKU begins.</summary>
    [SupplyParameterFromQuery(Name = "q")] public string? Search { get; set; }
    [Inject] private ChannelRuleDesk Desk { get; set; } = default!;
    [Inject] private CurrentActor Actor { get; set; } = default!;
    [Inject] private ActGuard Acts { get; set; } = default!;
    [Inject] private ISnackbar Messages { get; set; } = default!;

    protected override Following Follows => new("The rules", LiveTopics.Stock);

    protected override async Task ReadAsync(CancellationToken cancel)
    {
        var found = await Desk.ListAsync(Search is null || Search.Contains('\0', StringComparison.Ordinal) ? null : Search, Most, cancel);
        var (allPlaces, allChannels) = await Desk.ChoicesAsync(cancel);
        cancel.ThrowIfCancellationRequested();
        (rules, places, channels) = (found, allPlaces, allChannels);
    }

    private void Find(string text) => Navigation.NavigateTo(text.Trim().Length == 0 ? Links.StockRules : $"{Links.StockRules}?q={Uri.EscapeDataString(text.Trim())}");

    private void Close() => (form, removing) = Acts.IsBusy ? (form, removing) : (null, null);

    private void Open(RuleForm rule) => (form, Acts.Wrong) = (rule, null);

    private Task SaveAsync() => Acts.RunAsync(async () =>
    {
        var actor = await Actor.MustAsync(Permissions.StockRulesWrite);
        var (pieces, share) = form!.Excluded ? (0, 0m) : (form.Pieces(), form.Share());
        if (await Desk.PutAsync(form.Sku, form.Location, form.Channel, form.Excluded, pieces, share, form.Seen, actor, Gone))
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
        var removed = await Desk.RemoveAsync(removing!, actor, Gone);
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
