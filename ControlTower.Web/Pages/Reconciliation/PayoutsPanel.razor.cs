using ControlTower.Web.Auth;
using ControlTower.Sync.Reconciliation;
using ControlTower.Data.Canonical;
using ControlTower.Data.Reconciliation;
using ControlTower.Web.Shared;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.Logging;

namespace ControlTower.Web.Pages.Reconciliation;

/// <summary>Payouts: what each carries, and what the bank and the books have of it.</summary>
public sealed partial class PayoutsPanel : ComponentBase, IDisposable
{
    private const int Page = 100;

    private readonly CancellationTokenSource gone = new();
    private PanelGuard? panel;
    private IReadOnlyList<PayoutRow> payouts = [];
    private IReadOnlyList<ReconLine> lines = [];
    private IReadOnlyList<(string Id, string Name)> processors = [];
    private (ReconQuery Query, string Currency, DateTimeOffset? At)? loaded;
    private int most = Page;
    private int mostLines = Page;

    [Parameter, EditorRequired] public ReconQuery Query { get; set; } = default!;
    [Parameter, EditorRequired] public string Currency { get; set; } = "";

    /// <summary>When the page was answered last: this is asked again with it.</summary>
    [Parameter, EditorRequired] public DateTimeOffset? At { get; set; }
    [Parameter, EditorRequired] public SignedIn Person { get; set; } = default!;
    [Inject] private ActGuard Acts { get; set; } = default!;
    [Inject] private JournalDesk Desk { get; set; } = default!;
    [Inject] private CurrentActor Actor { get; set; } = default!;
    [Inject] private PayoutQueries Queries { get; set; } = default!;
    [Inject] private ReconSettings Settings { get; set; } = default!;
    [Inject] private NavigationManager Navigation { get; set; } = default!;
    [Inject] private TimeProvider Clock { get; set; } = default!;
    [Inject] private ILogger<PayoutsPanel> Log { get; set; } = default!;
    [CascadingParameter] private Viewer? Viewer { get; set; }

    public void Dispose()
    {
        gone.Cancel();
        gone.Dispose();
    }

    protected override async Task OnParametersSetAsync()
    {
        var wanted = (Query, Currency, At);
        if (loaded != wanted)
        {
            mostLines = loaded?.Query.Payout == Query.Payout ? mostLines : Page;
            lines = loaded?.Query.Payout == Query.Payout ? lines : [];
            loaded = wanted;
            await LoadAsync();
        }
    }

    private async Task LoadAsync()
    {
        panel ??= new PanelGuard("The payouts", Clock, Log);
        var wanted = Query;
        await panel.AskAsync(async () =>
        {
            var who = await Settings.ProcessorsAsync(gone.Token);
            var found = await Queries.ListAsync(Maybe(wanted.Connection), Currency, Maybe(wanted.Books), null, most, gone.Token);
            var open = found.FirstOrDefault(p => p.Line == wanted.Payout);
            var carried = open is null ? [] : await Queries.LinesAsync(open.Connection, open.Payout, 0, mostLines, gone.Token);
            if (wanted == Query)
            {
                (processors, payouts, lines) = (who, found, carried);
            }
        });
    }

    private Task MoreAsync()
    {
        most += Page;
        return LoadAsync();
    }

    private Task MoreLinesAsync()
    {
        mostLines += Page;
        return LoadAsync();
    }

    private Task BookAsync(PayoutRow payout) => Acts.RunAsync(async () =>
    {
        if (await Desk.BookPayoutAsync(payout.Connection, payout.Payout, await Actor.MustAsync(Permissions.FinancePost), gone.Token) is ReconAnswer.Refused no)
        {
            Acts.Wrong = no.Words;
        }

        await LoadAsync();
    });

    private static string? Maybe(string text) => text.Length == 0 ? null : text;

    private string Money(decimal amount, PayoutRow payout) => Money(amount, payout.Currency);

    private string Money(decimal amount, string currency) => amount == 0m ? Say.None : Say.Money(new Money(amount, currency), MoneyStyle.Exact, Viewer?.Culture);

    private string Time(DateTimeOffset at) => Say.Time(at, Clock.GetUtcNow(), (Viewer ?? Shared.Viewer.Default).StoreZone);
}
