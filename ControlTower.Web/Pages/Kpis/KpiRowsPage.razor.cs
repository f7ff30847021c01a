using ControlTower.Data.Kpis;
using ControlTower.Web.Auth;
using ControlTower.Web.Layout;
using ControlTower.Web.Live;
using ControlTower.Web.Shared;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.Logging;

namespace ControlTower.Web.Pages.Kpis;

/// <summary>The very orders, returns and documents that a figure counts. As they were when the page was opened or turned: rows do not move under the cursor.</summary>
public sealed partial class KpiRowsPage : KpiScreen
{
    private const int PageSize = 100;

    private readonly List<KpiRow> rows = [];
    private MovingLook<FiguresAsked, FiguresFound>? figures;
    private PanelGuard? panel;
    private (string Kpi, string Only, KpiScope Scope, double? Limit)? loaded;
    private bool hasMore;

    [Parameter] public string Id { get; set; } = "";
    [Inject] private KpiQueries Queries { get; set; } = default!;
    [Inject] private ILogger<KpiRowsPage> Log { get; set; } = default!;

    protected override string Path => Links.KpiRows(Id);

    protected override (DateTimeOffset? At, bool Sound) Answered => (panel?.AnsweredAt, panel?.Fault is null);

    private KpiDefinition? Kpi => KpiCatalogue.Find(Id);

    private KpiFigure? Figure => figures?.Value?.Of(Id);

    private bool IsSpan => Kpi is { Unit: KpiUnit.Seconds } or { Statistic: KpiStatistic.Beyond };

    private bool IsReturns => rows.Count > 0 && rows.All(r => r.Kind == "return-to-refund");

    private bool HasSubject => rows.Any(r => r.Subject.Length > 0);

    private double? Limit => Kpi?.Limit ?? (Kpi?.Unit == KpiUnit.Seconds ? Figure?.Target?.Value : null);

    private IReadOnlyList<Crumb> Above => Kpi is { } kpi ? [new("KPIs", Links.Kpis), new(kpi.Title, Query.Scope.Href(Links.Kpi(Id)))] : [new("KPIs", Links.Kpis)];

    private IEnumerable<(string Only, string Words)> Views => IsSpan
        ? Limit is { } limit ? [("", "All"), ("over", $"Over {KpiWords.Span(limit)}")] : [("", "All")]
        : [("", "All"), ("hits", Kpi!.LowerIsBetter ? "Those against it" : "Those for it")];

    // Of lines and the like, orders stand here: several of what is counted may be in one row.
    private string Heading => Figure is not { } figure ? "Counting" : Query.Only.Length > 0
        ? $"These are the {Say.Count(figure.Hits, Eyes.Culture)} of {KpiWords.Many(figure.N, Kpi!.Basis, Eyes.Culture)}{InRows}"
        : $"All {KpiWords.Many(figure.N, Kpi!.Basis, Eyes.Culture)}{InRows}";

    private string InRows => Kpi!.Basis == "lines" ? ", by their orders" : "";

    protected override async Task OnInitializedAsync()
    {
        if (RendererInfo.IsInteractive)
        {
            (figures, panel) = (new(Feed.Figures, Changed), new PanelGuard("The rows", Clock, Log));
        }

        await base.OnInitializedAsync();
    }

    protected override void Look()
    {
        if (Kpi is not { Source: KpiSource.Facts } kpi || figures is null)
        {
            return;
        }

        figures.At(new(kpi.Id, Span!.Scope, null));
        // What is over the target is known with the target.
        if (Figure is not null && loaded != (Id, Query.Only, Span.Scope, Limit))
        {
            loaded = (Id, Query.Only, Span.Scope, Limit);
            _ = LoadAsync();
        }
    }

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        figures?.Dispose();
    }

    private async Task LoadAsync()
    {
        rows.Clear();
        await MoreAsync();
    }

    private async Task MoreAsync()
    {
        if (loaded is not { } asked || Kpi is not { } kpi)
        {
            return;
        }

        (DateTimeOffset, long, string)? before = rows.Count > 0 ? (rows[^1].At, rows[^1].FlowId, rows[^1].Subject) : null;
        await panel!.AskAsync(async () =>
        {
            var found = await Queries.RowsAsync(kpi, asked.Scope, asked.Only == "over" ? asked.Limit : null, asked.Only == "hits", before, PageSize + 1, Gone);
            if (asked == loaded)
            {
                rows.AddRange(found.Take(PageSize));
                hasMore = found.Count > PageSize;
            }
        });
        StateHasChanged();
    }

    private string? Href(KpiRow row) => row.Kind == "return-to-refund"
        ? May(Permissions.ReturnsRead) ? Links.Return(row.FlowId) : null
        : May(Permissions.OrdersRead) ? Links.Order(row.FlowId) : null;

    private bool IsOver(KpiRow row) => row.Seconds is { } seconds && Limit is { } limit && seconds > limit;

    private string NameOf(string kind, string id) => id.Length == 0 ? Say.None : Known?.NameOf(kind, id) ?? id;

    private string Time(DateTimeOffset at) => Say.Time(at, Clock.GetUtcNow(), Eyes.StoreZone);
}
