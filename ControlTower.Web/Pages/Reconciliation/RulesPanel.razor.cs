using ControlTower.Data.Audit;
using ControlTower.Data.Reconciliation;
using ControlTower.Sync.Reconciliation;
using ControlTower.Web.Auth;
using ControlTower.Web.Shared;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.Logging;
using MudBlazor;

namespace ControlTower.Web.Pages.Reconciliation;

/// <summary>How reconciliation works here: rules, lags, who settles what, what a role may write off.</summary>
public sealed partial class RulesPanel : ComponentBase, IDisposable
{
    private readonly CancellationTokenSource gone = new();
    private PanelGuard? panel;
    private IReadOnlyList<ReconRule> rules = [];
    private IReadOnlyList<ComparisonRow> comparisons = [];
    private IReadOnlyList<LedgerRoute> routes = [];
    private IReadOnlyList<ReconLimit> limits = [];
    private IReadOnlyList<ReconReason> reasons = [];
    private IReadOnlyList<CutOff> cutOffs = [];
    private IReadOnlyList<(string Id, string Name)> processors = [];
    private IReadOnlyList<ReconProblem> problems = [];
    private DateTimeOffset? loaded;
    private RuleForm? form;
    private ReconRule? asked;
    private string reason = "";
    private string role = Roles.Operations;
    private string code = "EUR";
    private string amount = "";

    /// <summary>When the page was answered last: this is asked again with it.</summary>
    [Parameter, EditorRequired] public DateTimeOffset? At { get; set; }
    [Parameter, EditorRequired] public SignedIn Person { get; set; } = default!;
    [Inject] private ReconSettings Settings { get; set; } = default!;
    [Inject] private ReconRuleDesk Desk { get; set; } = default!;
    [Inject] private CurrentActor Actor { get; set; } = default!;
    [Inject] private ActGuard Acts { get; set; } = default!;
    [Inject] private ISnackbar Snackbar { get; set; } = default!;
    [Inject] private TimeProvider Clock { get; set; } = default!;
    [Inject] private ILogger<RulesPanel> Log { get; set; } = default!;
    [CascadingParameter] private Viewer? Viewer { get; set; }

    private bool MayWrite => Person.May(Permissions.FinanceRules);

    private IReadOnlyList<ReconRule> Suggested => SuggestedRules.Missing(rules);

    // The first side of any comparison: channels, and who pays out.
    private IReadOnlyList<(string Id, string Name)> Sources => [.. routes.Select(r => (r.Channel, r.ChannelName)).Concat(processors).DistinctBy(s => s.Item1)];

    public void Dispose()
    {
        gone.Cancel();
        gone.Dispose();
    }

    protected override async Task OnParametersSetAsync()
    {
        if (loaded != At)
        {
            loaded = At;
            await LoadAsync();
        }
    }

    private async Task LoadAsync()
    {
        panel ??= new PanelGuard("The rules", Clock, Log);
        await panel.AskAsync(async () =>
        {
            (rules, comparisons) = (await Settings.RulesAsync(gone.Token), await Settings.ComparisonsAsync(gone.Token));
            (routes, limits, processors) = (await Settings.RoutesAsync(gone.Token), await Settings.LimitsAsync(gone.Token), await Settings.ProcessorsAsync(gone.Token));
            (reasons, cutOffs) = (await Settings.ReasonsAsync(gone.Token), await Settings.CutOffsAsync(gone.Token));
        });
    }

    private static string Falls(ReconRule rule) =>
        $"{(rule.Confirmed == 1 ? "1 match falls" : $"{Say.Count(rule.Confirmed)} matches fall")}: everything stands again where it stood. {(rule.Suggested > 0 ? $"{Say.Count(rule.Suggested)} on offer go too. " : "")}The rule is not in use any more.";

    private void Open(RuleForm opened) => (form, problems, Acts.Wrong) = (opened, [], null);

    private void Ask(ReconRule rule) => (asked, reason, Acts.Wrong) = (rule, "", null);

    private void Close() => (form, asked) = Acts.IsBusy ? (form, asked) : (null, null);

    private async Task SaveAsync()
    {
        (var rule, problems) = form!.Read();
        if (problems.Count == 0)
        {
            await DoAsync(actor => Desk.SaveAsync(rule, actor, gone.Token), "Saved. It is tried on everything that is open.");
        }
    }

    private Task SwitchOnAsync(ReconRule rule) => DoAsync(actor => Desk.SaveAsync(rule, actor, gone.Token), "Switched on. What it finds is offered under Suggested.");

    private Task ReasonAsync(ReconReason of) => DoAsync(actor => Desk.ReasonAsync(of, actor, gone.Token), "Saved.");

    private Task CutOffAsync(CutOff day) => DoAsync(actor => Desk.CutOffAsync(day.Connection, day.Ends, actor, gone.Token), "Saved. It holds for what is told from now on.");

    private Task TakeBackAsync() => DoAsync(actor => Desk.TakeBackAsync(asked!.Id, reason, actor, gone.Token), "Taken back.");

    private Task CompareAsync(ComparisonRow row) => DoAsync(actor => Desk.CompareAsync(row, actor, gone.Token), "Saved.");

    private Task RouteAsync(LedgerRoute route, string? processor) =>
        processor == "?" ? Task.CompletedTask : DoAsync(actor => Desk.RouteAsync(route.Channel, route.Method, string.IsNullOrEmpty(processor) ? null : processor, actor, gone.Token), "Saved. What was paid that way is looked at anew.");

    private Task SaveLimitAsync() => RuleForm.Decimal(amount) is { } most ? LimitAsync(role, code.Trim().ToUpperInvariant(), most) : Refuse("Write the amount with a point for decimals, such as 500.00.");

    private Task LimitAsync(string of, string currency, decimal? most) => DoAsync(actor => Desk.LimitAsync(of, currency, most, actor, gone.Token), "Saved.");

    private Task Refuse(string words)
    {
        Acts.Wrong = words;
        return Task.CompletedTask;
    }

    private Task DoAsync(Func<Actor, Task<ReconAnswer>> act, string done) => Acts.RunAsync(async () =>
    {
        switch (await act(await Actor.MustAsync(Permissions.FinanceRules)))
        {
            case ReconAnswer.Done did:
                Snackbar.Add(did.Words ?? done, Severity.Success);
                (form, asked, amount) = (null, null, "");
                break;
            case ReconAnswer.Refused no:
                (Acts.Wrong, problems) = (no.Words, no.Problems ?? []);
                break;
        }

        await LoadAsync();
    });
}
