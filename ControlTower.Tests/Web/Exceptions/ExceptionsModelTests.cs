using ControlTower.Data.Flows;
using ControlTower.Data.Triage;
using ControlTower.Tests.Support;
using ControlTower.Web.Pages.Exceptions;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace ControlTower.Tests.Web.Exceptions;

public sealed class ExceptionsModelTests : IAsyncLifetime
{
    private TestDatabase database = null!;
    private OrderWorld world = null!;
    private ExceptionsModel model = null!;

    public async ValueTask InitializeAsync()
    {
        database = await TestDatabase.CreateAsync();
        world = await new OrderWorld(database).ConnectAsync();
        model = new ExceptionsModel(
            new CaseQueries(database.Sources), new CaseDetailQueries(database.Sources), TimeProvider.System, NullLogger<ExceptionsModel>.Instance);
    }

    public async ValueTask DisposeAsync()
    {
        model.Dispose();
        await database.DisposeAsync();
    }

    [Fact]
    public async Task The_dearest_cause_is_shown_first_and_a_case_in_the_address_brings_its_own()
    {
        var order = await world.OrderAsync("NL-1");
        var cheap = await world.CaseAsync(order, "cheap", value: 1m);
        var dear = await world.CaseAsync(order, "dear", value: 100m);

        await model.OpenAsync(ExceptionsQuery.All, Guid.Empty);
        Assert.Equal("dear", model.Cause!.Fingerprint);
        Assert.Equal([dear], model.Ids);

        await model.OpenAsync(ExceptionsQuery.All with { Case = cheap }, Guid.Empty);
        Assert.Equal("cheap", model.Cause!.Fingerprint);
        Assert.Equal([cheap], model.Ids);
    }

    [Fact]
    public async Task New_cases_are_counted_and_closed_ones_stay_greyed_with_the_reason()
    {
        var order = await world.OrderAsync("NL-1");
        var first = await world.CaseAsync(order, value: 5m);
        await model.OpenAsync(ExceptionsQuery.All, Guid.Empty);
        await model.WindowAsync(0, 20);
        await world.CaseAsync(order, value: 900m);
        await database.ExecuteAsync($"update exception_case set state = 'resolved', closed_at = now(), closed_by = 'tower', proven = true, resolution = 'read back' where id = {first}");

        await model.RefreshAsync();

        var item = Assert.Single(await model.WindowAsync(0, 20));
        Assert.Equal("Closed: read back", item.Gone);
        Assert.Equal(1, model.NewCount);
    }

    [Fact]
    public async Task Ticks_stay_through_a_refresh_and_go_with_another_cause()
    {
        var order = await world.OrderAsync("NL-1");
        var one = await world.CaseAsync(order, "a", value: 10m);
        await world.CaseAsync(order, "b", value: 5m);
        await model.OpenAsync(ExceptionsQuery.All, Guid.Empty);
        await model.WindowAsync(0, 20);
        model.Ticks.Toggle(one);
        await model.RefreshAsync();
        Assert.True(model.Ticks.Has(one));
        Assert.Equal(10m, model.TickedValues.Single().Amount);

        await model.OpenAsync(ExceptionsQuery.All with { Cause = "b" }, Guid.Empty);
        Assert.Equal(0, model.Ticks.Count);
    }

    [Fact]
    public async Task The_whole_list_is_taken_however_long_it_is_and_its_value_with_it()
    {
        await world.OrderAsync("NL-1");
        await database.ExecuteAsync(
            "insert into exception_case (fingerprint, failure, code, title, message, subject, value) select 'f', 'value', 'c', 't', 'm', 's/' || n, n from generate_series(1, 1005) n");
        await model.OpenAsync(ExceptionsQuery.All, Guid.Empty);
        var (ids, more) = await model.WholeListAsync();
        Assert.Equal(1005, ids.Count);
        Assert.False(more);
        Assert.Equal(1005, (await model.FreezeAsync(ids)).Ids.Count);
        Assert.Equal(Enumerable.Range(1, 1005).Reverse(), (await model.FreezeAsync(ids)).Ids.Select(id => (int)id));
        Assert.False(await model.TickWholeAsync());
        Assert.Equal(1005, model.Ticks.Count);
        Assert.Equal(1005, (await model.WindowAsync(1000, 5)).Count + 1000);
    }

