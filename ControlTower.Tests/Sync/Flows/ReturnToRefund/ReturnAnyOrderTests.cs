using ControlTower.Data.Canonical;
using ControlTower.Sync.Flows;
using ControlTower.Sync.Flows.ReturnToRefund;
using Xunit;
using static ControlTower.Tests.Sync.Flows.ReturnToRefund.ReturnBench;

namespace ControlTower.Tests.Sync.Flows.ReturnToRefund;

/// <summary>Events of one return in any order and any number come to the same end as told in order.</summary>
public sealed class ReturnAnyOrderTests
{
    [Fact]
    public void Thousands_of_returns_told_in_any_order_and_more_than_once_end_as_the_one_told_in_order()
    {
        for (var seed = 0; seed < 3_000; seed++)
        {
            var random = new Random(seed);
            var bench = new ReturnBench { Order = seed % 5 == 0 ? Sold(daysAgo: 60) : Sold() };
            List<CanonicalEvent> bag =
            [
                Wish(), new ReturnApproved("a", Key, "mona", Start), Received(1), Received(1, "r2"), Inspected(1), Inspected(1, GoodsCondition.NeedsWork, "i2"),
            ];
            for (var steps = 0; bag.Count > 0 || bench.Open.Count > 0; steps++)
            {
                Assert.True(steps < 500, $"Seed {seed} does not come to an end.");
                if (bench.Open.Count > 0 && random.Next(3) == 0)
                {
                    Carry(bench, random);
                    continue;
                }

                if (bag.Count > 0)
                {
                    var what = bag[random.Next(bag.Count)];
                    if (bench.Tell(what) != Verdict.Parked && random.Next(3) > 0)
                    {
                        bag.Remove(what);
                    }
                }
            }

            Assert.Equal("closed", bench.Stage);
            Assert.Equal((2, 39.98m), bench.Held["1"]);
            Assert.Equal(["PostCreditMemo", "RefundPayment"], bench.Asked.Select(a => a.Kind.ToString()).Order(StringComparer.Ordinal));
            Assert.All(bench.Asked, a => Assert.Equal(39.98m, a.Value.Amount));
            Assert.Equal((1, 1), (bench.Booked.Sum(b => b.Lines.Sum(l => l.Sound)), bench.Booked.Sum(b => b.Lines.Sum(l => l.Damaged))));
        }
    }

    private static void Carry(ReturnBench bench, Random random)
    {
        var intent = bench.Open.Values.ElementAt(random.Next(bench.Open.Count));
        if (random.Next(4) == 0)
        {
            bench.Refuse(intent.Kind);
        }
        else
        {
            bench.Deliver(intent.Kind);
        }
    }
}
