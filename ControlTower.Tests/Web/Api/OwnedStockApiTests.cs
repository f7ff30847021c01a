using ControlTower.Data.Ownership;
using ControlTower.Sync.Ownership;
using ControlTower.Web.Auth;
using Microsoft.Extensions.DependencyInjection;
using Xunit;
using static ControlTower.Tests.Web.Api.StockApiWorld;

namespace ControlTower.Tests.Web.Api;

/// <summary>Programs may state stock only of places whose stock is theirs to say.</summary>
public sealed class OwnedStockApiTests
{
    [Fact]
    public async Task A_program_is_told_which_place_is_not_its_to_say_and_nothing_of_its_statement_is_taken()
    {
        await using var world = await StartAsync();
        await world.HasAsync(("A", "east", 10), ("A", "store-1", 4));
        using var shop = await world.ProgramAsync("erp", [Scopes.StockWrite, Scopes.SupplyWrite]);
        Assert.Equal(200, (await SendAsync(shop, HttpMethod.Post, "/api/v1/stock-snapshots", Counted(7, "east", "store-1"))).Status);
        Assert.Equal(2, await world.Tower.Database.ScalarAsync<long>("select count(*) from ownership_write where verdict = 'filled' and field = 'level'"));

        await world.Tower.Database.ExecuteAsync("""
            insert into ownership_change (number, title, why, state, rules, author_name, decided_at, decided_name)
            values (2, 't', 'w', 'approved', '[{"domain":"inventory","store":"store-1","owners":["@shop"],"mode":"quarantine"}]', 'x', now(), 'y')
            """);
        var book = world.Tower.Services.GetRequiredService<OwnershipBook>();
        while ((await book.CurrentAsync(default)).Number != 2)
        {
            await Task.Yield();
        }

        foreach (var (method, path, body) in new (HttpMethod, string, object)[]
        {
            (HttpMethod.Post, "/api/v1/stock-snapshots", Counted(3, "east", "store-1")), (HttpMethod.Put, "/api/v1/supply", new { source = "erp", items = new[] { Item("east"), Item("store-1") } }),
        })
        {
            var (status, problem) = await SendAsync(shop, method, path, body);
            Assert.Equal((403, "/problems/not-owner"), (status, problem.GetProperty("type").GetString()));
            Assert.Equal("/items/1/location", Assert.Single(problem.GetProperty("errors").EnumerateArray()).GetProperty("pointer").GetString());
        }

        Assert.Equal(7, await world.Tower.Database.ScalarAsync<int>("select on_hand from stock where sku = 'A' and location = 'east'"));
        Assert.Equal(0, await world.Tower.Database.ScalarAsync<long>("select count(*) from stock_incoming"));
        Assert.Equal(2, await world.Tower.Database.ScalarAsync<long>("select count(*) from ownership_write where verdict = 'blocked' and subject = 'store-1' and set_number = 2"));
        Assert.Equal(200, (await SendAsync(shop, HttpMethod.Post, "/api/v1/stock-snapshots", Counted(3, "east"))).Status);
        await world.Tower.Database.ExecuteAsync("insert into stock_incoming (client, source, document, sku, location, due_on, quantity) select 'client:' || id, 'erp', 'PO-9', 'A', 'store-1', current_date + 9, 5 from api_client");
        Assert.Equal(403, (await SendAsync(shop, HttpMethod.Put, "/api/v1/supply", new { source = "erp", items = Array.Empty<object>() })).Status);
        Assert.Equal(1, await world.Tower.Database.ScalarAsync<long>("select count(*) from stock_incoming"));
    }

    private static object Counted(int pieces, params string[] places) =>
        new { source = "erp", asOf = TimeProvider.System.GetUtcNow(), items = places.Select(place => new { sku = "A", location = place, onHand = pieces }) };

    private static object Item(string place) => new { document = "PO-1", sku = "A", location = place, dueOn = DateOnly.FromDateTime(TimeProvider.System.GetUtcNow().UtcDateTime).AddDays(2), quantity = 5 };
}
