using Bunit;
using ControlTower.Data.Canonical;
using ControlTower.Web.Shared;
using MudBlazor;
using Xunit;
using Status = ControlTower.Web.Shared.Status;

namespace ControlTower.Tests.Web.Shared;

public sealed class PartsTests : IAsyncDisposable
{
    private readonly PartsContext parts = new();

    public async ValueTask DisposeAsync() => await parts.DisposeAsync();

    [Theory]
    [InlineData(Status.Ok, "Done", "ok")]
    [InlineData(Status.Proven, "Proven", "ok")]
    [InlineData(Status.Run, "Running", "run")]
    [InlineData(Status.Wait, "Waiting", "wait")]
    [InlineData(Status.Held, "Held", "wait")]
    [InlineData(Status.Snoozed, "Snoozed", "wait")]
    [InlineData(Status.Blocked, "Blocked", "wait")]
    [InlineData(Status.Warn, "Late", "warn")]
    [InlineData(Status.Bad, "Open", "bad")]
    [InlineData(Status.Unk, "Outcome unknown", "unk")]
    [InlineData(Status.Off, "Paused by us", "off")]
    [InlineData((Status)99, "Outcome unknown", "unk")]
    public void A_status_always_has_its_word_and_tone(Status status, string word, string tone)
    {
        var chip = parts.Render<StatusChip>(p => p.Add(c => c.Status, status)).Find("[data-ct=status]");
        Assert.Contains(word, chip.TextContent, StringComparison.Ordinal);
        Assert.Contains(tone, chip.ClassList);
    }

