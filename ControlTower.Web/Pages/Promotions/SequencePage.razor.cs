using ControlTower.Data.Audit;
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

/// <summary>In which order systems get what promotions change: seen by all who see promotions, changed by administrators.</summary>
public sealed partial class SequencePage
{
    private static readonly IReadOnlyList<Crumb> Above = [new("Promotions", Links.Promotions)];

    private static readonly SequenceRule Fresh = new(0, SequenceRule.Price, "", "", true, 0, default, "");

    private IReadOnlyList<SequenceRule> rows = [];
    private IReadOnlyList<(string Key, string Words)> parts = [];
    private SequenceRule? open;
    private string domain = SequenceRule.Price;
    private string first = "";
    private string later = "";
    private bool enabled;

    [Inject] private PromotionQueries Queries { get; set; } = default!;
    [Inject] private SequenceDesk Desk { get; set; } = default!;
    [Inject] private CurrentActor Actor { get; set; } = default!;
    [Inject] private ActGuard Acts { get; set; } = default!;
    [Inject] private ISnackbar Messages { get; set; } = default!;

    protected override Following Follows => new("The rules", LiveTopics.Promotions);

    protected override async Task ReadAsync(CancellationToken cancel) => rows = await Queries.SequenceAsync(cancel);

    private static string Domain(string of) => of == SequenceRule.Checkout ? "Reductions at the checkout" : "Prices";

    private void Open(SequenceRule rule)
    {
        (open, domain, first, later, enabled, Acts.Wrong) = (rule, rule.Domain, rule.First, rule.Later, rule.Enabled, null);
        parts = Desk.Parts();
    }

    private void Close() => open = Acts.IsBusy ? open : null;

    private Task SaveAsync() => DoAsync(actor => Desk.PutAsync(open! with { Domain = domain, First = first, Later = later, Enabled = enabled }, actor, Gone));

    private Task DoAsync(Func<Actor, Task<PromotionAnswer>> act) => Acts.RunAsync(async () =>
    {
        switch (await act(await Actor.MustAsync(Permissions.PromotionSequenceWrite)))
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
