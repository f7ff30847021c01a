using Bunit;
using ControlTower.Data.Kpis;
using ControlTower.Tests.Web.Shared;
using ControlTower.Web.Pages.Kpis;
using ControlTower.Web.Shared;
using Xunit;

namespace ControlTower.Tests.Web.Kpis;

/// <summary>The parts that the screens of key figures are made of: no number that is not known, each with its unit, its age and its owner.</summary>
public sealed class KpiPartsTests
{
    private static readonly DateTimeOffset Now = PartsContext.Noon;
    private static readonly KpiScope Scope = new(Now.AddDays(-28), Now.AddHours(1));
    private static readonly KpiDefinition Acknowledged = KpiCatalogue.Find("order-acknowledgement")!;
    private static readonly KpiDefinition Backlog = KpiCatalogue.Find("reconciliation-backlog")!;

    [Theory]
    [InlineData(0.4, "0.4 s")]
    [InlineData(41.3, "41 s")]
    [InlineData(60, "60 s")]
    [InlineData(250, "4 m 10 s")]
    [InlineData(300, "5 min")]
    [InlineData(3120, "52 min")]
    [InlineData(6360, "1 h 46 m")]
    [InlineData(111_600, "31 h")]
    [InlineData(367_200, "4 d 6 h")]
    public void A_span_is_said_in_the_units_of_its_length(double seconds, string words) => Assert.Equal(words, KpiWords.Span(seconds));

    [Theory]
    [InlineData(0.0084, "0.84%")]
    [InlineData(0.9961, "99.61%")]
    [InlineData(0.986, "98.6%")]
    [InlineData(0.00001, "<0.01%")]
    [InlineData(0, "0.0%")]
    [InlineData(1, "100.0%")]
    public void A_share_has_as_many_decimals_as_tell_it_apart(double share, string words) => Assert.Equal(words, KpiWords.Percent(share));

