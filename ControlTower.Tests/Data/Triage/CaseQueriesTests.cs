using ControlTower.Data.Audit;
using ControlTower.Data.Db;
using ControlTower.Data.Flows;
using ControlTower.Data.Timeline;
using ControlTower.Data.Triage;
using ControlTower.Tests.Support;
using Xunit;

namespace ControlTower.Tests.Data.Triage;

public sealed class CaseQueriesTests : IAsyncLifetime
{
    private const string Key = "NL-1-0123456789ABCDEF";

    private TestDatabase database = null!;
    private OrderWorld world = null!;
    private CaseQueries queries = null!;
    private CaseDetailQueries details = null!;

    public async ValueTask InitializeAsync()
    {
        database = await TestDatabase.CreateAsync();
        world = await new OrderWorld(database).ConnectAsync();
        queries = new CaseQueries(database.Sources);
        details = new CaseDetailQueries(database.Sources);
    }

    public ValueTask DisposeAsync() => database.DisposeAsync();

    [Fact]
    public async Task Cases_are_found_by_how_often_they_were_tried()
    {
        var order = await world.OrderAsync("NL-TRIED");
        var once = await world.CaseAsync(order);
        var often = await world.CaseAsync(order);
        await database.ExecuteAsync($"update exception_case set attempts = case id when {once} then 1 else 4 end");
        Assert.Equal([often], (await queries.KeysAsync(new CaseFilter { AttemptsFrom = 3 })).Ids);
        Assert.Equal(1, (await queries.TotalAsync(new CaseFilter { AttemptsFrom = 4 })).Count);
        Assert.Equal(1, Assert.Single(await queries.CausesAsync(new CaseFilter { AttemptsFrom = 2 })).Count);
        Assert.Empty((await queries.KeysAsync(new CaseFilter { AttemptsFrom = 5 })).Ids);
    }

    [Fact]
    public async Task A_case_is_found_by_the_ids_of_its_message_and_by_those_of_its_orders_messages()
    {
        const string Trace = "4bf92f3577b34da6a3ce929d0e0e4736";
        var order = await world.OrderAsync("NL-TRACED");
        await world.MessageAsync(order, trace: Trace, eventId: "9f0c2d34-evt");
        await world.ReferenceAsync(order, "payment", "ch_3Nq8TX2eZvKYlo2C");
        var ofOrder = await world.CaseAsync(order);
        var apart = await world.MessageAsync(null, eventId: "9f0c2d34-evt~0123456789abcdef");
        var ofMessage = await CaseOfAsync(apart, "id-reused");
        var unread = await CaseOfAsync(await world.MessageAsync(null, trace: Trace, eventId: "77777777-evt"), "unreadable");
        await world.CaseAsync(await world.OrderAsync("NL-OTHER"));

        Assert.Equal([ofOrder, unread], await FoundAsync(Trace));
        Assert.Equal([ofOrder, unread], await FoundAsync($"00-{Trace}-00f067aa0ba902b7-01"));
        Assert.Equal([ofOrder, ofMessage], await FoundAsync("9F0C2D34-evt"));
        Assert.Equal([unread], await FoundAsync("77777777-evt"));
        Assert.Equal([ofOrder], await FoundAsync("ch_3Nq8TX2eZvKYlo2C"));
        Assert.Empty(await FoundAsync("9f0c2d34"));

        async Task<long[]> FoundAsync(string text) => [.. (await queries.KeysAsync(new CaseFilter { Text = OrderSearchText.Parse(text) })).Ids.Order()];

        async Task<long> CaseOfAsync(long message, string code)
        {
            await database.ExecuteAsync($"insert into exception_case (fingerprint, failure, code, title, message, subject, message_id, connection_id) values ('{(code == "id-reused" ? "duplicate:shopify-eu" : "parse")}:{code}', 'parse', '{code}', 't', 'm', 'message/{message}', {message}, 'shopify-eu')");
            return await database.ScalarAsync<long>("select max(id) from exception_case");
        }
    }