    [Fact]
    public async Task All_causes_are_one_list_by_money_at_risk_and_everything_that_matches_is_ticked_at_once()
    {
        var order = await world.OrderAsync("NL-1");
        var cheap = await world.CaseAsync(order, "a", value: 10m);
        var dear = await world.CaseAsync(order, "b", value: 500m);
        var other = await world.CaseAsync(order, "a", value: 20m);
        var all = ExceptionsQuery.All with { Cause = ExceptionsQuery.AllCauses };

        await model.OpenAsync(all, Guid.Empty);

        Assert.Equal((true, null, 3L), (model.IsAll, model.Cause, model.OpenCount));
        Assert.Equal([dear, other, cheap], model.Ids);
        Assert.False(await model.TickWholeAsync());
        Assert.Equal(530m, model.TickedValues.Single().Amount);
        var set = await model.FreezeAsync([.. model.Ticks.Ids], BatchKind.Discard);
        Assert.Equal((3, 530m), (set.Ids.Count, set.Values.Single().Amount));
        await model.RefreshAsync();
        Assert.Equal((3, null), (model.Ticks.Count, model.Cause));
        await model.OpenAsync(all with { Case = dear }, Guid.Empty);
        Assert.Equal(3, model.Ticks.Count);

        // What is ticked is what is seen: narrowed, the list is another one.
        await model.OpenAsync(all with { Text = "NL-1" }, Guid.Empty);
        Assert.Equal(0, model.Ticks.Count);
        await model.TickWholeAsync();

        await model.OpenAsync(all with { Cause = "a" }, Guid.Empty);
        Assert.Equal((false, 0, 2), (model.IsAll, model.Ticks.Count, model.Ids.Count));
    }

    [Fact]
    public async Task Bodies_of_one_case_are_forgotten_when_another_opens()
    {
        var order = await world.OrderAsync("NL-1");
        var call = await world.CallAsync(order, "NL-1-0123456789ABCDEF", response: "secret");
        var mine = await world.CaseAsync(order, postingKey: "NL-1-0123456789ABCDEF", callId: call);
        var other = await world.CaseAsync(order, postingKey: "NL-1-ANOTHERDOCUMENT");
        await model.OpenAsync(ExceptionsQuery.All, Guid.Empty);
        await model.OpenCaseAsync(mine);
        Assert.Equal("secret", (await model.BodyAsync(call))!.Response);
        await model.OpenCaseAsync(other);
        Assert.Null(await model.BodyAsync(call));
    }

    [Fact]
    public async Task A_case_that_does_not_exist_is_said_to_be_missing()
    {
        await model.OpenAsync(ExceptionsQuery.All with { Case = 404 }, Guid.Empty);
        await model.OpenCaseAsync(404);
        Assert.True(model.IsCaseMissing);
        Assert.Null(model.CasePanel.Fault);
    }

    [Fact]
    public async Task A_selection_is_worth_what_its_cases_put_at_risk_however_they_were_ticked()
    {
        var order = await world.OrderAsync("NL-1");
        for (var i = 0; i < 40; i++)
        {
            await world.CaseAsync(order, failure: "intermittent", value: 100m);
        }

        await model.OpenAsync(ExceptionsQuery.All, Guid.Empty);
        await model.WindowAsync(0, 5);
        await model.TickWholeAsync();
        Assert.Equal(40 * 20m, model.TickedValues.Single().Amount);

        // One that is in sight, one that never was.
        model.Ticks.Toggle(model.Ids[0]);
        model.Ticks.Toggle(model.Ids[^1]);
        Assert.Equal(38 * 20m, model.TickedValues.Single().Amount);
        await database.ExecuteAsync($"update exception_case set value = 200 where id = {model.Ids[1]}");
        await model.RefreshAsync();
        Assert.Equal(39 * 20m, model.TickedValues.Single().Amount);
        await model.OpenAsync(ExceptionsQuery.All, Guid.Empty);
        Assert.Equal(39 * 20m, model.TickedValues.Single().Amount);

        model.Ticks.Clear();
        model.Ticks.Toggle(model.Ids[0]);
        await model.TickRangeAsync(model.Ids[29]);
        Assert.Equal((30, 31 * 20m), (model.Ticks.Count, model.TickedValues.Single().Amount));
    }
}
