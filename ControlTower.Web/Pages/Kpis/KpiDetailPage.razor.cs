using ControlTower.Data.Kpis;
using ControlTower.Web.Auth;
using ControlTower.Web.Keys;
using ControlTower.Web.Layout;
using ControlTower.Web.Live;
using ControlTower.Web.Shared;
using Microsoft.AspNetCore.Components;

namespace ControlTower.Web.Pages.Kpis;

/// <summary>One figure: its curve with what happened meanwhile, its numbers, its meaning and target, and where it is how.</summary>
public sealed partial class KpiDetailPage : KpiScreen
{
    /// <summary>As many letters as are told apart on a curve.</summary>
    private const int MostMarks = 12;

    private static readonly IReadOnlyList<Crumb> Above = [new("KPIs", Links.Kpis)];

    private Keymap keymap = new("KPI", []);
    private MovingLook<FiguresAsked, FiguresFound>? figures;
    private MovingLook<SharesAsked, SharesFound>? shares;
    private MovingLook<NotesAsked, IReadOnlyList<KpiAnnotation>>? notes;
    private MovingLook<string, IReadOnlyList<KpiTarget>>? history;
    private IReadOnlyList<KpiDefinition> steps = [];
    private string shown = "";
    private bool setting;
    private bool noting;
    private IDisposable? keys;

    [Parameter] public string Id { get; set; } = "";
    [Inject] private KeyFeed Keys { get; set; } = default!;

    protected override string Path => Links.Kpi(Id);

    protected override (DateTimeOffset? At, bool Sound) Answered => (figures?.Now.At, figures?.Now.Fault is null);

    private KpiDefinition? Kpi => KpiCatalogue.Find(Id);

    private KpiFigure? Figure => figures?.Value?.Of(Id);

    private string By => Query.By.Length > 0 ? Query.By : KpiWords.PlaceOf(Kpi!);

    private IReadOnlyList<string> Brands => [.. Known?.Places.Where(p => p.Kind == "brand").Select(p => p.Id) ?? []];

    private string? Sub => Figure?.CompleteTo is { } to ? $"complete to {Say.Time(to, Clock.GetUtcNow(), Eyes.StoreZone)}" : null;

    private IReadOnlyList<CostMark> Marks => [.. (notes?.Value ?? []).TakeLast(MostMarks).Select((note, i) => new CostMark(((char)('A' + i)).ToString(), note))];

    protected override async Task OnInitializedAsync()
    {
        keymap = new Keymap("KPI",
        [
            new("b", "to the board", () => GoTo(Query.Scope.Href(Links.Kpis)), Hint: true), new("Enter", "the rows", RowsAsync, Hint: true), new("t", "set the target", () => OpenAsync(Permissions.KpiTargetsWrite), Hint: true),
            new("n", "add a note", () => OpenAsync(Permissions.KpiNotesWrite), Hint: true),
        ]);
        if (RendererInfo.IsInteractive)
        {
            (figures, shares, notes, history) = (new(Feed.Figures, Changed), new(Feed.Shares, Changed), new(Feed.Notes, Changed), new(Feed.History, Changed));
            keys = Keys.Use(keymap);
        }

        (shown, steps) = (Id, KpiCatalogue.PartsOf(Id));
        await base.OnInitializedAsync();
    }

    // From one figure to the next the page stays.
    protected override async Task OnParametersSetAsync()
    {
        await base.OnParametersSetAsync();
        if (shown != Id && RendererInfo.IsInteractive)
        {
            (shown, steps, setting, noting) = (Id, KpiCatalogue.PartsOf(Id), false, false);
            await TurnAsync();
        }
    }

    protected override void Look()
    {
        if (Kpi is not { } kpi || figures is null)
        {
            return;
        }

        var span = Span!;
        figures.At(new(string.Join(',', steps.Prepend(kpi).Select(k => k.Id)), span.Scope, span.Against));
        shares!.At(new(Id, span.Scope, By, Steps: steps.Count > 0));
        notes!.At(new(span.Scope.From, span.Scope.Until, span.Scope.Brand));
        history!.At(Id);
    }

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        figures?.Dispose();
        shares?.Dispose();
        notes?.Dispose();
        history?.Dispose();
        keys?.Dispose();
    }

    private Task GoTo(string href)
    {
        Navigation.NavigateTo(href);
        return Task.CompletedTask;
    }

    private Task RowsAsync() => KpiRoom.Of(Kpi!, Query, Figure, Figure?.Target) is { } room && May(room.Permission) ? GoTo(room.Href) : Task.CompletedTask;

    private Task OpenAsync(string permission)
    {
        if (May(permission))
        {
            (setting, noting) = (permission == Permissions.KpiTargetsWrite, permission == Permissions.KpiNotesWrite);
            StateHasChanged();
        }

        return Task.CompletedTask;
    }
}