    [Fact]
    public async Task A_tile_says_its_value_against_its_target_how_much_was_measured_how_old_it_is_and_whose()
    {
        await using var parts = new PartsContext();
        var tile = Tile(parts, Acknowledged, Figure(Acknowledged, 482_113, 41), Figure(Acknowledged, 400_000, 46));
        Assert.Equal("41 s", tile.Find("[data-ct=value]").TextContent);
        Assert.Contains("On target", tile.Markup, StringComparison.Ordinal);
        Assert.Contains("p95 60 s", tile.Markup, StringComparison.Ordinal);
        Assert.Equal("better, was 46 s", tile.Find("[data-ct=change]").TextContent);
        Assert.Contains("482,113 orders · 2 min old · Operations", Words(tile), StringComparison.Ordinal);
        Assert.Contains("channel order made to ERP id written back", tile.Markup, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(90, "warn", "Over target")]
    [InlineData(600, "bad", "Over target")]
    public async Task Over_target_is_told_by_word_and_how_far_by_tone(double seconds, string state, string word)
    {
        await using var parts = new PartsContext();
        var tile = Tile(parts, Acknowledged, Figure(Acknowledged, 10, seconds));
        Assert.Equal(state, tile.Find("article").GetAttribute("data-state"));
        Assert.Contains(word, tile.Markup, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nothing_measured_is_no_number()
    {
        await using var parts = new PartsContext();
        var tile = Tile(parts, Acknowledged, Figure(Acknowledged, 0, null));
        Assert.Equal(Say.None, tile.Find("[data-ct=value]").TextContent);
        Assert.Equal("Nothing measured", tile.Find("[data-ct=unknown]").TextContent);
        Assert.Empty(tile.FindAll("[data-ct=status]"));
    }

    [Fact]
    public async Task Old_data_says_since_when_nothing_came_instead_of_on_target()
    {
        await using var parts = new PartsContext();
        var tile = Tile(parts, Acknowledged, Figure(Acknowledged, 10, 41) with { CompleteTo = Now.AddMinutes(-30) });
        Assert.Contains("No data since 13:02 UTC", tile.Markup, StringComparison.Ordinal);
        Assert.DoesNotContain("On target", tile.Markup, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_time_that_is_over_is_complete_however_long_ago_it_was()
    {
        await using var parts = new PartsContext();
        var tile = parts.Render<KpiTile>(p => p.Add(t => t.Kpi, Acknowledged).Add(t => t.Figure, Figure(Acknowledged, 10, 41) with { CompleteTo = Now.AddDays(-3) }).Add(t => t.Now, Now)
            .Add(t => t.Scope, new KpiScope(Now.AddDays(-9), Now.AddDays(-4))));
        Assert.Contains("On target", tile.Markup, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_backlog_is_worth_something_and_an_empty_one_is_on_target()
    {
        await using var parts = new PartsContext();
        var late = Figure(Backlog, 38, 38) with { Hits = 4, Amounts = [new("EUR", 12_461m), new("GBP", 300m)] };
        var tile = Tile(parts, Backlog, late);
        Assert.Equal("38", tile.Find("[data-ct=value]").TextContent);
        Assert.Contains("€12,461 and £300.00", Words(tile), StringComparison.Ordinal);
        Assert.Contains("0 over 7 days", tile.Markup, StringComparison.Ordinal);
        Assert.Equal("bad", tile.Find("article").GetAttribute("data-state"));
        Assert.Equal("ok", Tile(parts, Backlog, Figure(Backlog, 0, null)).Find("article").GetAttribute("data-state"));
    }

    [Fact]
    public void A_column_of_costs_is_as_high_as_its_parts_and_the_week_that_runs_is_marked()
    {
        KpiCostWeek[] weeks = [.. Enumerable.Range(0, 12).Select(i => new KpiCostWeek(new DateTimeOffset(2026, 9, 7, 0, 0, 0, TimeSpan.Zero).AddDays(7 * i), i < 11, 31_000 - (i * 1000), 22_000, 12_000, 9_000, 1, 2, 3, 4))];
        var found = new CostsFound(weeks, [.. Enumerable.Range(0, 8).Select(i => new KpiAnnotation(weeks[i].From.AddDays(1), null, "note", $"Note {i}", null))], []);
        var drawing = CostsDrawing.Of(found, "EUR", TimeZoneInfo.Utc);
        Assert.Equal(["€0", "€30k", "€60k", "€90k"], drawing.Grid.Select(g => g.Label));
        Assert.Equal(("w37", "74"), (drawing.Columns[0].Label, drawing.Columns[0].Total));
        Assert.Equal(("w48*", false), (drawing.Columns[11].Label, drawing.Columns[11].Over));
        Assert.Equal(4, drawing.Columns[0].Pieces.Count);
        // 31 of 90 thousand on 248 units of height, less the gap between two pieces.
        Assert.Equal("84.7", drawing.Columns[0].Pieces[0].Height);
        Assert.Equal(["A", "B", "C", "D", "E", "F"], drawing.Marks.Select(m => m.Letter));
        Assert.Equal("Note 2", CostsDrawing.MarksOf(found)[0].Annotation.Words);
        var (last, first, change) = CostsDrawing.Finding(weeks)!.Value;
        Assert.Equal((64_000m, 74_000m), (last.Total, first.Total));
        Assert.Equal(-0.135, change!.Value, 3);
    }

    [Fact]
    public void A_curve_breaks_where_nothing_was_measured_and_shows_single_steps_as_dots()
    {
        var figure = Figure(Acknowledged, 10, 41) with
        {
            Curve = [.. new double?[] { 30, 40, null, 50, null, 60 }.Select((v, i) => new KpiPoint(Scope.From.AddDays(i), v is null ? 0 : 1, v))],
        };
        var span = new KpiSpan(Scope, null, default, default, "28 days", "nothing");
        var drawing = CurveDrawing.Of(Acknowledged, figure, null, span, [], Viewer.Default)!;
        Assert.Equal(1, drawing.Line.Count(c => c == 'M'));
        Assert.Equal(2, drawing.Dots.Count);
        Assert.NotNull(drawing.Target);
        Assert.Equal("0 s", drawing.Grid[0].Label);
        Assert.Null(CurveDrawing.Of(Acknowledged, figure with { Curve = [] }, null, span, [], Viewer.Default));
    }

    [Fact]
    public void Steps_are_bars_on_one_scale_against_their_limits()
    {
        var parts = KpiCatalogue.PartsOf("return-processing");
        double[] hours = [6, 14, 10, 1];
        var found = new FiguresFound([.. parts.Select((part, i) => Figure(part, 100, hours[i] * 3600))], []);
        var steps = KpiStep.Of(parts, found, null);
        Assert.Equal(["within 8 h", "limit 10 h", "limit 4 h", "within 2 h"], steps.Select(s => s.Word));
        Assert.Equal(["6 h", "14 h", "10 h", "1 h"], steps.Select(s => s.Value));
        Assert.Equal("90.9", steps[1].Width);
        Assert.Equal(Status.Warn, steps[1].Status);
    }

    [Theory]
    [InlineData("order-acknowledgement", "/kpis/order-acknowledgement/rows?brand=Fjord")]
    [InlineData("api-technical", "/connections")]
    [InlineData("inventory-sync", "/inventory/drift")]
    [InlineData("promotion-skew", "/promotions")]
    [InlineData("reconciliation-backlog", "/reconciliation")]
    [InlineData("financial-match", "/reconciliation")]
    [InlineData("money-at-risk", "/exceptions")]
    [InlineData("perfect-order", null)]
    public void A_figure_leads_to_its_rows_or_to_the_room_that_keeps_them(string id, string? href) =>
        Assert.Equal(href, KpiRoom.Of(KpiCatalogue.Find(id)!, new KpiQuery(Brand: "Fjord"), null, null)?.Href);

    [Fact]
    public void The_board_holds_twelve_figures_and_every_figure_that_is_no_step_is_on_a_tab()
    {
        Assert.Equal(12, KpiTabs.Of(KpiTab.Board).Count);
        var told = Enum.GetValues<KpiTab>().Skip(1).SelectMany(KpiTabs.Of).ToList();
        Assert.Equal(KpiCatalogue.All.Count(k => k.PartOf is null), told.Count);
    }

    private static IRenderedComponent<KpiTile> Tile(PartsContext parts, KpiDefinition kpi, KpiFigure figure, KpiFigure? before = null) =>
        parts.Render<KpiTile>(p => p.Add(t => t.Kpi, kpi).Add(t => t.Figure, figure).Add(t => t.Before, before).Add(t => t.Scope, Scope).Add(t => t.Now, Now));

    private static KpiFigure Figure(KpiDefinition kpi, long n, double? value) =>
        new(kpi.Id, n, 0, 0, value, value, value, value, value, value, [], [], new KpiTarget(kpi.Target, null, kpi.Owner, null, null, ""), Now.AddMinutes(-2), []);

    // As read, without the breaks of the markup.
    private static string Words(IRenderedComponent<KpiTile> tile) => string.Join(' ', tile.Find("article").TextContent.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
}
