using ControlTower.Simulator.Ledger;
using ControlTower.Verify;

namespace ControlTower.Tests.Chaos;

/// <param name="Lost">Acknowledged and not stored, or placed and not in the ERP.</param>
/// <param name="Doubled">In the ERP more than once, or there although nobody bought it.</param>
/// <param name="Wrong">Another amount or currency, an unpaid order, a broken invariant: one sentence each.</param>
internal sealed record Verdict(int Acked, int Stored, int Orders, IReadOnlyList<string> Lost, IReadOnlyList<string> Doubled, IReadOnlyList<string> Wrong)
{
    public bool IsSound => Lost.Count + Doubled.Count + Wrong.Count == 0;

    public string Tally => $"acked {Acked}, stored {Stored}, lost {Lost.Count}, doubled {Doubled.Count}{(Wrong.Count == 0 ? "" : $", wrong {Wrong.Count}")}";

    public override string ToString() => string.Join('\n', Lost.Select(l => $"lost: {l}").Concat(Doubled.Select(d => $"doubled: {d}")).Concat(Wrong.Select(w => $"wrong: {w}")).Take(40).Append(Tally));
}

/// <summary>Compares what was promised, bought, brought back and taken along with what is stored and booked, each side by its own record.</summary>
internal sealed class Judge(ChaosWorld world, ReturnCounter? counter = null, Holders? holders = null)
{
    public async Task<Verdict> JudgeAsync(CancellationToken cancel)
    {
        var (lost, doubled, wrong) = (new List<string>(), new List<string>(), new List<string>());
        var missing = await world.LostAsync(world.Acks.All);
        lost.AddRange(missing.Select(m => $"{m.Connection} event {m.EventId} was acknowledged and is not stored"));
        var shops = new List<Effect>();
        foreach (var shop in Shoppers.Shops)
        {
            shops.AddRange(await world.Estate.LedgerAsync(shop));
        }

        List<Effect> books = [.. await world.Estate.LedgerAsync("bc-eu"), .. await world.Estate.LedgerAsync("bc-us")];
        var orders = Orders(shops, books, lost, doubled, wrong);
        Returns(counter?.Orders ?? [], shops, books, lost, doubled, wrong);
        wrong.AddRange(holders?.Odd ?? []);
        wrong.AddRange(holders is not null && await holders.MissingAsync() is { } missed ? [missed] : []);
        await InvariantsAsync(wrong, cancel);
        return new Verdict(world.Acks.All.Count, world.Acks.All.Count - missing.Count, orders, lost, doubled, wrong);
    }

    private static int Orders(List<Effect> shops, List<Effect> books, List<string> lost, List<string> doubled, List<string> wrong)
    {
        var placed = shops.Where(e => e.Kind == "order-placed").ToList();
        var cancelled = shops.Where(e => e.Kind == "order-cancelled").Select(e => (e.System, e.Id)).ToHashSet();
        var posted = books.Where(e => e.Kind == "order-posted").ToLookup(e => NameOf(e.ExternalDocumentNumber), StringComparer.Ordinal);
        var deleted = books.Where(e => e.Kind == "order-deleted").ToLookup(e => e.Id, StringComparer.Ordinal);
        var paid = books.Where(e => e.Kind == "payment-posted").ToLookup(e => NameOf(e.ExternalDocumentNumber), StringComparer.Ordinal);
        foreach (var order in placed)
        {
            var (there, money) = (posted[NameOf(order)].ToList(), paid[NameOf(order)].ToList());
            if (there.Count > 1)
            {
                doubled.Add($"{order.Number} is in the ERP {there.Count} times: {string.Join(", ", there.Select(t => t.Number))}");
            }

            if (money.Count > 1)
            {
                doubled.Add($"{order.Number} was paid {money.Count} times: {string.Join(", ", money.Select(m => m.ExternalDocumentNumber))}");
            }

            if (!cancelled.Contains((order.System, order.Id)))
            {
                Kept(order, there, money, deleted, lost, wrong);
            }
        }

        var names = placed.Select(NameOf).ToHashSet(StringComparer.Ordinal);
        doubled.AddRange(posted.Concat(paid).Where(p => !names.Contains(p.Key)).Select(p => $"{p.Key} is in the ERP and was never bought"));
        return placed.Count;
    }

