using System.Globalization;
using ControlTower.Tests.Support;
using Xunit;
using static ControlTower.Tests.Sync.Incidents.IncidentWorld;

namespace ControlTower.Tests.Sync.Incidents;

/// <summary>Whatever happens to orders in whatever order, what an incident says of itself is what a plain reading of all that happened says.</summary>
public sealed class IncidentHistoryTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public async Task Begin_harm_and_end_follow_from_the_data_however_they_came(int seed)
    {
        var random = new Random(seed);
        await using var world = await CreateAsync();
        var begin = await world.Database.ScalarAsync<DateTime>("select date_trunc('second', now()) - interval '6 hours'");
        var orders = Enumerable.Range(0, random.Next(3, 14)).Select(n => new Story($"NL-{n}", begin.AddSeconds(random.Next(600, 3_000)), n == 0 ? 1 : random.Next(4))).ToList();
        foreach (var order in orders)
        {
            await BeginAsync(world, order, random);
        }

        await world.DownAsync(60);
        await world.LookAsync();
        // As if it had happened then: detected after the last was harmed, over half an hour later.
        var (detected, over) = (begin.AddSeconds(3_600), begin.AddSeconds(5_400));
        await world.Database.ExecuteAsync($"update incident set detected_at = '{Text(detected)}'");
        await world.UpAsync();
        await world.LookAsync();
        await world.Database.ExecuteAsync($"update incident set restored_at = '{Text(over)}', drained_at = case when drained_at is not null then '{Text(over)}'::timestamptz end");

        var harmed = orders.Where(o => o.Harmed).ToList();
        Assert.Equal(harmed.Min(o => o.At), (await world.OnlyAsync()).Row.Times.Began.UtcDateTime);
        foreach (var order in orders.Where(o => o.Ended is null).OrderBy(_ => random.Next()).ToList())
        {
            order.Ended = begin.AddSeconds(random.Next(3_700, 20_000));
            await EndAsync(world, order);
            foreach (var _ in Enumerable.Range(0, random.Next(1, 3)))
            {
                await world.LookAsync();
            }

            Assert.Equal((harmed.Count, harmed.Count(o => o.Ended is null)), ((int)(await world.OnlyAsync()).Row.Affected, (int)(await world.OnlyAsync()).Row.Unsettled));
        }

        var row = (await world.OnlyAsync()).Row;
        Assert.Equal("drained", row.Status);
        Assert.Equal(harmed.Select(o => o.Ended!.Value).Append(over).Max(), row.Times.Drained!.Value.UtcDateTime);
        Assert.Equal(row.Times.Drained.Value.UtcDateTime - detected, row.Times.ToResolve);
    }

    // 0: accepted at once; 1: never answered, waits; 2: answered once more and held with a case; 3: failed once, then accepted before anybody looked.
    private static async Task BeginAsync(IncidentWorld world, Story order, Random random)
    {
        order.Flow = await world.Orders.OrderAsync(order.Name, 100m + random.Next(100));
        await world.Orders.PostingAsync(order.Flow, Key(order.Name));
        var ago = await world.Database.ScalarAsync<TimeSpan>($"select now() - '{Text(order.At)}'::timestamptz");
        if (order.Fate > 0)
        {
            var call = await world.Orders.CallAsync(order.Flow, Key(order.Name), status: null, outcome: "no-answer", failure: "connection");
            await world.Database.ExecuteAsync($"update vendor_call set started_at = '{Text(order.At)}' where id = {call}");
        }

        if (order.Fate is 1 or 2)
        {
            await world.Orders.DeliveryAsync(order.Flow, Key(order.Name), lane: 1, attempts: 1);
        }

        await world.Database.ExecuteAsync(
            $"""
            update posting set intended_at = '{Text(order.At)}' where key = '{Key(order.Name)}';
            update delivery set created_at = '{Text(order.At)}', first_sent_at = '{Text(order.At)}', last_sent_at = '{Text(order.At)}' where posting_key = '{Key(order.Name)}'
            """);
        if (order.Fate == 2)
        {
            order.Case = await world.Orders.CaseAsync(order.Flow, postingKey: Key(order.Name), age: ago);
        }
        else if (order.Fate is 0 or 3)
        {
            order.Ended = order.At.AddSeconds(5);
            await EndAsync(world, order);
        }
    }

    private static Task EndAsync(IncidentWorld world, Story order) => world.Database.ExecuteAsync(
        $"""
        delete from delivery where posting_key = '{Key(order.Name)}';
        update posting set state = 'confirmed', reference = 'SO', settled_at = '{Text(order.Ended!.Value)}' where key = '{Key(order.Name)}' and settled_at is null;
        update exception_case set state = 'resolved', closed_at = '{Text(order.Ended.Value)}', closed_by = 'tower' where id = {order.Case}
        """);

    private static string Text(DateTime at) => at.ToString("yyyy-MM-dd HH:mm:ss.ffffff+00", CultureInfo.InvariantCulture);

    private sealed class Story(string name, DateTime at, int fate)
    {
        public string Name { get; } = name;

        public DateTime At { get; } = at;

        public int Fate { get; } = fate;

        public bool Harmed => Fate > 0;

        public long Flow { get; set; }

        public long Case { get; set; }

        public DateTime? Ended { get; set; }
    }
}
