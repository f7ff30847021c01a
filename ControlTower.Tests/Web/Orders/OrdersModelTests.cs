using ControlTower.Data.Flows;
using ControlTower.Tests.Support;
using ControlTower.Web.Pages.Orders;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Xunit;

namespace ControlTower.Tests.Web.Orders;

public sealed class OrdersModelTests : IAsyncLifetime
{
    private TestDatabase database = null!;
    private OrderWorld world = null!;
    private OrdersModel model = null!;

    public async ValueTask InitializeAsync()
    {
        database = await TestDatabase.CreateAsync();
        world = await new OrderWorld(database).ConnectAsync();
        model = new OrdersModel(new OrderQueries(database.Sources), new StageLimits(), TimeProvider.System, NullLogger<OrdersModel>.Instance);
    }

    public async ValueTask DisposeAsync()
    {
        model.Dispose();
        await database.DisposeAsync();
    }

    [Fact]
    public async Task The_list_does_not_move_while_it_is_looked_at()
    {
        var old = await world.OrderAsync("OLD", age: TimeSpan.FromHours(2));
        var young = await world.OrderAsync("YOUNG", age: TimeSpan.FromHours(1));
        await model.OpenAsync(new OrderFilter());
        await model.WindowAsync(0, 20);
        await world.OrderAsync("NEWEST", age: TimeSpan.Zero);

        await model.RefreshAsync();

        Assert.Equal([young, old], model.Ids);
        Assert.Equal(1, model.NewCount);
        await model.OpenAsync(new OrderFilter());
        Assert.Equal(3, model.Ids.Count);
        Assert.Equal(0, model.NewCount);
    }

    [Fact]
    public async Task Rows_change_in_place_and_one_that_left_the_filter_stays_greyed_with_the_reason()
    {
        var id = await world.OrderAsync("A");
        await model.OpenAsync(new OrderFilter { Stages = ["reserved"] });
        await model.WindowAsync(0, 20);
        await database.ExecuteAsync("update flow set stage = 'posted'");

        await model.RefreshAsync();

        var item = Assert.Single(await model.WindowAsync(0, 20));
        Assert.Equal((id, "posted"), (item.Id, item.Row!.Stage));
        Assert.Equal("No longer in this filter", item.Gone);
    }

    [Fact]
    public async Task A_long_list_reads_on_as_one_scrolls()
    {
        await database.ExecuteAsync(
            "insert into flow (kind, source, source_id, name, stage, status, placed_at) select 'order-to-cash', 'shopify-eu', n::text, 'N' || n, 'posted', 'open', now() - n * interval '1 s' from generate_series(1, 1234) n");
        await model.OpenAsync(new OrderFilter());
        Assert.Equal(500, model.Ids.Count);

        var last = await model.WindowAsync(1200, 40);

        Assert.Equal(1234, model.Ids.Count);
        Assert.Equal(34, last.Count);
        Assert.Equal("N1234", last[^1].Row!.Name);
        Assert.Equal(1234, model.Ids.Distinct().Count());
    }

    [Fact]
    public async Task Nothing_found_says_how_many_are_outside_the_filter()
    {
        await world.OrderAsync("A");
        await model.OpenAsync(new OrderFilter { Statuses = ["done"] });
        Assert.Empty(model.Ids);
        Assert.Equal(1, model.Everything);
    }

    [Fact]
    public async Task When_the_database_does_not_answer_the_page_keeps_what_it_had_and_says_so()
    {
        await world.OrderAsync("A");
        await model.OpenAsync(new OrderFilter());
        await model.WindowAsync(0, 20);
        await RenameAsync("flow", "flow_away");

        await model.RefreshAsync();

        Assert.NotNull(model.Panel.Fault);
        Assert.DoesNotContain("flow", model.Panel.Fault.Text);
        Assert.Single(model.Ids);
        var first = model.Panel.Fault;
        await model.RefreshAsync();
        Assert.Same(first, model.Panel.Fault);
        await RenameAsync("flow_away", "flow");
        await model.RefreshAsync();
        Assert.Null(model.Panel.Fault);
    }

    private async Task RenameAsync(string from, string to)
    {
        NpgsqlConnection.ClearAllPools();
        await database.ExecuteAsync($"alter table {from} rename to {to}");
    }
}