    /// <summary>An order that nobody took back: there, whole, and paid.</summary>
    private static void Kept(Effect order, List<Effect> there, List<Effect> money, ILookup<string, Effect> deleted, List<string> lost, List<string> wrong)
    {
        if (there.Count == 0)
        {
            lost.Add($"{order.Number} was bought and is not in the ERP");
            return;
        }

        if ((there[0].Amount, there[0].Currency) != (order.Amount, order.Currency))
        {
            wrong.Add($"{order.Number} was bought for {order.Amount} {order.Currency} and booked as {there[0].Amount} {there[0].Currency}");
        }

        if (deleted.Contains(there[0].Id))
        {
            wrong.Add($"{order.Number} was deleted in the ERP and never cancelled in the shop");
        }

        var received = money.Sum(m => Math.Abs(m.Amount));
        if (money.Count > 0 && received != order.Amount)
        {
            wrong.Add($"{order.Number} was bought for {order.Amount} {order.Currency} and {received} was booked as paid");
        }

        if (money.Count == 0)
        {
            lost.Add($"the payment of {order.Number} is not in the ERP");
        }
    }

    /// <summary>Each piece that came back was paid once and credited once, with the same amount; and no order paid back more than it took.</summary>
    /// <param name="returned">Orders of <see cref="ReturnCounter.Shop"/>, by their id there, of which a piece came back.</param>
    internal static void Returns(IReadOnlyCollection<string> returned, List<Effect> shops, List<Effect> books, List<string> lost, List<string> doubled, List<string> wrong)
    {
        var back = returned.Select(order => (System: ReturnCounter.Shop, Id: order)).ToHashSet();
        var cancelled = shops.Where(e => e.Kind == "order-cancelled").Select(e => (e.System, e.Id)).ToHashSet();
        var placed = shops.Where(e => e.Kind == "order-placed").ToDictionary(e => (e.System, e.Id));
        var refunds = shops.Where(e => e.Kind == "order-refunded").ToList();
        var credits = books.Where(e => e.Kind == "credit-memo-posted").ToList();
        foreach (var of in refunds.GroupBy(r => (r.System, r.Id)))
        {
            var (order, times, paid) = (placed[of.Key], of.Count(), of.Sum(r => r.Amount));
            if (times > (back.Contains(of.Key) ? 1 : 0))
            {
                doubled.Add($"{order.Number} was refunded {times} times and came back {(back.Contains(of.Key) ? "once" : "never")}");
            }

            if (paid > order.Amount)
            {
                wrong.Add($"{order.Number} was bought for {order.Amount} {order.Currency} and {paid} was paid back");
            }
        }

        // What was taken back as a whole meanwhile was paid back as a whole.
        lost.AddRange(back.Where(b => !cancelled.Contains(b) && !refunds.Exists(r => (r.System, r.Id) == b)).Select(b => $"a piece of {placed[b].Number} came back and nothing was paid for it"));
        if (!credits.Select(c => c.Amount).Order().SequenceEqual(refunds.Select(r => r.Amount).Order()))
        {
            wrong.Add($"{refunds.Count} refunds of {refunds.Sum(r => r.Amount)} were paid and {credits.Count} of {credits.Sum(c => c.Amount)} credited");
        }
    }

    private async Task InvariantsAsync(List<string> wrong, CancellationToken cancel)
    {
        await using var said = new StringWriter();
        var code = await VerifyProgram.RunAsync([world.ConnectionString, "--ledger", world.Estate.Url.ToString(), "--anchors", world.AnchorFile], said, said, cancel);
        if (code != 0)
        {
            wrong.AddRange(said.ToString().Split('\n').Where(l => l.StartsWith("FAIL", StringComparison.Ordinal) || l.StartsWith("??", StringComparison.Ordinal) || l.StartsWith("    ", StringComparison.Ordinal) || l.StartsWith("verify:", StringComparison.Ordinal)).Select(l => l.Trim()));
        }
    }

    private static string NameOf(Effect order) => order.Number!.TrimStart('#').ToUpperInvariant();

    /// <summary>The posting key is the order's name, a dash and a digest.</summary>
    private static string NameOf(string? external) => external is null ? "" : external[..Math.Max(0, external.LastIndexOf('-'))];
}