    [Fact]
    public void Retrying_names_its_attempt()
    {
        var chip = parts.Render<StatusChip>(p => p.Add(c => c.Status, Status.Run).Add(c => c.Attempt, 2)).Find("[data-ct=status]");
        Assert.Contains("Retrying 2", chip.TextContent, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(4, 30, "normal", "4 s")]
    [InlineData(23, 30, "near", "23 s")]
    [InlineData(31, 30, "late", "31 s")]
    public void An_age_knows_its_limit(int seconds, int limit, string state, string text)
    {
        var age = parts.Render<AgeText>(p => p.Add(a => a.Since, PartsContext.Noon.AddSeconds(-seconds)).Add(a => a.Limit, TimeSpan.FromSeconds(limit)));
        var time = age.Find("[data-ct=age]");
        Assert.Equal(state, time.GetAttribute("data-state"));
        Assert.Equal(text, time.TextContent);
        Assert.Contains("of 30 s", age.Markup, StringComparison.Ordinal);
    }

    [Fact]
    public void An_age_grows_by_itself_and_stops_when_it_is_gone()
    {
        var age = parts.Render<AgeText>(p => p.Add(a => a.Since, PartsContext.Noon));
        parts.Clock.Advance(TimeSpan.FromSeconds(3));
        age.WaitForAssertion(() => Assert.Equal("3 s", age.Find("[data-ct=age]").TextContent));
        var ticker = parts.Services.GetService<AgeTicker>();
        Assert.Equal(1, ticker!.Count);
        age.Instance.Dispose();
        Assert.Equal(0, ticker.Count);
    }

    [Theory]
    [InlineData(180, "normal", "3 h to SLA")]
    [InlineData(58, "near", "58 min to SLA")]
    [InlineData(-5, "past", "5 min past")]
    public void A_deadline_counts_down(int minutes, string state, string text)
    {
        var time = parts.Render<AgeText>(p => p.Add(a => a.Until, PartsContext.Noon.AddMinutes(minutes)).Add(a => a.After, "to SLA")).Find("[data-ct=age]");
        Assert.Equal((state, text), (time.GetAttribute("data-state"), time.TextContent));
    }

    [Fact]
    public void Money_is_exact_signed_masked_several_or_none()
    {
        Assert.Equal("€1,204.80", Text(p => p.Add(m => m.Amount, new Money(1204.8m, "EUR"))));
        Assert.Equal("€48,310", Text(p => p.Add(m => m.Amount, new Money(48_310.4m, "EUR")).Add(m => m.Style, MoneyStyle.Whole)));
        Assert.Equal("\u2212£12.00", Text(p => p.Add(m => m.Amount, new Money(-12m, "GBP"))));
        Assert.Equal("+€12.00", Text(p => p.Add(m => m.Amount, new Money(12m, "EUR")).Add(m => m.Delta, true)));
        Assert.Equal("¥1,200", Text(p => p.Add(m => m.Amount, new Money(1200m, "JPY"))));
        Assert.Equal("–", Text(p => p.Add(m => m.Amount, (Money?)null)));
        Assert.Equal("masked", Money(p => p.Add(m => m.Amount, new Money(1m, "EUR")).Add(m => m.Masked, true)).Find("[data-ct=money]").GetAttribute("data-state"));
        Assert.Equal(2, Money(p => p.Add(m => m.Amounts, [new Money(1m, "EUR"), new Money(2m, "GBP")])).FindAll("[data-ct=money]").Count);
        Assert.StartsWith("≈", Text(p => p.Add(m => m.Amount, new Money(1m, "EUR")).Add(m => m.Converted, new Rate(new DateOnly(2026, 11, 25)))), StringComparison.Ordinal);

        IRenderedComponent<MoneyText> Money(Action<ComponentParameterCollectionBuilder<MoneyText>> set) => parts.Render(set);
        string Text(Action<ComponentParameterCollectionBuilder<MoneyText>> set) => parts.Render(set).Find("[data-ct=money]").TextContent;
    }

    [Theory]
    [InlineData(Circuit.Closed, "Closed")]
    [InlineData(Circuit.HalfOpen, "Half-open")]
    [InlineData(Circuit.Open, "Open")]
    [InlineData(Circuit.Paused, "Paused")]
    [InlineData(null, "Not known")]
    public void A_system_says_its_circuit(Circuit? circuit, string word)
    {
        var badge = parts.Render<SystemBadge>(p => p.Add(b => b.Connection, new SystemRef("bc-eu", "Business Central EU", SystemKind.Erp, circuit)).Add(b => b.ShowCircuit, true));
        Assert.Contains(word, badge.Find("[data-ct='system:bc-eu']").TextContent, StringComparison.Ordinal);
        Assert.Contains("Business Central EU", badge.Markup, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(StageState.Quiet, "0")]
    [InlineData(StageState.Moving, "38")]
    [InlineData(StageState.Late, "Late 51 min")]
    [InlineData(StageState.Stuck, "Stuck 51 min")]
    [InlineData(StageState.NoData, "No data yet")]
    public void A_stage_is_drawn_as_it_is_told(StageState state, string text)
    {
        var stage = new Stage("posted", "Posted to ERP", Icons.Material.Rounded.AccountBalance, state, state is StageState.Quiet ? 0 : 38, [new Money(186_420m, "EUR")],
            TimeSpan.FromMinutes(51), TimeSpan.FromMinutes(5), 0.9);
        var lane = parts.Render<StageLane>(p => p.Add(l => l.Key, "o2c").Add(l => l.Title, "Order to cash").Add(l => l.Stages, [stage]));
        var cell = lane.Find("[data-ct='stage:posted']");
        Assert.Equal(state.ToString().ToLowerInvariant(), cell.GetAttribute("data-state"));
        Assert.Contains(text, cell.TextContent, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0.2, 6000L, false, "free")]
    [InlineData(0.7, 6000L, false, "near")]
    [InlineData(0.9, 6000L, false, "stop")]
    [InlineData(0.2, 6000L, true, "throttled")]
    [InlineData(0.2, null, false, "unknown")]
    public void A_budget_says_how_near_its_limit_is(double share, long? limit, bool throttled, string state)
    {
        var gauge = parts.Render<BudgetGauge>(p => p.Add(g => g.Parts, [new BudgetPart("live", share, 1)]).Add(g => g.Limit, limit).Add(g => g.Throttled, throttled));
        Assert.Equal(state, gauge.Find("[data-ct=budget]").GetAttribute("data-state"));
    }

    [Theory]
    [InlineData(Circuit.Closed, "Closed")]
    [InlineData(Circuit.HalfOpen, "Half-open")]
    [InlineData(Circuit.Open, "Open")]
    [InlineData(Circuit.Paused, "Paused")]
    public void A_breaker_marks_where_it_stands(Circuit state, string name)
    {
        var track = parts.Render<BreakerTrack>(p => p.Add(b => b.State, state).Add(b => b.Probes, (3, 5)).Add(b => b.Since, PartsContext.Noon.AddMinutes(-40)).Add(b => b.By, "Ida"));
        Assert.Equal(name, track.Find("li[aria-current=step] b").TextContent);
    }

    [Fact]
    public void A_forecast_invents_no_time_for_a_growing_queue()
    {
        DrainPoint[] history = [new(PartsContext.Noon.AddHours(-1), 0), new(PartsContext.Noon, 1496)];
        var end = new DrainEnd(PartsContext.Noon.AddMinutes(19), PartsContext.Noon.AddMinutes(23), PartsContext.Noon.AddMinutes(32));
        Assert.Equal("growing", State(p => p.Add(d => d.History, history)));
        Assert.Equal("draining", State(p => p.Add(d => d.History, history).Add(d => d.Forecast, end)));
        Assert.Equal("paused", State(p => p.Add(d => d.History, history).Add(d => d.Forecast, end).Add(d => d.Paused, true)));
        Assert.Equal("empty", State(p => p.Add(d => d.History, [])));

        string? State(Action<ComponentParameterCollectionBuilder<DrainForecast>> set) => parts.Render<DrainForecast>(p =>
        {
            p.Add(d => d.Now, PartsContext.Noon);
            set(p);
        }).Find("[data-ct=drain]").GetAttribute("data-state");
    }

    [Fact]
    public void Bands_too_narrow_for_their_words_do_not_write_over_each_other()
    {
        DrainBand Band(int from, int to, string label) => new(PartsContext.Noon.AddMinutes(from), PartsContext.Noon.AddMinutes(to), Tone.Bad, label);
        var drain = parts.Render<DrainForecast>(p => p.Add(d => d.Now, PartsContext.Noon)
            .Add(d => d.History, [new(PartsContext.Noon.AddHours(-1), 3), new(PartsContext.Noon, 9)]).Add(d => d.Bands, [Band(-5, -3, "circuit open"), Band(-3, -2, "half-open")]));
        Assert.Equal(2, drain.FindAll("rect").Count);
        Assert.Contains("circuit open", drain.Markup, StringComparison.Ordinal);
        Assert.DoesNotContain("half-open", drain.Markup, StringComparison.Ordinal);
    }

    [Fact]
    public void A_forecast_can_be_read_as_a_table()
    {
        var drain = parts.Render<DrainForecast>(p => p.Add(d => d.Now, PartsContext.Noon).Add(d => d.History, [new(PartsContext.Noon.AddHours(-1), 3), new(PartsContext.Noon, 9)]));
        drain.Find("button.link").Click();
        Assert.Equal(2, drain.FindAll("tbody tr").Count);
    }

    [Theory]
    [InlineData("1,2,3", "trend")]
    [InlineData("2,2,2", "flat")]
    [InlineData("1,,3,4", "gap")]
    [InlineData("1", "few")]
    [InlineData("", "few")]
    public void A_sparkline_draws_what_there_is(string values, string state)
    {
        var numbers = values.Length == 0 ? [] : values.Split(',').Select(v => v.Length == 0 ? (double?)null : double.Parse(v, System.Globalization.CultureInfo.InvariantCulture)).ToArray();
        Assert.Equal(state, parts.Render<Sparkline>(p => p.Add(s => s.Values, numbers)).Find("[data-ct=spark]").GetAttribute("data-state"));
    }

    [Theory]
    [InlineData(MetricState.OnTarget, "On target")]
    [InlineData(MetricState.OverTarget, "Over target")]
    [InlineData(MetricState.NoTarget, "2.3%")]
    [InlineData(MetricState.Stale, "22 min old")]
    [InlineData(MetricState.NotEnough, "Not enough data")]
    [InlineData(MetricState.Loading, "Failed on first pass")]
    public void A_figure_says_how_it_stands(MetricState state, string text)
    {
        var tile = parts.Render<MetricTile>(p => p.Add(m => m.Kpi, new Kpi("fail", "Failed on first pass", "share of postings refused at the first try")).Add(m => m.Value, "2.3%")
            .Add(m => m.Target, "1.0%").Add(m => m.State, state).Add(m => m.DataAge, TimeSpan.FromMinutes(22)).Add(m => m.N, 3));
        Assert.Contains(text, tile.Find("[data-ct='metric:fail']").TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public void A_cause_can_be_chosen_by_key_and_by_click()
    {
        var chosen = new List<string>();
        CauseGroup[] groups = [new("vat", "VAT code not set up", Status.Bad, "refused", 214, [new Money(18_942m, "EUR")], [1, 2, 3], HeldBy: "Mika Koski")];
        var list = parts.Render<CauseList>(p => p.Add(c => c.Groups, groups).Add(c => c.SelectedChanged, chosen.Add));
        list.WaitForElement("[data-ct='cause:vat']").Click();
        list.Find("[data-ct='cause:vat']").KeyDown("Enter");
        Assert.Equal(["vat", "vat"], chosen);
        Assert.Equal("held", list.Find("[data-ct='cause:vat']").GetAttribute("data-state"));
        Assert.Equal("empty", parts.Render<CauseList>(p => p.Add(c => c.Groups, [])).Find("[data-ct=causes]").GetAttribute("data-state"));
        Assert.Equal("loading", parts.Render<CauseList>(p => p.Add(c => c.Groups, []).Add(c => c.Loading, true)).Find("[data-ct=causes]").GetAttribute("data-state"));
    }

    [Fact]
    public void An_unknown_cause_says_so_and_shows_the_raw_words()
    {
        var brief = parts.Render<CaseBrief>(p => p.Add(c => c.What, "Refused.").Add(c => c.Raw, "<b>Internal</b>"));
        Assert.Contains("We have not seen this before.", brief.Markup, StringComparison.Ordinal);
        Assert.Equal("<b>Internal</b>", brief.Find("code.raw").TextContent);
        Assert.Empty(parts.Render<CaseBrief>(p => p.Add(c => c.What, "x").Add(c => c.Runbook, new Uri("javascript:alert(1)"))).FindAll("a"));
    }

    [Theory]
    [InlineData(0, false, null)]
    [InlineData(7, false, "7 new")]
    [InlineData(120, false, "99+ new")]
    [InlineData(0, true, "paused")]
    public void New_rows_wait_behind_their_bar(int count, bool paused, string? text)
    {
        var bar = parts.Render<NewRowsBar>(p => p.Add(n => n.Count, count).Add(n => n.Paused, paused));
        if (text is null)
            Assert.Empty(bar.FindAll("[data-ct=new-rows]"));
        else
            Assert.Contains(text, bar.Find("[data-ct=new-rows]").TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public void The_selection_bar_shows_the_set()
    {
        Assert.Empty(parts.Render<SelectionBar>(p => p.Add(s => s.Count, 0)).FindAll("[data-ct=selection]"));
        var all = false;
        var bar = parts.Render<SelectionBar>(p => p.Add(s => s.Count, 3).Add(s => s.AllInFilter, 214).Add(s => s.Values, [new Money(1846.4m, "EUR")]).Add(s => s.OnAll, () => all = true));
        Assert.Contains("3 selected", bar.Markup, StringComparison.Ordinal);
        Assert.Contains("€1,846.40", bar.Markup, StringComparison.Ordinal);
        bar.Find("button.link").Click();
        Assert.True(all);
        Assert.Equal("frozen", parts.Render<SelectionBar>(p => p.Add(s => s.Count, 3).Add(s => s.Frozen, true)).Find("[data-ct=selection]").GetAttribute("data-state"));
    }

    [Fact]
    public void The_small_furniture_says_its_piece()
    {
        Assert.Contains("No open cases.", parts.Render<EmptyState>(p => p.Add(e => e.Text, "No open cases.").Add(e => e.Good, true)).Markup, StringComparison.Ordinal);
        var again = false;
        var error = parts.Render<PanelError>(p => p.Add(e => e.Error, "Cases could not be read.").Add(e => e.Id, "abc").Add(e => e.Retry, () => again = true));
        error.Find("button").Click();
        Assert.True(again);
        Assert.Contains("abc", error.Markup, StringComparison.Ordinal);
        Assert.Contains("exceptions:case:retry", parts.Render<ReadOnlyChip>(p => p.Add(r => r.Permission, "exceptions:case:retry")).Markup, StringComparison.Ordinal);
        Assert.Contains("Live · 2 s", parts.Render<LiveState>(p => p.Add(l => l.State, Liveness.Live).Add(l => l.Age, TimeSpan.FromSeconds(2))).Markup, StringComparison.Ordinal);
        Assert.Contains("Not live", parts.Render<LiveState>(p => p.Add(l => l.State, Liveness.Lost)).Markup, StringComparison.Ordinal);
    }

    [Fact]
    public void A_filter_with_a_wrong_part_explains_it()
    {
        var cleared = new List<string>();
        var bar = parts.Render<FilterBar>(p => p.Add(f => f.Fields, [new FilterField("state", "open"), new FilterField("since", "yesteryear", "since takes a date such as 2026-11-26.")])
            .Add(f => f.OnClear, cleared.Add).Add(f => f.Views, [new FilterView("mine", "Mine", "/exceptions?mine", true, 12)]));
        Assert.Contains("since takes a date", bar.Find("[data-ct=filter-wrong]").TextContent, StringComparison.Ordinal);
        bar.Find("[data-ct='chip:state'] button").Click();
        Assert.Equal(["state"], cleared);
    }
}
