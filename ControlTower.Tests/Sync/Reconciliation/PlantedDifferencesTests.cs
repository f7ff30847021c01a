using ControlTower.Data.Canonical;
using ControlTower.Tests.Support;
using Xunit;
using static ControlTower.Tests.Sync.Reconciliation.LedgerWorld;

namespace ControlTower.Tests.Sync.Reconciliation;

/// <summary>A thousand differences of twelve kinds among fifty thousand records: each is found, nothing else is, and looking twice finds the same.</summary>
public sealed class PlantedDifferencesTests
{
    private const int Orders = 12_000;
    private const int Each = 84;

    [Fact]
    [Sabotage(19)]
    public async Task Without_one_side_of_the_join_what_only_the_books_have_is_not_found()
    {
        await using var world = await CreateAsync();
        await world.Database.ExecuteAsync(
            """
            create function skips() returns trigger language plpgsql as $$ begin return case when not exists (select from recon_entry e where e.comparison = new.comparison and e.group_key = new.group_key and e.other) then new end; end $$;
            create trigger skips before insert on recon_dirty for each row execute function skips();
            """);
        await world.TellAsync(Erp, [Invoice(1)]);
        await world.SettleAsync();
        Assert.Empty(await world.OpenAsync());
        // The full pass proves what was kept as it came, and finds it.
        Assert.Equal(1, await world.ProveAsync());
    }

    [Fact]
    [Promise(19)]
    public async Task Every_planted_difference_is_found_and_nothing_else()
    {
        await using var world = await CreateAsync();
        var dice = new Random(19);
        var free = new Queue<int>(Enumerable.Range(1, Orders).OrderBy(_ => dice.Next()));
        HashSet<int> Some() => [.. Enumerable.Range(0, Each).Select(_ => free.Dequeue())];
        var (missing, doubled, wrong, tax, rounding, fee, late, dollars, cancelled) = (Some(), Some(), Some(), Some(), Some(), Some(), Some(), Some(), Some());
        var refunded = Some();
        var expected = new List<string>();
        await world.OrdersAsync(Orders, cancelled, refunded);

        var books = new List<MoneyLine>();
        var charges = new List<MoneyLine>();
        for (var n = 1; n <= Orders; n++)
        {
            books.AddRange(Books(n));
            charges.Add(Taken(n));
        }

        books.AddRange(refunded.Select(Credit));
        charges.AddRange(refunded.Select(n => ChargeRefund(n, Carrier(n))));
        for (var n = 0; n < Each; n++)
        {
            books.Add(Invoice(Orders + 1 + n, key: $"GONE-{n:X15}B"));
            expected.Add($"order missing-first PSI-{Orders + 1 + n}");
        }

        var payouts = charges.Where(c => c.Payout is not null).GroupBy(c => c.Payout!).Select(g => (N: int.Parse(g.Key[3..], System.Globalization.CultureInfo.InvariantCulture), Sum: g.Sum(c => c.Net))).OrderBy(p => p.N).ToList();
        var unlucky = payouts.OrderBy(_ => dice.Next()).Select(p => p.N).Take(2 * Each).ToList();
        var (failed, called) = (unlucky.Take(Each).ToHashSet(), unlucky.Skip(Each).ToHashSet());
        charges.AddRange(payouts.Select(p => Payout(p.N, p.Sum, failed.Contains(p.N) ? MoneyStatus.Failed : called.Contains(p.N) ? MoneyStatus.Cancelled : MoneyStatus.Final)));
        var deposits = payouts.Where(p => !failed.Contains(p.N) && !called.Contains(p.N)).Select(p => Deposit(p.N, p.Sum)).ToList();
        expected.AddRange(failed.Select(n => $"deposit payout-failed po_{n:D6}"));
        expected.AddRange(called.Select(n => $"deposit payout-cancelled po_{n:D6}"));
        Assert.InRange(expected.Count, 1_000, 1_100);
        Assert.InRange((2 * Orders) + books.Count + charges.Count + deposits.Count, 50_000, 60_000);

        // In no order, and some of it twice.
        foreach (var (connection, line) in books.Select(l => (Erp, l)).Concat(charges.Select(l => (Stripe, l))).Concat(deposits.Select(l => (Bank, l))).OrderBy(_ => dice.Next()).Chunk(1_000).SelectMany(
            c => c.GroupBy(x => x.Item1).Select(g => (g.Key, g.Select(x => x.l).ToList()))))
        {
            await world.TellAsync(connection, line);
            if (dice.Next(3) == 0)
            {
                await world.TellAsync(connection, line);
            }
        }

        await world.SettleAsync();
        Assert.Equal(expected.Order(StringComparer.Ordinal), await world.OpenAsync());

        foreach (var (connection, lines) in books.Chunk(1_000).Select(l => (Erp, l)).Concat(charges.Chunk(1_000).Select(l => (Stripe, l))))
        {
            Assert.Equal(0, await world.TellAsync(connection, lines));
        }

        Assert.Equal(0, await world.ProveAsync());
        Assert.Equal(expected.Order(StringComparer.Ordinal), await world.OpenAsync());
        Assert.Equal(0, await world.Database.ScalarAsync<long>("select count(*) from recon_dirty"));

        // Everything counted is matched or open, and both sides' sums differ by what is open.
        Assert.Equal(
            await world.Database.ScalarAsync<decimal>("select sum(case when other then -amount else amount end) from recon_entry where comparison = 'order' and counts"),
            await world.Database.ScalarAsync<decimal>("select sum(difference) from recon_item where comparison = 'order' and state = 'open'"));

        IEnumerable<MoneyLine> Books(int n)
        {
            if (missing.Contains(n))
            {
                expected.Add($"order missing-other NL-{n}");
                yield break;
            }

            var (amount, vat) = (Total(n), decimal.Round(Total(n) * 19m / 119m, 2));
            if (wrong.Contains(n))
            {
                expected.Add($"order amount NL-{n}");
                amount += 10m;
            }
            else if (tax.Contains(n))
            {
                expected.Add($"order tax NL-{n}");
                vat -= 1m;
            }
            else if (rounding.Contains(n))
            {
                expected.Add($"order rounding NL-{n}");
                amount += 0.01m;
            }
            else if (cancelled.Contains(n))
            {
                expected.Add($"order status NL-{n}");
            }

            yield return Invoice(n, amount, vat);
            if (doubled.Contains(n))
            {
                expected.Add($"order duplicate NL-{n}");
                yield return Invoice(n, id: "b");
            }
        }

        MoneyLine Taken(int n)
        {
            if (fee.Contains(n))
            {
                expected.Add($"settlement fee NL-{n}");
                return Charge(n, Total(n) - 0.55m, payout: Carrier(n));
            }

            if (late.Contains(n))
            {
                expected.Add($"settlement timing NL-{n}");
                return Charge(n, payout: Carrier(n), at: At(n).AddDays(20));
            }

            if (dollars.Contains(n))
            {
                expected.Add($"settlement currency NL-{n}");
                return Charge(n, currency: "USD");
            }

            return Charge(n, payout: Carrier(n));
        }

        static string Carrier(int n) => $"po_{n / 10:D6}";
    }
}
