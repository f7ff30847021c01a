using ControlTower.Data.Kpis;
using ControlTower.Tests.Support;
using Xunit;

namespace ControlTower.Tests.Data.Kpis;

public sealed partial class KpiFigureTests
{
    [Fact]
    public async Task A_transaction_fails_at_first_by_its_first_attempt_and_at_last_by_the_hour()
    {
        await using var world = await KpiWorld.CreateAsync();
        var order = await world.OrderAsync("#1", Minutes(0));
        await world.PostingAsync(order, "FIRST-TIME", Minutes(1), Minutes(2));
        await world.CallAsync(order, "FIRST-TIME", Minutes(1), "ok", 404, verb: "GET");
        await world.CallAsync(order, "FIRST-TIME", Minutes(1), "ok", 201);
        await world.PostingAsync(order, "SECOND-TIME", Minutes(1), Minutes(50));
        await world.CallAsync(order, "SECOND-TIME", Minutes(1), "failed", 503);
        await world.CallAsync(order, "SECOND-TIME", Minutes(50), "ok", 201, attempt: 2);
        await world.PostingAsync(order, "TOO-LATE-", Minutes(1), Minutes(70));
        await world.CallAsync(order, "TOO-LATE-", Minutes(1), "ok", 200);
        await world.PostingAsync(order, "NEVER-SENT", Minutes(1), null);
        await world.PostingAsync(order, "NOT-MAPPED", Minutes(1), null);
        await world.Database.ExecuteAsync("update posting set state = 'refused' where key = 'NOT-MAPPED'");
        await world.ReckonAsync(order);

        var first = await world.FigureAsync("failed-first-pass");
        Assert.Equal((4, 2), (first.N, first.Hits));
        Near(0.5, first.Value);
        var final = await world.FigureAsync("failed-final");
        Assert.Equal((5, 2, 3), (final.N, final.Open, final.Hits));
        Near(0.6, final.Value);
        Assert.False(final.OnTarget);
        // A failing first attempt marks its order by itself, for nothing of it stands in the log.
        Assert.Equal(1, await world.Database.ScalarAsync<long>($"select count(*) from kpi_touched where flow_id = {order}"));
    }

    [Fact]
    public async Task Calls_are_technical_throttled_or_refused_and_a_read_that_finds_nothing_is_none_of_them()
    {
        await using var world = await KpiWorld.CreateAsync();
        (string Outcome, int? Status, string Verb)[] calls =
        [
            ("ok", 200, "GET"), ("ok", 201, "POST"), ("ok", 404, "GET"), ("refused", 404, "GET"), ("refused", 404, "POST"), ("refused", 422, "POST"), ("failed", 503, "POST"), ("no-answer", null, "POST"), ("throttled", 200, "POST"),
            ("throttled", 429, "GET"), ("refused", 200, "POST"),
        ];
        foreach (var (outcome, status, verb) in calls)
        {
            await world.CallAsync(null, null, Minutes(1), outcome, status, verb: verb);
        }

        await world.FoldAsync();
        await world.FoldAsync();
        Assert.Equal((9, 2), await OfAsync("api-technical"));
        Assert.Equal((9, 2), await OfAsync("api-throttled"));
        Assert.Equal((9, 3), await OfAsync("api-contract"));
        var brand = await world.FigureAsync("api-technical", world.All with { Brand = "Fjord" });
        Assert.Equal((0, null, null, null), (brand.N, brand.Value, brand.OnTarget, brand.NotBy));
        // Of a store nothing is known: that is not the same as nothing.
        Assert.Equal("store", (await world.FigureAsync("api-technical", world.All with { Store = "store-1" })).NotBy);

        async Task<(long, long)> OfAsync(string kpi)
        {
            var figure = await world.FigureAsync(kpi);
            return (figure.N, figure.Hits);
        }
    }

