using ControlTower.Data.Db;
using ControlTower.Data.Inventory;
using ControlTower.Tests.Support;
using Npgsql;
using Xunit;

namespace ControlTower.Tests.Data.Inventory;

/// <summary>A database with two warehouses, a store and as many flows as asked for, numbered from 1.</summary>
internal sealed class StockBench : IAsyncDisposable
{
    private StockBench(TestDatabase database) => Database = database;

    public TestDatabase Database { get; }

    public static async Task<StockBench> CreateAsync(int flows = 20)
    {
        var bench = new StockBench(await TestDatabase.CreateAsync());
        await bench.Database.ExecuteAsync($"""
            insert into connection (id, kind, role, name) values ('shop', 'shopify', 'shop', 'Shop');
            insert into flow (kind, source, source_id) select 'order-to-cash', 'shop', n::text from generate_series(1, {flows}) n;
            """);
        await StockStore.AddLocationsAsync(
            bench.Database.Sources.Work, [new("east", "East", "warehouse"), new("west", "West", "warehouse"), new("store-1", "Store", "store")], CancellationToken.None);
        return bench;
    }

    public async Task HasAsync(params (string Sku, string Location, int Quantity)[] counts) =>
        Assert.Empty(await StockStore.CountAsync(Database.Sources.Work, [.. counts.Select(c => new StockCount(c.Sku, c.Location, c.Quantity))], "test", CancellationToken.None));

    public static StockRequest.Reserve Wants(long flow, params (string Sku, int Quantity)[] lines) =>
        new(flow, [.. lines.Select((l, i) => new StockLine($"line-{i + 1}", l.Sku, l.Quantity))]);

    public async Task<IReadOnlyDictionary<long, StockAnswer>> ApplyAsync(params StockRequest[] batch)
    {
        await using var connection = await Database.Sources.Work.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        var answers = await StockStore.ApplyAsync(connection, transaction, batch, CancellationToken.None);
        await transaction.CommitAsync();
        return answers;
    }

    /// <summary>Until a statement with these words waits for a lock; <paramref name="waiter"/> must not end before.</summary>
    public async Task UntilItWaitsAsync(string words, Task waiter)
    {
        while (!await Database.ScalarAsync<bool>($"select exists (select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' and query like '%{words}%')"))
        {
            Assert.False(waiter.IsCompleted, $"It did not wait: {waiter.Exception}");
        }
    }

    public async Task<string> ReserveAsync(StockRequest.Reserve request) => Say((await ApplyAsync(request))[request.FlowId]);

    /// <summary>Position as text: on hand / reserved.</summary>
    public Task<string?> PositionAsync(string sku, string location) =>
        Database.ScalarAsync<string>($"select on_hand || '/' || reserved from stock where sku = '{sku}' and location = '{location}'");

    /// <summary>Rows that break the books: counters that are not the sum of the ledger, or not the sum of active reservations.</summary>
    public Task<long> WrongBooksAsync() => Database.ScalarAsync<long>("""
        select count(*) from stock s
        left join (select sku, location, sum(on_hand_delta) as on_hand, sum(reserved_delta) as reserved from stock_ledger group by 1, 2) l using (sku, location)
        left join (select sku, location, sum(quantity) as held from reservation where state = 'active' group by 1, 2) r using (sku, location)
        where s.on_hand <> coalesce(l.on_hand, 0) or s.reserved <> coalesce(l.reserved, 0) or s.reserved <> coalesce(r.held, 0)
        """);

    public static string Say(StockAnswer answer) => answer switch
    {
        StockAnswer.Reserved r => string.Join(", ", r.Parts.Select(p => $"{p.OrderLineId}: {p.Quantity} {p.Sku} at {p.Location}").Order(StringComparer.Ordinal)),
        StockAnswer.Short s => "short: " + string.Join(", ", s.Shortages.Select(x => $"{x.Sku} {x.Missing} of {x.Wanted}").Order(StringComparer.Ordinal)),
        StockAnswer.Taken t => string.Join(", ", t.Parts.Select(p => $"{p.OrderLineId}: {p.Quantity} {p.Sku} at {p.Location}").Concat(t.Oversold.Select(x => $"oversold {x.Sku} {x.Missing} of {x.Wanted}"))),
        _ => throw new InvalidOperationException(answer.ToString()),
    };

    public ValueTask DisposeAsync() => Database.DisposeAsync();
}
