using System.Globalization;

namespace ControlTower.Tests.Journeys.Peers;

/// <summary>The shop's orders against the ERP's sales and the tower's own books, to the cent.</summary>
/// <param name="Returns">What was taken back through the tower.</param>
internal sealed record PeerComparison(IReadOnlyList<ShopOrder> Shop, IReadOnlyList<ErpSale> Erp, ErpBooks Books, TowerBooks Tower, IReadOnlyList<PeerReturn> Returns)
{
    private IReadOnlyList<ShopOrder> Wanted => [.. Shop.Where(o => !o.IsCancelled)];

    private IReadOnlyList<ErpSale> Counting => [.. Erp.Where(s => s is { Counts: true, Total: >= 0m })];

    private IReadOnlyList<ErpSale> Back => [.. Erp.Where(s => s is { Counts: true, Total: < 0m })];

    private decimal Shipped => Wanted.Where(o => o.HasLeft).Sum(o => o.Paid);

    private decimal Invoiced => Counting.SelectMany(s => s.Invoices).Where(i => i.State is "posted" or "paid").Sum(i => i.Total);

    private decimal Credited => -Back.SelectMany(s => s.Invoices).Where(i => i.State is "posted" or "paid").Sum(i => i.Total);

    /// <summary>Orders of the shop that the ERP lacks.</summary>
    public int Lost => Wanted.Count(o => Counting.All(s => s.Code != o.Code));

    /// <summary>Sales beyond one per order.</summary>
    public int Doubled => Counting.GroupBy(s => s.Code).Sum(g => g.Count() - 1);

    public IReadOnlyList<string> Differences =>
    [
        .. Wanted.SelectMany(Compare),
        .. Shop.Where(o => o.IsCancelled && Counting.Any(s => s.Code == o.Code)).Select(o => $"{o.Code} is cancelled in the shop and stands in the ERP"),
        .. Counting.Where(s => Shop.All(o => o.Code != s.Code)).Select(s => $"{s.Code} is in the ERP and not in the shop"),
        .. Shop.Where(o => !Tower.Stages.ContainsKey(o.Id)).Select(o => $"{o.Code} is unknown to the tower"),
        .. Returns.GroupBy(r => r.Code).SelectMany(Compare),
        .. Accounts(),
        .. Refunds(),
        .. Tower.Open.StartsWith("0 messages, 0 deliveries, 0 cases", StringComparison.Ordinal) ? [] : (string[])[$"The tower has {Tower.Open}"],
    ];

    public string Figures => string.Create(
        CultureInfo.InvariantCulture,
        $"""
        orders in the shop      {Shop.Count} ({Shop.Count(o => o.IsCancelled)} cancelled, {Shop.Count(o => o.HasLeft)} shipped, {Shop.Sum(o => o.Refunds.Count)} refunds)
        sales in the ERP        {Counting.Count} ({Erp.Count - Counting.Count - Back.Count} taken back)
        worth in the shop       {Wanted.Sum(o => o.Paid)} EUR
        worth in the ERP        {Counting.Sum(s => s.Total)} EUR
        shipped in the shop     {Shipped} EUR
        invoiced and paid       {Counting.SelectMany(s => s.Invoices).Where(i => i.State == "paid").Sum(i => i.Total)} EUR
        accounts of the ERP     {Books.Charged} EUR charged, {Books.TakenOff - Credited} EUR received, {Credited} EUR credited
        units that left         {Wanted.Sum(o => o.UnitsShipped)} in the shop, {Books.UnitsShipped} in the ERP
        refunded in the shop    {Shop.SelectMany(o => o.Refunds).Sum(r => r.Amount)} EUR
        refunds in the tower    {Tower.Refunds.Sum(r => decimal.Parse(r.Amount.Split(' ')[0], CultureInfo.InvariantCulture))} EUR ({Tower.Refunds.Count})
        returned                {Returns.Count} ({Returns.Count(r => r.Store is not null)} at the store, {Returns.Count(r => r.Store is null)} by post), {Returns.Sum(r => r.Pieces)} units, {Books.UnitsBack} back in the ERP
        paid back for returns   {Shop.Sum(o => o.Returned)} EUR in the shop, {Credited} EUR credited in the ERP ({Back.Count} credit notes)
        kept                    {Shipped - Shop.Sum(o => o.Returned)} EUR captured less paid back, {Invoiced - Credited} EUR invoiced less credited
        lost {Lost}, doubled {Doubled}, differences {Differences.Count}
        """);

