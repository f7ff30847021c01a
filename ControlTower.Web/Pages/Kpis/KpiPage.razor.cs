using ControlTower.Data.Kpis;
using ControlTower.Web.Keys;
using ControlTower.Web.Live;
using ControlTower.Web.Shared;
using Microsoft.AspNetCore.Components;
using Microsoft.JSInterop;

namespace ControlTower.Web.Pages.Kpis;

/// <summary>The board: figures against their targets, what weak synchronisation costs by the week, and what the chosen figure is made of.</summary>
public sealed partial class KpiPage : KpiScreen
{
    private static readonly KpiScope None = new(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch);

    private Keymap keymap = new("KPIs", []);
    private MovingLook<FiguresAsked, FiguresFound>? figures;
    private MovingLook<SharesAsked, SharesFound>? shares;
    private MovingLook<CostsAsked, CostsFound>? costs;
    private MovingLook<string, IReadOnlyList<KpiTarget>>? history;
    private KpiDefinition? explained;
    private IDisposable? keys;

    [Inject] private KeyFeed Keys { get; set; } = default!;
    [Inject] private IJSRuntime Js { get; set; } = default!;

    protected override string Path => Links.Kpis;

    protected override (DateTimeOffset? At, bool Sound) Answered => (figures?.Now.At, figures?.Now.Fault is null);

    private IReadOnlyList<KpiDefinition> Shown => KpiTabs.Of(Query.Tab);

    private KpiDefinition Chosen => KpiTabs.Chosen(Query);

    private KpiScope Scope => Span?.Scope ?? None;

    // As far as the log was followed; what other rooms count says how old it is by itself.
    private string? Complete => figures?.Value?.Now.FirstOrDefault(f => f.CompleteTo is not null && KpiCatalogue.Find(f.Kpi)!.Fresh is null)?.CompleteTo is { } to
        ? $"complete to {Say.Time(to, Clock.GetUtcNow(), Eyes.StoreZone)}" : null;

    protected override async Task OnInitializedAsync()
    {
        keymap = new Keymap("KPIs",
        [
            .. KeyBinding.Walk(MoveAsync),
            new("Enter", "open", OpenAsync, Hint: true), new("i", "what it means", ExplainAsync, Hint: true),
        ]);
        if (RendererInfo.IsInteractive)
        {
            (figures, shares, costs, history) = (new(Feed.Figures, Changed), new(Feed.Shares, Changed), new(Feed.Costs, Changed), new(Feed.History, Changed));
            keys = Keys.Use(keymap);
        }

        await base.OnInitializedAsync();
    }

    protected override void Look()
    {
        var span = Span!;
        figures!.At(new(string.Join(',', Shown.Concat(Shown.SelectMany(k => KpiCatalogue.PartsOf(k.Id))).Select(k => k.Id).Distinct(StringComparer.Ordinal)), span.Scope, span.Against));
        shares!.At(new(Chosen.Id, span.Scope, KpiWords.PlaceOf(Chosen), Steps: true));
        var (from, until) = KpiSpan.Weeks(Clock.GetUtcNow(), Eyes.StoreZone);
        costs!.At(new(from, until, Eyes.StoreZone.Id, span.Scope.Brand));
    }

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        figures?.Dispose();
        shares?.Dispose();
        costs?.Dispose();
        history?.Dispose();
        keys?.Dispose();
    }

    private async Task RetryAsync()
    {
        await Feed.Known.AskAsync();
        await (figures?.AskAsync() ?? Task.CompletedTask);
    }

    private void Explain(KpiDefinition kpi)
    {
        history?.At(kpi.Id);
        explained = kpi;
    }

    private Task ExplainAsync()
    {
        Explain(Chosen);
        StateHasChanged();
        return Task.CompletedTask;
    }

    private Task OpenAsync()
    {
        Navigation.NavigateTo(Query.Scope.Href(Links.Kpi(Chosen.Id)));
        return Task.CompletedTask;
    }

    private async Task MoveAsync(int by)
    {
        var to = Shown[Math.Clamp(Shown.ToList().IndexOf(Chosen) + by, 0, Shown.Count - 1)];
        Navigation.NavigateTo((Query with { Kpi = to.Id }).Href(Links.Kpis), new NavigationOptions { ReplaceHistoryEntry = true });
        await Js.InvokeVoidAsync("ctList.show", Gone, $"[data-ct='kpi:{to.Id}']");
    }
}