    [Fact]
    public async Task What_waits_before_any_flow_has_it_is_due_by_the_limit_of_unnamed_stages()
    {
        await CaseReckoning.LimitAsync(database.Sources.Work, new StageLimits(), default);
        var message = await world.MessageAsync(null);
        await database.ExecuteAsync($"insert into exception_case (fingerprint, failure, code, title, message, subject, message_id, connection_id) values ('parse:x', 'parse', 'x', 't', 'm', 'message/{message}', {message}, 'shopify-eu')");

        Assert.Equal(new StageLimits().Otherwise, await database.ScalarAsync<TimeSpan>("select due_at - opened_at from exception_case"));
        await database.ExecuteAsync("update exception_case set opened_at = now() - interval '90 minutes'");
        Assert.Equal(1, (await queries.TotalAsync(new CaseFilter { DueSoon = true })).Count);
        await database.ExecuteAsync("update exception_case set state = 'discarded', closed_at = now(), closed_by = 'Ida', resolution = 'spam'");
        Assert.True(await database.ScalarAsync<bool>("select due_at is null and not due_soon from exception_case"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_cause_says_when_one_of_its_open_cases_was_retried_last(bool counted)
    {
        var order = await world.OrderAsync("NL-AGAIN");
        var (first, second) = (await world.CaseAsync(order), await world.CaseAsync(order));
        var filter = counted ? new CaseFilter() : new CaseFilter { OpenedFrom = TimeProvider.System.GetUtcNow().AddDays(-1) };
        Assert.Null(Assert.Single(await queries.CausesAsync(filter)).LastRetriedAt);

        await database.ExecuteAsync($"update exception_case set retried_at = now() - case id when {first} then interval '1 hour' else interval '2 hours' end");
        var at = Assert.Single(await queries.CausesAsync(filter)).LastRetriedAt!.Value;
        Assert.InRange(TimeProvider.System.GetUtcNow() - at, TimeSpan.FromMinutes(59), TimeSpan.FromMinutes(61));
        Assert.True(second > first);
    }

    [Fact]
    public async Task A_case_says_how_the_latest_ones_of_its_cause_ended()
    {
        var order = await world.OrderAsync("NL-PAST");
        var open = await world.CaseAsync(order);
        Assert.Null((await details.LoadAsync(open))!.Past);
        foreach (var (state, by, retried, words) in new[]
        {
            ("resolved", "tower", "now()", null), ("resolved", "tower", "now()", null), ("resolved", "tower", "null", null), ("resolved", "Ada", "now()", "Called the bank"),
            ("resolved", "Ada", "null", "Paid by hand"), ("discarded", "Ada", "null", "Of the fair"),
            ("resolved", "tower", "now()", CaseStore.TakenBack),
        })
        {
            var ended = await world.CaseAsync(order);
            await database.ExecuteAsync($"update exception_case set state = '{state}', closed_at = now() + interval '{ended} s', closed_by = '{by}', retried_at = {retried}, resolution = {(words is null ? "null" : $"'{words}'")} where id = {ended}");
        }

        await world.CaseAsync(order, "of another cause");
        await database.ExecuteAsync("update exception_case set state = 'discarded', closed_at = now(), closed_by = 'Ada', resolution = 'x' where fingerprint = 'of another cause'");
        Assert.Equal(new CausePast(7, 3, 2, 1, 2, 1, 1, "Paid by hand"), (await details.LoadAsync(open))!.Past);
    }

    [Fact]
    public async Task Cases_are_found_by_the_store_that_keeps_or_handed_over_the_goods_and_say_its_name()
    {
        await database.ExecuteAsync(
            "insert into location (id, name, kind) values ('hh', 'Hamburg', 'store'), ('web', 'Web warehouse', 'warehouse'); insert into stock (sku, location, on_hand, reserved) select 'S', id, 9, 5 from location");
        var cases = new List<long>();
        foreach (var (location, state, ended) in new[] { ("hh", "active", "null"), ("hh", "committed", "now()"), ("hh", "released", "now()"), ("web", "active", "null") })
        {
            var order = await world.OrderAsync($"NL-{cases.Count}");
            await database.ExecuteAsync($"insert into reservation (flow_id, order_line_id, sku, location, quantity, state, reserved_at, ended_at) values ({order}, '1', 'S', '{location}', 1, '{state}', now(), {ended})");
            cases.Add(await world.CaseAsync(order));
        }

        await world.CaseAsync(null);
        var here = new CaseFilter { Stores = ["hh"] };
        Assert.Equal(cases.Take(2), (await queries.KeysAsync(here)).Ids.Order());
        Assert.Equal(2, (await queries.TotalAsync(here)).Count);
        Assert.Equal(2, Assert.Single(await queries.CausesAsync(here)).Count);
        Assert.Equal(["Hamburg", "Hamburg", null, "Web warehouse"], (await queries.RowsAsync(cases)).OrderBy(row => row.Id).Select(row => row.Store));
        Assert.Equal(["Fjord", "Northlane"], (await queries.ChoicesAsync()).Brands);
        Assert.Equal([new CasePlaceName("hh", "Hamburg")], (await queries.ChoicesAsync()).Stores);
    }

    [Fact]
    public async Task Causes_come_by_money_at_risk_with_currencies_apart_and_the_closed_left_out()
    {
        var order = await world.OrderAsync("NL-1");
        await world.CaseAsync(order, "small", value: 10m);
        await world.CaseAsync(order, "large", value: 400m, age: TimeSpan.FromMinutes(241));
        await world.CaseAsync(order, "large", value: 200m, currency: "GBP", state: "retrying", title: "Newest title", age: TimeSpan.FromMinutes(1));
        await world.CaseAsync(order, "large", value: 999m, state: "resolved");
        await world.CaseAsync(order, "large", value: 999m, state: "discarded");

        var causes = await queries.CausesAsync(new CaseFilter());

        Assert.Equal(["large", "small"], causes.Select(cause => cause.Fingerprint));
        Assert.Equal((2, 1, 1, "Newest title"), (causes[0].Count, causes[0].Open, causes[0].Retrying, causes[0].Title));
        Assert.Equal([(400m, "EUR"), (200m, "GBP")], causes[0].Values.Select(value => (value.Amount, value.Currency)));
        Assert.True(causes[0].FirstSeenAt < causes[0].LastSeenAt);
        Assert.Equal(12, causes[0].Trend.Count);
        // Four hours are two steps, wherever the clock cuts them.
        var came = causes[0].Trend.Select((cases, step) => (cases, step)).Where(at => at.cases > 0).ToList();
        Assert.Equal([1, 1], came.Select(at => at.cases));
        Assert.Equal(2, came[1].step - came[0].step);
        Assert.InRange(came[1].step, 10, 11);
    }

    [Fact]
    public async Task A_cause_without_money_or_order_is_shown_too()
    {
        var message = await world.MessageAsync(null);
        await world.CaseAsync(null, "parse:shopify-eu:not-json", "parse", "not-json", connection: OrderWorld.Shop, value: 0m, currency: null, messageId: message);
        var cause = Assert.Single(await queries.CausesAsync(new CaseFilter()));
        Assert.Empty(cause.Values);
        Assert.Equal("Shopify EU", cause.ConnectionName);
        var keys = await queries.KeysAsync(new CaseFilter { Fingerprint = cause.Fingerprint });
        Assert.Null(Assert.Single(await queries.RowsAsync(keys.Ids)).Value);
    }

    [Fact]
    public async Task Pages_of_the_list_meet_without_a_gap_or_a_repetition_even_among_equals()
    {
        var order = await world.OrderAsync("NL-1");
        for (var i = 0; i < 17; i++)
        {
            await world.CaseAsync(order, value: i % 3, age: TimeSpan.FromMinutes(i / 4));
        }

        foreach (var sort in Enum.GetValues<CaseSort>())
        {
            var whole = (await queries.KeysAsync(new CaseFilter { Sort = sort })).Ids;
            List<long> paged = [];
            CaseCursor? cursor = null;
            do
            {
                var page = await queries.KeysAsync(new CaseFilter { Sort = sort }, cursor, 4);
                paged.AddRange(page.Ids);
                cursor = page.Next;
            }
            while (cursor is not null);

            Assert.Equal(17, whole.Count);
            Assert.Equal(whole, paged);
        }
    }

    [Theory]
    [InlineData("NL-77", 1)]
    [InlineData("vat code", 2)]
    [InlineData("' or 1=1 --", 0)]
    [InlineData("%", 0)]
    [InlineData("_", 0)]
    public async Task Text_finds_cases_by_order_and_by_words_and_hostile_text_finds_none(string text, int expected)
    {
        await world.CaseAsync(await world.OrderAsync("NL-77"));
        await world.CaseAsync(await world.OrderAsync("NL-88"));
        Assert.Equal(expected, (await queries.KeysAsync(new CaseFilter { Text = OrderSearchText.Parse(text) })).Ids.Count);
    }

    [Fact]
    public async Task The_set_before_an_act_is_counted_at_once_and_leaves_out_what_was_closed_meanwhile()
    {
        var order = await world.OrderAsync("NL-1");
        var open = await world.CaseAsync(order, value: 10m);
        var own = await world.CaseAsync(order, value: 20m, connection: null);
        var retrying = await world.CaseAsync(order, value: 40m, state: "retrying");
        var reused = await world.CaseAsync(order, value: 80m, code: "id-reused");
        var closed = await world.CaseAsync(order, value: 160m, state: "resolved");
        await database.ExecuteAsync("update connection set paused_at = now(), paused_by = 'x' where id = 'bc-eu'");

        var set = await queries.SetAsync([open, own, retrying, reused, closed]);

        Assert.Equal([open, own], set.Ids);
        Assert.Equal((1, 1, 1, 30m), (set.Retrying, set.Blocked, set.Gone, set.Values.Single().Amount));
        Assert.Equal([("Business Central EU", true), ("ControlTower", false)], set.Targets.OrderBy(t => t.Name, StringComparer.Ordinal).Select(t => (t.Name, t.Paused)));
    }

    [Fact]
    public async Task A_retry_of_many_stands_in_the_history_of_each_of_them_and_of_no_other()
    {
        var order = await world.OrderAsync("NL-1");
        var ids = new List<long>();
        for (var i = 0; i < 12; i++)
        {
            ids.Add(await world.CaseAsync(order));
        }

        await new AuditLog(database.Sources, TimeProvider.System).AppendAsync(new AuditEntry(
            new Actor(null, "Ida Holm", "Operations"), "exceptions:case:retry", "2 cases", Detail: new Dictionary<string, string> { ["cases"] = $"{ids[10]} {ids[11]}" }));

        Assert.Equal("Ida Holm", Assert.Single((await details.LoadAsync(ids[11]))!.History).Who);
        Assert.Empty((await details.LoadAsync(ids[0]))!.History);
    }

    [Fact]
    public async Task The_pane_shows_the_refused_call_and_all_attempts_for_its_document()
    {
        var order = await world.OrderAsync("NL-1");
        await world.PostingAsync(order, Key);
        var first = await world.CallAsync(order, Key, response: "first");
        var second = await world.CallAsync(order, Key, attempt: 2, response: "second");
        await world.CallAsync(order, "NL-1-ANOTHERDOCUMENT", response: "secret");
        var id = await world.CaseAsync(order, postingKey: Key, callId: first);

        var detail = (await details.LoadAsync(id))!;

        Assert.Equal([first, second], detail.Attempts.Select(call => call.Id));
        Assert.Equal(first, detail.Call!.Id);
        Assert.Equal(("Shopify EU", "Business Central EU", "PostSalesOrder"), (detail.SourceName, detail.TargetName, detail.PostingKind));
        Assert.Equal("reserved", detail.Order!.Stage);
        Assert.Null(await details.LoadAsync(404));
    }

    [Fact]
    public async Task Bodies_are_given_only_with_the_case_they_belong_to()
    {
        var order = await world.OrderAsync("NL-1");
        var call = await world.CallAsync(order, Key, request: "sent", response: "answered");
        var own = await world.CaseAsync(order, postingKey: Key);
        var foreign = await world.CaseAsync(order, postingKey: "NL-1-OTHERDOCUMENT");
        var message = await world.MessageAsync(null, body: "broken");
        var unreadable = await world.CaseAsync(null, messageId: message);

        Assert.Equal(new CallBody("sent", "answered"), await details.CallBodyAsync(own, call));
        Assert.Null(await details.CallBodyAsync(foreign, call));
        Assert.Equal("broken", await details.MessageBodyAsync(unreadable));
        Assert.Null(await details.MessageBodyAsync(own));
    }

    [Fact]
    public async Task What_is_due_within_the_hour_or_past_stands_first_each_by_money_page_by_page_and_so_do_its_causes()
    {
        await CaseReckoning.LimitAsync(database.Sources.Work, new StageLimits { Otherwise = TimeSpan.FromHours(5) }, default);
        var (late, early) = (await world.OrderAsync("NL-LATE", stage: "strange", inStage: TimeSpan.FromHours(4.5)), await world.OrderAsync("NL-EARLY", stage: "strange", inStage: TimeSpan.FromHours(1)));
        var dear = await world.CaseAsync(early, "dear", value: 900m);
        var lateSmall = await world.CaseAsync(late, "mixed", value: 10m);
        var small = await world.CaseAsync(early, "mixed", value: 20m);
        var lateLarge = await world.CaseAsync(late, "mixed", value: 30m);

        List<long> paged = [];
        CaseCursor? cursor = null;
        do
        {
            var page = await queries.KeysAsync(new CaseFilter(), cursor, 1);
            paged.AddRange(page.Ids);
            cursor = page.Next;
        }
        while (cursor is not null);

        Assert.Equal([lateLarge, lateSmall, dear, small], paged);
        Assert.Equal(paged, await queries.WholeAsync(new CaseFilter(), 10));
        Assert.Equal(["mixed", "dear"], (await queries.CausesAsync(new CaseFilter())).Select(cause => cause.Fingerprint));
        // The same where it is not counted ahead.
        Assert.Equal(["mixed", "dear"], (await queries.CausesAsync(new CaseFilter { OpenedBefore = TimeProvider.System.GetUtcNow().AddDays(1) })).Select(cause => cause.Fingerprint));
    }

    [Fact]
    public async Task Cases_are_found_by_what_they_are_about_and_by_the_days_on_which_they_came_and_were_closed()
    {
        var order = await world.OrderAsync("NL-1");
        await world.PostingAsync(order, Key, "PostPayment", "refused");
        var payment = await world.CaseAsync(order, postingKey: Key, age: TimeSpan.FromDays(3));
        var message = await world.CaseAsync(null, messageId: await world.MessageAsync(null), age: TimeSpan.FromDays(2));
        var check = await world.CaseAsync(order, code: "fraud-review", connection: OrderWorld.Shop, age: TimeSpan.FromDays(1));
        var closed = await world.CaseAsync(order, state: "resolved", age: TimeSpan.FromDays(5));
        await database.ExecuteAsync($"update exception_case set closed_at = now() - interval '2 days' where id = {closed}");
        var now = TimeProvider.System.GetUtcNow();

        Assert.Equal([payment], await FoundAsync(new CaseFilter { Types = ["PostPayment"] }));
        Assert.Equal([message], await FoundAsync(new CaseFilter { Types = [CaseType.Message] }));
        Assert.Equal([payment, check], await FoundAsync(new CaseFilter { Types = ["PostPayment", CaseType.Check] }));
        Assert.Equal([payment, message], await FoundAsync(new CaseFilter { OpenedBefore = now.AddDays(-1.5) }));
        Assert.Equal([message], await FoundAsync(new CaseFilter { OpenedFrom = now.AddDays(-2.5), OpenedBefore = now.AddDays(-1.5) }));
        string[] over = ["resolved", "discarded"];
        Assert.Equal([closed], await FoundAsync(new CaseFilter { States = over, ClosedFrom = now.AddDays(-3), ClosedBefore = now.AddDays(-1), Sort = CaseSort.Newest }));
        Assert.Empty(await FoundAsync(new CaseFilter { States = over, ClosedFrom = now.AddDays(-1), Sort = CaseSort.Newest }));
        Assert.Equal(2, (await queries.CountsAsync([new CaseFilter { OpenedBefore = now.AddDays(-1.5) }])).Single().Count);
    }

    [Fact]
    public async Task A_failure_that_comes_back_names_the_case_in_which_it_was_looked_into_before()
    {
        var order = await world.OrderAsync("NL-1");
        await using var connection = await database.Sources.Work.OpenConnectionAsync();
        await CaseStore.OpenAsync(connection, [New(order)], default);
        var first = await database.ScalarAsync<long>("select id from exception_case");
        await CaseStore.WentOnAsync(connection, ["flow/1/x"], "The order went on.", default);
        await CaseStore.OpenAsync(connection, [New(order)], default);
        await CaseStore.OpenAsync(connection, [New(order)], default);
        var second = await database.ScalarAsync<long>("select id from exception_case where state = 'open' and occurrences = 2");

        var former = (await details.LoadAsync(second))!.Former!;
        Assert.Equal((first, "tower", "The order went on."), (former.Id, former.ClosedBy, former.Resolution));
        Assert.Null((await details.LoadAsync(first))!.Former);
    }

    [Fact]
    public async Task The_set_before_an_act_says_what_its_cases_failed_with()
    {
        var order = await world.OrderAsync("NL-1");
        var set = await queries.SetAsync([
            await world.CaseAsync(order, failure: "refused", code: "fraud-review"), await world.CaseAsync(order, failure: "refused", code: "fraud-review"),
            await world.CaseAsync(order), await world.CaseAsync(order, code: "test-order", state: "retrying")]);
        Assert.Equal([new CaseCode("missing", "tax-code", 1), new CaseCode("refused", "fraud-review", 2)], set.Codes.OrderBy(code => code.Count));
    }

    private async Task<IEnumerable<long>> FoundAsync(CaseFilter filter) => (await queries.KeysAsync(filter)).Ids.Order();

    private static NewCase New(long order) =>
        new("flow/1/x", "f", "value", "x", "t", "m", null, OrderWorld.Shop, order, null, null, null, 10m, "EUR", "Northlane");

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_page_of_a_large_cause_is_read_in_the_order_of_its_index_and_not_sorted(bool dueSoon)
    {
        await database.ExecuteAsync(
            """
            alter table exception_case disable trigger user;
            insert into exception_case (fingerprint, failure, code, title, message, subject, value, currency, rank, due_soon)
            select 'f', 'value', 'c', 't', 'm', 's' || n, n, 'EUR', n, n % 10 = 0 from generate_series(1, 20000) n;
            alter table exception_case enable trigger user;
            analyze exception_case;
            """);
        foreach (var after in new[] { null, new CaseCursor(CaseSort.Value, "t 9000", 9_000) })
        {
            var (where, sql) = CaseQueries.Keys(new CaseFilter { Fingerprint = "f", DueSoon = dueSoon }, after, 100);
            var plan = string.Join('\n', await where.Command(database.Sources.Read, "explain (costs off) " + sql).ListAsync(r => r.GetString(0), default));
            Assert.Contains("exception_case_cause_order", plan, StringComparison.Ordinal);
            Assert.DoesNotContain("Sort", plan, StringComparison.Ordinal);
        }
    }
}