    [Fact]
    public async Task What_other_rooms_count_by_the_day_is_summed_and_never_averaged()
    {
        await using var world = await KpiWorld.CreateAsync();
        await world.Database.ExecuteAsync(
            """
            insert into drift_day (connection_id, location, day, checked, exact) values ('shopify-eu', 'a', current_date - 3, 1000, 990), ('vendure-uk', 'b', current_date - 3, 10, 0);
            insert into stock_count (location, sku, counted, held, counted_at, by_name) values ('a', 'X', 3, 3, now() - interval '1 day', 't'), ('a', 'Y', 3, 4, now() - interval '1 day', 't');
            insert into recon_day (day, comparison, source, books, currency, groups, matched, first_amount, other_amount) values (current_date - 2, 'order', 'shopify-eu', 'bc-eu', 'EUR', 100, 97, 1000, 990);
            """);
        var sync = await world.FigureAsync("inventory-sync");
        Assert.Equal((1010, 990), (sync.N, sync.Hits));
        Near(990 / 1010.0, sync.Value);
        Assert.False(sync.OnTarget);
        Assert.Equal(["Shopify EU", "Vendure UK"], (await world.Queries.SharesAsync(KpiCatalogue.Find("inventory-sync")!, world.All, "channel", default)).Select(s => s.Name));
        Near(0.5, (await world.FigureAsync("inventory-record")).Value);
        Near(0.97, (await world.FigureAsync("financial-match")).Value);
        Assert.Null((await world.FigureAsync("promotion-consistency")).Value);
        // Nobody said anything yet: there is no age of what is not there.
        Assert.Null((await world.FigureAsync("promotion-consistency")).CompleteTo);
    }

    [Fact]
    public async Task Money_at_risk_and_a_backlog_are_what_stands_now_and_keep_what_stood()
    {
        await using var world = await KpiWorld.CreateAsync();
        var cases = new OrderWorld(world.Database);
        await world.Database.ExecuteAsync("insert into case_class (failure, loss) values ('missing', 0.5) on conflict (failure) do update set loss = 0.5");
        await cases.CaseAsync(null, value: 100m);
        await cases.CaseAsync(null, value: 60m, currency: "GBP", brand: "Fjord");
        await KpiWork.SampleAsync(world.Database.Sources.Work, default);
        await cases.CaseAsync(null, value: 40m);
        var scope = new KpiScope(world.Start.AddDays(4), world.Start.AddDays(6), "hour");
        var figure = await world.FigureAsync("money-at-risk", scope);
        Assert.Equal([new KpiAmount("EUR", 70m), new KpiAmount("GBP", 30m)], figure.Amounts);
        Assert.Equal(3, figure.N);
        Assert.Equal(50, Assert.Single(figure.Curve).Value);
        Assert.Equal([new KpiAmount("GBP", 30m)], (await world.FigureAsync("money-at-risk", scope with { Brand = "Fjord" })).Amounts);

        // The same hour again: the last look counts, also where nothing is left.
        await world.Database.ExecuteAsync("update exception_case set state = 'discarded', closed_at = now(), closed_by = 'x' where currency = 'GBP'");
        await KpiWork.SampleAsync(world.Database.Sources.Work, default);
        Assert.Equal("EUR 70 2,GBP 0 0", await world.Database.ScalarAsync<string>("select string_agg(currency || ' ' || trim_scale(value) || ' ' || n, ',' order by currency) from kpi_level where kpi = 'money-at-risk'"));
        // A currency of which nothing is left is at nought on its curve, too.
        await world.Database.ExecuteAsync("insert into kpi_level select kpi, hour - interval '1 hour', brand, channel, store, system, currency, 3, 0, 30 from kpi_level where kpi = 'money-at-risk' and currency = 'GBP'; delete from kpi_level where currency = 'GBP' and n = 0");
        var fjord = await world.FigureAsync("money-at-risk", scope with { Brand = "Fjord" });
        Assert.Equal([3, 0], fjord.Curve.Select(c => c.N));

        // Of a time that is over: what stood at its end. Where nothing was kept, nothing is known.
        await world.Database.ExecuteAsync($"insert into kpi_level (kpi, hour, brand, channel, store, system, currency, n, hits, value) values ('money-at-risk', '{world.Start.AddHours(23):o}', 'Fjord', '', '', '', 'EUR', 5, 0, 77)");
        var over = await world.FigureAsync("money-at-risk", new KpiScope(world.Start, world.Start.AddDays(1), "hour"));
        Assert.Equal((5, new KpiAmount("EUR", 77m)), (over.N, Assert.Single(over.Amounts)));
        Assert.Equal((0, null), await world.FigureAsync("reconciliation-backlog", new KpiScope(world.Start.AddDays(-3), world.Start.AddDays(-2), "hour")) is var unknown ? (unknown.N, unknown.Value) : default);

        // An empty backlog says something only where money was compared.
        var backlog = await world.FigureAsync("reconciliation-backlog", scope);
        Assert.Equal((0, null), (backlog.N, backlog.OnTarget));
        await world.Database.ExecuteAsync("insert into recon_day (day, comparison, source, books, currency, groups, matched, first_amount, other_amount) values (current_date, 'order', 'shopify-eu', 'bc-eu', 'EUR', 1, 1, 10, 10)");
        Assert.True((await world.FigureAsync("reconciliation-backlog", scope)).OnTarget);
    }

