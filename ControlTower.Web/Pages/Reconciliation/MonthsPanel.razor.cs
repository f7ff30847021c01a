using System.Globalization;
using ControlTower.Data.Canonical;
using ControlTower.Data.Exports;
using ControlTower.Data.Reconciliation;
using ControlTower.Sync.Exports;
using ControlTower.Sync.Reconciliation;
using ControlTower.Web.Auth;
using ControlTower.Web.Shared;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.Logging;
using MudBlazor;

namespace ControlTower.Web.Pages.Reconciliation;

/// <summary>Months of each set of books: their figures, signing them, and opening them again.</summary>
public sealed partial class MonthsPanel : ComponentBase, IDisposable
{
    private readonly CancellationTokenSource gone = new();
    private PanelGuard? panel;
    private IReadOnlyList<ReconPeriod> periods = [];
    private IReadOnlyList<ReconComment> log = [];
    private (long Lines, long Adjustments)? counts;
    private DateTimeOffset? loaded;
    private ReconPeriod? asked;
    private string? opened;
    private string words = "";

    [Parameter, EditorRequired] public ReconQuery Query { get; set; } = default!;

    /// <summary>When the page was answered last: this is asked again with it.</summary>
    [Parameter, EditorRequired] public DateTimeOffset? At { get; set; }
    [Parameter, EditorRequired] public SignedIn Person { get; set; } = default!;
    [Parameter, EditorRequired] public Func<string, string> NameOf { get; set; } = default!;
    [Inject] private ReconSettings Settings { get; set; } = default!;
    [Inject] private ReconExports Exports { get; set; } = default!;
    [Inject] private PeriodDesk Desk { get; set; } = default!;
    [Inject] private CurrentActor Actor { get; set; } = default!;
    [Inject] private ActGuard Acts { get; set; } = default!;
    [Inject] private ISnackbar Snackbar { get; set; } = default!;
    [Inject] private TimeProvider Clock { get; set; } = default!;
    [Inject] private ILogger<MonthsPanel> Log { get; set; } = default!;
    [CascadingParameter] private Viewer? Viewer { get; set; }

    private bool MayClose => Person.May(Permissions.FinanceClose);

    private bool Closing => asked?.State != "closed";

    private DateTimeOffset Now => Clock.GetUtcNow();

    private IReadOnlyList<ReconPeriod> Shown => [.. periods.Where(p => Query.Books.Length == 0 || p.Books == Query.Books)];

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
        panel ??= new PanelGuard("The months", Clock, Log);
        await panel.AskAsync(async () =>
        {
            var found = await Settings.PeriodsAsync(gone.Token);
            var open = found.FirstOrDefault(p => Key(p) == opened);
            var entries = open?.Id is { } id ? await Settings.PeriodLogAsync(id, gone.Token) : [];
            var of = open is null ? null : new MonthFilter(open.Books, open.Month);
            (periods, log, counts) = (found, entries, of is null ? null : (await Exports.CountLinesAsync(of, gone.Token), (await Exports.DecidedAsync(of, ExportDesk.Most, gone.Token)).Count));
        });
    }

    private Task OpenAsync(ReconPeriod period)
    {
        opened = opened == Key(period) ? null : Key(period);
        (log, counts) = ([], null);
        return LoadAsync();
    }

    private void Ask(ReconPeriod period) => (asked, words, Acts.Wrong) = (period, "", null);

    private void Close() => asked = Acts.IsBusy ? asked : null;

    private Task ActAsync() => Acts.RunAsync(async () =>
    {
        var (seen, closing) = (asked!, Closing);
        var actor = await Actor.MustAsync(Permissions.FinanceClose);
        switch (closing ? await Desk.CloseAsync(seen.Books, seen.Month, seen.Version, words, actor, gone.Token) : await Desk.ReopenAsync(seen.Books, seen.Month, seen.Version, words, actor, gone.Token))
        {
            case ReconAnswer.Done:
                Snackbar.Add(closing ? $"{MonthWords.Name(seen.Month)} is closed." : $"{MonthWords.Name(seen.Month)} is open again.", Severity.Success);
                asked = null;
                break;
            case ReconAnswer.Refused no:
                Acts.Wrong = no.Words;
                break;
        }

        await LoadAsync();
    });

    private MonthFile[] Files(ReconPeriod period)
    {
        var month = new MonthFilter(period.Books, period.Month);
        var (book, lines, adjustments) = (Links.Month(Links.MonthBook, period.Books, period.Month), Links.Month(Links.MonthLines, period.Books, period.Month), Links.Month(Links.MonthAdjustments, period.Books, period.Month));
        var any = Enum.GetValues<ExportFormat>();
        return
        [
            new(MonthBook.Name, "the month as a workbook", book, counts?.Lines, "line", "lines", [ExportFormat.Xlsx], _ => MonthBook.Ask(month, book)),
            new(EvidenceExport.Name, "every line", lines, counts?.Lines, "line", "lines", any, format => EvidenceExport.Ask(month, format, lines)),
            new(DecisionsExport.Name, "the adjustments", adjustments, counts?.Adjustments, "adjustment", "adjustments", any, format => DecisionsExport.Ask(month, format, adjustments)),
        ];
    }

    private sealed record MonthFile(string Kind, string Name, string List, long? Count, string One, string Many, IReadOnlyList<ExportFormat> Formats, Func<ExportFormat, ExportAsked> Ask);

    private static string Key(ReconPeriod period) => $"{period.Books}:{period.Month.ToString("yyyy-MM", CultureInfo.InvariantCulture)}";

    private string Money(decimal amount, PeriodFigure figure) => amount == 0m ? Say.None : Say.Money(new Money(amount, figure.Currency), MoneyStyle.Exact, Viewer?.Culture);

    private string Time(DateTimeOffset at) => Say.Time(at, Now, (Viewer ?? Shared.Viewer.Default).StoreZone);
}