    private IEnumerable<string> Compare(ShopOrder order)
    {
        var sales = Counting.Where(s => s.Code == order.Code).ToList();
        if (sales is not [var sale])
        {
            yield return $"{order.Code} has {sales.Count} sales (tower: {Tower.Stages.GetValueOrDefault(order.Id)})";
            yield break;
        }

        if (sale.Total != order.Paid)
        {
            yield return $"{order.Code}: {order.Paid} in the shop, {sale.Total} in the ERP";
        }

        var invoiced = sale.Invoices.Where(i => i.State is "posted" or "paid").ToList();
        if (order.HasLeft && (invoiced.Sum(i => i.Total) != order.Paid || invoiced.Any(i => i.State != "paid") || sale.Shipments.Any(s => s != "done")))
        {
            yield return $"{order.Code} left the shop, but the ERP has invoices {string.Join(", ", sale.Invoices)} and shipments {string.Join(", ", sale.Shipments)}";
        }

        if (!order.HasLeft && invoiced.Count > 0)
        {
            yield return $"{order.Code} did not leave, and is invoiced";
        }

        if (order.Notes != 1)
        {
            yield return $"{order.Code} bears {order.Notes} notes of the ERP's number";
        }
    }

    private IEnumerable<string> Compare(IGrouping<string, PeerReturn> returns)
    {
        var (order, credits) = (Shop.Single(o => o.Code == returns.Key), Back.Where(s => s.Code == returns.Key).ToList());
        if (credits.Count != returns.Count() || credits.Any(c => c.Invoices is not [{ State: "posted" or "paid" }] || c.Shipments is not ["done"]))
        {
            yield return $"{order.Code} came back {returns.Count()} times, and the ERP has {credits.Count} credit notes: {string.Join(", ", credits.SelectMany(c => c.Invoices).Concat(credits.SelectMany(c => c.Shipments).Select(m => (m, 0m))))}";
        }

        if (order.Returned != -credits.Sum(c => c.Invoices.Sum(i => i.Total)) || order.Returned == 0m)
        {
            yield return $"{order.Code}: {order.Returned} paid back for its return in the shop, {-credits.Sum(c => c.Total)} credited in the ERP";
        }

        foreach (var one in returns.Where(r => Tower.Stages.GetValueOrDefault(r.Id) != "closed/done"))
        {
            yield return $"The return of {order.Code} is {Tower.Stages.GetValueOrDefault(one.Id, "unknown")} in the tower";
        }
    }

    private IEnumerable<string> Accounts()
    {
        var units = Wanted.Sum(o => o.UnitsShipped);
        if (Books.Charged != Shipped || Books.TakenOff != Shipped + Credited)
        {
            yield return $"{Shipped} EUR left the shop and {Credited} came back, but the ERP's customer accounts show {Books.Charged} charged and {Books.TakenOff} taken off";
        }

        if (Shipped - Shop.Sum(o => o.Returned) != Invoiced - Credited)
        {
            yield return $"{Shipped - Shop.Sum(o => o.Returned)} EUR captured less paid back for returns in the shop, {Invoiced - Credited} EUR invoiced less credited in the ERP";
        }

        if (Books.UnitsBack != Returns.Sum(r => r.Pieces))
        {
            yield return $"{Returns.Sum(r => r.Pieces)} units were taken back, {Books.UnitsBack} came into the ERP's stock";
        }

        if (Books.UnitsShipped != units)
        {
            yield return $"{units} units left the shop, {Books.UnitsShipped} the ERP's stock";
        }
    }

    private IEnumerable<string> Refunds()
    {
        var shop = Shop.SelectMany(o => o.Refunds.Select(r => string.Create(CultureInfo.InvariantCulture, $"{o.Id} {r.Id} {r.Amount:0.00}"))).ToList();
        var tower = Tower.Refunds.Select(r => string.Create(CultureInfo.InvariantCulture, $"{r.Order} {r.Id} {decimal.Parse(r.Amount.Split(' ')[0], CultureInfo.InvariantCulture):0.00}")).ToList();
        return shop.Except(tower).Select(r => $"refund {r} of the shop is not recorded")
            .Concat(tower.Except(shop).Select(r => $"refund {r} is recorded and not in the shop"))
            .Concat(tower.GroupBy(r => r).Where(g => g.Count() > 1).Select(g => $"refund {g.Key} is recorded {g.Count()} times"));
    }
}