    [Fact]
    public async Task A_count_is_kept_beside_what_the_tower_held_but_not_the_first_one()
    {
        await using var world = await KpiWorld.CreateAsync();
        await world.Database.ExecuteAsync("insert into location (id, name, kind) values ('store-1', 'Store 1', 'store')");
        await CountAsync("A", 5, "10 hours");
        await CountAsync("B", 5, "10 hours");
        Assert.Equal(0, (await world.FigureAsync("inventory-record")).N);
        await CountAsync("A", 5, "8 hours");
        await CountAsync("B", 4, "8 hours");
        // An older one changes nothing.
        await CountAsync("B", 9, "9 hours");
        var figure = await world.FigureAsync("inventory-record");
        Assert.Equal((2, 1), (figure.N, figure.Hits));

        Task CountAsync(string sku, int counted, string ago) => world.Database.ExecuteAsync(
            $$"""select stock_snapshot('[{"sku": "{{sku}}", "location": "store-1", "onHand": {{counted}}}]', now() - interval '{{ago}}', 'count/test')""");
    }

    [Fact]
    public async Task Activation_skew_compares_channels_at_the_same_moment_and_not_zones_or_what_a_revision_added()
    {
        await using var world = await KpiWorld.CreateAsync();
        var at = world.Start.ToString("O", System.Globalization.CultureInfo.InvariantCulture);
        await world.Database.ExecuteAsync(
            $"""
            insert into promotion (name, made_by, starts_at) values ('P', 'A', '{at}');
            insert into promotion_cell (promotion_id, connection_id, item, place, kind, sku, currency, stage, starts_at, ends_at, revision, price, effective_at)
            select p.id, n.id, x.item, x.place, 'price', x.item, 'EUR', 1, p.starts_at + x.begins, p.starts_at + interval '9 days', 1, 1, p.starts_at + x.seen
            from promotion p cross join (select id, row_number() over (order by id) as n from connection) n
            join (values (1, 'a', '', interval '0', interval '10 s'), (1, 'b', '', '0', '30 s'), (2, 'a', '', '0', '70 s'), (2, 'later', '', '0', '20 minutes'), (2, 'a', 'LON', '1 hour', '61 minutes')) x (n, item, place, begins, seen) on x.n = n.n;
            """);
        Assert.Equal(5, await world.Database.ScalarAsync<long>("select count(*) from promotion_cell"));
        var skew = await world.FigureAsync("promotion-skew");
        Assert.Equal(1, skew.N);
        Near(60, skew.Value);
    }
}
