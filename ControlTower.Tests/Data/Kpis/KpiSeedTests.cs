using System.Globalization;
using ControlTower.Data.Kpis;
using ControlTower.Tests.Support;
using Xunit;

namespace ControlTower.Tests.Data.Kpis;

/// <summary>Random histories: what was kept as it came is what comes out from scratch, and what a naive reckoning of the same history says.</summary>
public sealed class KpiSeedTests
{
    private static readonly string[] OrderSteps = ["order.posted", "order.acknowledged", "order.shipped", "order.invoiced", "order.completed", "order.short", "order.cancelled", "order.edited"];
    private static readonly string[] ReturnSteps = ["return.received", "return.inspected", "return.credited", "return.refunded", "return.channel-told", "return.refused"];
    private static readonly string[] Modes = ["Ship", "ClickAndCollect", "HandedOver"];

    [Fact]
    public Task Figures_kept_as_things_happen_are_those_reckoned_from_scratch() => Seeds.PlayAsync(6, async seed =>
    {
        await using var world = await KpiWorld.CreateAsync();
        var random = new Random(seed);
        var flows = new List<(long Id, bool Order, TimeSpan At)>();
        var spans = new Dictionary<long, (TimeSpan From, TimeSpan? Until, TimeSpan? Completed)>(); // of acknowledgement, kept by hand
        for (var step = 0; step < 120; step++)
        {
            var at = TimeSpan.FromSeconds(random.Next(0, 3 * 86_400));
            if (flows.Count == 0 || random.Next(4) == 0)
            {
                var order = random.Next(3) > 0;
                var mode = Modes[random.Next(Modes.Length)];
                var test = order && random.Next(8) == 0;
                var state = order ? $$"""{"Mode": "{{mode}}", "Pickup": "store-{{random.Next(3)}}", "Test": {{(test ? "true" : "false")}}, "Items": [{"Id": "1"}, {"Id": "2"}]}""" : """{"Store": "store-1"}""";
                var id = order ? await world.OrderAsync($"#{step}", at, state, random.Next(2) == 0 ? OrderWorld.Shop : OrderWorld.OtherShop) : await world.ReturnAsync($"r-{step}", at, state);
                flows.Add((id, order, at));
                await world.StepAsync(id, order ? "order.captured" : "return.requested", at);
                if (order && mode != "HandedOver" && !test)
                {
                    spans[id] = (at, null, null);
                }

                await world.ReckonAsync(id);
                continue;
            }

            var flow = flows[random.Next(flows.Count)];
            switch (random.Next(6))
            {
                case 0:
                    var key = string.Create(CultureInfo.InvariantCulture, $"POSTING-{step}");
                    await world.PostingAsync(flow.Id, key, at, random.Next(3) == 0 ? null : at + TimeSpan.FromSeconds(random.Next(0, 9000)));
                    await world.CallAsync(flow.Id, key, at, random.Next(2) == 0 ? "ok" : "failed", random.Next(2) == 0 ? 503 : 200);
                    break;
                case 1:
                    await world.Database.ExecuteAsync($"update posting set state = 'withdrawn' where key = (select min(key) from posting where flow_id = {flow.Id} and state = 'intended')");
                    break;
                default:
                    var type = flow.Order ? OrderSteps[random.Next(OrderSteps.Length)] : ReturnSteps[random.Next(ReturnSteps.Length)];
                    await world.StepAsync(flow.Id, type, at, reference: "store-1");
                    if (spans.TryGetValue(flow.Id, out var span))
                    {
                        // A number that came before the order was made came at once.
                        var until = at < span.From ? span.From : at;
                        spans[flow.Id] = type switch
                        {
                            "order.acknowledged" or "order.cancelled" => span with { Until = span.Until < until ? span.Until : until },
                            "order.completed" => span with { Completed = span.Completed < until ? span.Completed : until },
                            _ => span,
                        };
                    }

                    break;
            }

            // Now and then a batch is reckoned twice, and what was learnt beside the log later.
            await world.ReckonAsync(flow.Id, flows[random.Next(flows.Count)].Id);
            if (random.Next(5) == 0)
            {
                Assert.Equal(0, await world.ReckonAsync([.. flows.Select(f => f.Id)]));
                await world.FoldAsync();
            }
        }

        await world.FoldAsync();
        var kept = await world.StoredAsync();
        await KpiWork.RebuildAsync(world.Database.Sources.Work, default);
        Assert.Equal(kept, await world.StoredAsync());

        var now = await world.Database.ScalarAsync<DateTime>("select now()");
        var figure = await world.FigureAsync("order-acknowledgement");
        Assert.Equal((spans.Count, spans.Values.Count(s => (s.Until ?? s.Completed) is null)), (figure.N, figure.Open));
        var lengths = spans.Values.Select(s => (s.Until ?? s.Completed) is { } until ? (until - s.From).TotalSeconds : (now - (world.Start + s.From)).TotalSeconds).Order().ToList();
        if (lengths.Count > 0)
        {
            var exact = Math.Max(1, lengths[(int)Math.Ceiling(0.95 * lengths.Count) - 1]);
            Assert.InRange(figure.P95!.Value, (exact * 0.99) - 1, (exact * 1.0102) + 1);
        }
    });

    [Fact]
    public async Task A_sketch_is_right_to_one_in_a_hundred_and_its_classes_are_those_of_the_database()
    {
        await using var database = await TestDatabase.CreateAsync();
        foreach (var seed in Enumerable.Range(0, 20))
        {
            var random = new Random(seed);
            var sketch = new KpiSketch();
            var values = Enumerable.Range(0, random.Next(1, 400)).Select(_ => Math.Exp(random.NextDouble() * 15)).Order().ToList();
            foreach (var value in values)
            {
                sketch.Add(KpiSketch.Mark(value), 1);
            }

            foreach (var share in new[] { 0.01, 0.5, 0.9, 0.95, 0.99, 1 })
            {
                var exact = values[Math.Max(0, (int)Math.Ceiling((share * values.Count) - 1e-9) - 1)];
                Assert.InRange(sketch.Quantile(share)!.Value, exact * 0.9899, exact * 1.0101);
            }

            Assert.InRange(sketch.Beyond(3600), values.Count(v => v > 3660), values.Count(v => v > 3540));
            var text = values[0].ToString("R", CultureInfo.InvariantCulture);
            Assert.Equal(KpiSketch.Mark(values[0]), await database.ScalarAsync<short>($"select kpi_mark_of({text}::float8)"));
        }

        Assert.Null(new KpiSketch().Quantile(0.5));
    }
}
