using ControlTower.Data.Kpis;
using ControlTower.Web.Pages.Kpis;
using Xunit;

namespace ControlTower.Tests.Web.Kpis;

/// <summary>Addresses of key figures: what they ask about, and what is said where there is no such thing.</summary>
public sealed class KpiQueryTests
{
    private static readonly TimeZoneInfo Amsterdam = TimeZoneInfo.FindSystemTimeZoneById("Europe/Amsterdam");

    // Thursday, 14:32 in Amsterdam.
    private static readonly DateTimeOffset Now = new(2026, 11, 26, 13, 32, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("/kpis")]
    [InlineData("/kpis?tab=finance&period=12w&against=year&zone=Europe%2FLondon&brand=Fjord&channel=a&store=b&system=c&kpi=oversell&by=store&only=hits&chart=table")]
    [InlineData("/kpis?from=2026-10-01&to=2026-10-31")]
    public void An_address_comes_back_as_it_was(string address)
    {
        var query = KpiQuery.Parse("http://here" + address);
        Assert.Empty(query.Problems);
        Assert.Equal(address, query.Href("/kpis"));
        Assert.Equal(query, KpiQuery.Parse("http://here" + address));
    }

    [Theory]
    [InlineData("period=yesterday", "period", "today, 7d, 28d, 12w, 12m, free")]
    [InlineData("tab=sales", "tab", "board, operations, finance, merchandising")]
    [InlineData("against=nothing", "against", "before, week, weekday, year, none")]
    [InlineData("kpi=made-up", "kpi", "There is no figure “made-up”. Choose one on the board.")]
    [InlineData("from=2026-02-30&to=2026-03-01", "from", "“2026-02-30” is not a day. Write it as 2026-11-30.")]
    [InlineData("from=2026-02-01", "to", "needs a first and a last day")]
    [InlineData("by=weather", "by", "brand, channel, store, system")]
    public void What_an_address_says_wrongly_is_named_with_what_to_do(string query, string parameter, string words)
    {
        var problem = KpiQuery.Parse("/kpis?" + query).Problems[0];
        Assert.Equal(parameter, problem.Parameter);
        Assert.Contains(words, problem.Words, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("from=2026-10-02&to=2026-10-01", "from")]
    [InlineData("from=2026-11-01&to=2026-11-27", "to")]
    [InlineData("from=1970-01-01&to=2026-11-01", "from")]
    public void A_time_that_cannot_be_is_no_time(string query, string parameter)
    {
        var (span, problem) = KpiSpan.Of(KpiQuery.Parse("/kpis?" + query), Now, Amsterdam);
        Assert.Null(span);
        Assert.Equal(parameter, problem!.Parameter);
    }

    [Theory]
    [InlineData("", "2026-10-29T23:00Z", "2026-11-26T14:00Z", "day", "30 Oct – 26 Nov, 28 days")]
    [InlineData("period=today", "2026-11-25T23:00Z", "2026-11-26T14:00Z", "hour", "today")]
    [InlineData("period=7d", "2026-11-19T23:00Z", "2026-11-26T14:00Z", "day", "20 Nov – 26 Nov, 7 days")]
    [InlineData("period=12w", "2026-09-06T22:00Z", "2026-11-26T14:00Z", "week", "7 Sep – 26 Nov, 81 days")]
    [InlineData("period=12m", "2025-11-30T23:00Z", "2026-11-26T14:00Z", "month", "1 Dec 2025 – 26 Nov 2026, 361 days")]
    [InlineData("from=2026-10-24&to=2026-10-25", "2026-10-23T22:00Z", "2026-10-25T23:00Z", "hour", "24 Oct – 25 Oct, 2 days")]
    [InlineData("period=today&zone=Asia%2FKolkata", "2026-11-25T18:00Z", "2026-11-26T14:00Z", "hour", "today")]
    public void A_period_is_days_of_its_zone_and_ends_with_the_hour_that_runs(string query, string from, string until, string step, string words)
    {
        var asked = KpiQuery.Parse("/kpis?" + query);
        var (span, _) = KpiSpan.Of(asked, Now, asked.Zone.Length > 0 ? TimeZoneInfo.FindSystemTimeZoneById(asked.Zone) : Amsterdam);
        Assert.Equal(At(from), span!.Scope.From);
        Assert.Equal(At(until), span.Scope.Until);
        Assert.Equal(step, span.Scope.Step);
        Assert.Equal(words, span.Words);
    }

    [Theory]
    [InlineData("period=today", "2026-11-24T23:00Z", "2026-11-25T14:00Z")]
    [InlineData("period=today&against=week", "2026-11-18T23:00Z", "2026-11-19T14:00Z")]
    [InlineData("period=today&against=weekday", "2025-11-26T23:00Z", "2025-11-27T14:00Z")]
    [InlineData("period=today&against=year", "2025-11-25T23:00Z", "2025-11-26T14:00Z")]
    [InlineData("from=2026-10-26&to=2026-10-26", "2026-10-24T22:00Z", "2026-10-25T23:00Z")]
    public void A_comparison_ends_at_the_same_time_of_the_day_where_clocks_were_changed_too(string query, string from, string until)
    {
        var (span, _) = KpiSpan.Of(KpiQuery.Parse("/kpis?" + query), Now, Amsterdam);
        Assert.Equal(At(from), span!.Against!.From);
        Assert.Equal(At(until), span.Against.Until);
    }

    [Fact]
    public void Without_a_comparison_nothing_is_compared() => Assert.Null(KpiSpan.Of(KpiQuery.Parse("/kpis?against=none"), Now, Amsterdam).Span!.Against);

    [Theory]
    [InlineData("order-acknowledgement", "60 s", 60)]
    [InlineData("order-acknowledgement", "1 h 30 min", 5400)]
    [InlineData("order-acknowledgement", "2h", 7200)]
    [InlineData("failed-first-pass", "1.5 %", 0.015)]
    [InlineData("reconciliation-backlog", "12", 12)]
    public void A_target_is_read_in_the_unit_in_which_people_write_it(string id, string text, double value)
    {
        Assert.True(KpiEntry.Read(KpiCatalogue.Find(id)!, text, out var read));
        Assert.Equal(value, read!.Value, 9);
    }

    [Theory]
    [InlineData("order-acknowledgement", "60")]
    [InlineData("order-acknowledgement", "60 parsecs")]
    [InlineData("failed-first-pass", "1,5")]
    public void What_cannot_be_read_is_not_guessed(string id, string text) => Assert.False(KpiEntry.Read(KpiCatalogue.Find(id)!, text, out _));

    [Fact]
    public void Every_target_is_written_as_it_is_read() => Assert.All(KpiCatalogue.All.Where(k => k.Target is not null), kpi =>
    {
        Assert.True(KpiEntry.Read(kpi, KpiEntry.Write(kpi, kpi.Target), out var read));
        Assert.Equal(kpi.Target!.Value, read!.Value, 9);
    });

    private static DateTimeOffset At(string text) => DateTimeOffset.Parse(text, System.Globalization.CultureInfo.InvariantCulture);
}
