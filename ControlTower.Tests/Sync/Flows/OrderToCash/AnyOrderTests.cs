using ControlTower.Data.Canonical;
using ControlTower.Sync.Flows;
using ControlTower.Sync.Flows.OrderToCash;
using ControlTower.Tests.Support;
using Xunit;

namespace ControlTower.Tests.Sync.Flows.OrderToCash;

/// <summary>
/// Messages come late, twice and in any order; deliveries are refused once, taken back, answered late. Whatever happens, the end is the one of the life told in order.
/// <see cref="FlowBench"/> checks at each step: no delivery after the end, no key asked for twice, refunds within captures, goods held once, state equal after JSON.
/// </summary>
public sealed class AnyOrderTests
{
    [Promise(9)]
    [Fact]
    public void Any_order_of_events_ends_as_the_life_told_in_order() => Seeds.Run(10_000, seed =>
    {
        var random = new Random(seed);
        var life = Life.Of(random, racing: false);
        var told = new World(life, null).Run();
        var shuffled = new World(life, random).Run();
        Assert.Equal(Ending(told), Ending(shuffled));
        Assert.Equal(told.Bench.OpenProblems.Order(StringComparer.Ordinal), shuffled.Bench.OpenProblems.Order(StringComparer.Ordinal));
        Assert.Equal(told.Paid, shuffled.Paid);
        Assert.False(shuffled.Bench.HoldsGoods && life.Cancelled);
        Assert.Empty(shuffled.Bench.Open);
    });

    [Fact]
    public void A_cancellation_that_races_the_warehouse_ends_shipped_or_cancelled_never_both() => Seeds.Run(2_000, seed =>
    {
        var random = new Random(seed);
        var world = new World(Life.Of(random, racing: true), random).Run();
        var (state, summary) = (world.Bench.State!, world.Bench.Summary);
        Assert.False(world.ErpShipped && world.BookCancelled);
        Assert.False(world.Bench.HoldsGoods);
        Assert.Empty(world.Bench.Open);
        if (world.ErpShipped)
        {
            Assert.NotEqual(FlowStatus.Cancelled, summary.Status);
            Assert.Contains("cancel-after-shipment", world.Bench.OpenProblems);
            Assert.Equal(state.Payment == PaymentState.Paid ? FlowStatus.Done : FlowStatus.Open, summary.Status);
        }
        else
        {
            Assert.Equal(FlowStatus.Cancelled, summary.Status);
            Assert.Equal(world.Book is not null, world.BookCancelled);
        }
    });

    [Fact]
    public void The_lives_reach_every_kind_of_end()
    {
        var ends = Enumerable.Range(0, 400).Select(seed => new World(Life.Of(new Random(seed), racing: seed % 5 == 0), new Random(seed)).Run()).ToList();
        Assert.True(ends.Count(w => w.Bench.Summary.Status == FlowStatus.Done && w.ErpShipped) > 40);
        Assert.True(ends.Count(w => w.ShipCommands == 1) > 40);
        Assert.True(ends.Count(w => w.Bench.Summary.Status == FlowStatus.Cancelled && w.Book is null) > 5);
        Assert.True(ends.Count(w => w.BookCancelled) > 20);
        Assert.InRange(ends.Count(w => w.Bench.Asked.Any(a => a.Kind == DeliveryKind.UpdateSalesOrder)), 21, 400);
        Assert.True(ends.Count(w => w.Bench.Facts.Any(f => f.Type == "order.taken-back")) > 20);
        Assert.True(ends.Count(w => w.Bench.Facts.Any(f => f.Type == "order.refused")) > 40);
        Assert.True(ends.Count(w => w.Bench.OpenProblems.Contains("cancel-after-shipment")) > 5);
        Assert.All(ends, w => Assert.True(w.ShipCommands <= 1));
    }

    /// <summary>The end without what only tells which way it came: numbers of documents, which of posting and update carried the content.</summary>
    private static string Ending(World world)
    {
        var state = world.Bench.State!;
        var end = state with
        {
            Document = 0,
            AskedDocument = 0,
            AskedDigest = null,
            AskedTotal = 0,
            Update = ErrandState.None,
            ErpTotal = null,
            Approved = [],
            // An edit that falls short gives its goods up; what is then shipped all the same leaves without them.
            Reservation = ReservationState.None,
            Allocations = [],
            Shipments = [.. state.Shipments.Select(s => s with { OffStock = false })],
        };
        if (state.Cancelled)
        {
            // Cancelled before or after the posting: what counts is that nothing of it is left.
            Assert.Equal(world.Book is not null, world.BookCancelled);
            end = end with
            {
                Post = ErrandState.None,
                Cancel = ErrandState.None,
                Acknowledge = ErrandState.None,
                Erp = null,
                ErpReference = null,
                ErpNumber = null,
                ErpDigest = null,
                CancelReason = null,
                Checked = false,
                Digest = "",
                Total = 0,
                Items = [],
            };
        }

        return FlowBench.Json(end);
    }
}
