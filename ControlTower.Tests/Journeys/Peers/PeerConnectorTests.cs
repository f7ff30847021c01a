using ControlTower.Data.Canonical;
using ControlTower.Sync.Connectors;
using ControlTower.Sync.Connectors.Tryton;
using ControlTower.Sync.Connectors.Vendure;
using Xunit;

namespace ControlTower.Tests.Journeys.Peers;

/// <summary>The two connectors against the real systems, without the engine between them.</summary>
public sealed class PeerConnectorTests : IDisposable
{
    private readonly HttpClient http = new();
    private readonly VendureConnector vendure = new();
    private readonly TrytonConnector tryton = new();

    [Fact]
    public async Task Every_order_of_the_shop_is_posted_shipped_invoiced_and_paid_to_the_cent()
    {
        var peers = Peers();
        var orders = await Orders(peers);
        Assert.NotEmpty(orders);
        var erp = tryton.Connect(peers.Tryton, http, TimeProvider.System);
        var differences = new List<string>();
        foreach (var order in orders.Where(o => o.CancelledAt is null).Take(Limit()))
        {
            var key = PostingKey.Derive("Peer", order.Key, order.Name, "sales-order");
            var post = new PostSalesOrder(key, order, []);
            var sale = Accepted(await erp.SendAsync(post, new NoScope(), default));
            Assert.Equal(sale.Reference, Accepted(await erp.SendAsync(post, new NoScope(), default)).Reference);
            Assert.IsType<LookUp.Found>(await erp.LookUpAsync(post, new NoScope(), default));
            Compare(differences, order, "sale", sale.Facts!["total"]);

            var ship = new ShipSalesOrder(PostingKey.Derive("Peer", order.Key, order.Name, "shipment"), key, sale.Reference, order, order.PlacedAt);
            var shipped = Accepted(await erp.SendAsync(ship, new NoScope(), default));
            Compare(differences, order, "invoice", shipped.Facts!["total"]);
            Assert.IsType<LookUp.Found>(await erp.LookUpAsync(ship, new NoScope(), default));

            var pay = new PostPayment(
                PostingKey.Derive("Peer", order.Key, order.Name, "payment"), key, shipped.Facts["invoiceId"], shipped.Facts["invoiceNumber"], order.Total, "card", order.PlacedAt);
            var paid = Accepted(await erp.SendAsync(pay, new NoScope(), default));
            Assert.Equal("0", paid.Facts!["remaining"].Split('.')[0]);
            Assert.Equal("paid", paid.Facts["invoiceState"]);
            Assert.Equal(paid.Reference, Accepted(await erp.SendAsync(pay, new NoScope(), default)).Reference);
        }

        Assert.Empty(differences);
    }

    [Fact]
    public async Task What_comes_back_in_two_parts_is_credited_once_each_and_to_the_cent()
    {
        var peers = Peers();
        var erp = tryton.Connect(peers.Tryton, http, TimeProvider.System);
        foreach (var one in (await Orders(peers)).Where(o => o.CancelledAt is null).Take(Limit()))
        {
            var order = one with { Key = one.Key with { Id = Guid.NewGuid().ToString("N") } };
            var key = PostingKey.Derive("Peer", order.Key, order.Name, "sales-order");
            var sale = Accepted(await erp.SendAsync(new PostSalesOrder(key, order, []), new NoScope(), default));
            Accepted(await erp.SendAsync(new ShipSalesOrder(PostingKey.Derive("Peer", order.Key, order.Name, "shipment"), key, sale.Reference, order, order.PlacedAt), new NoScope(), default));
            var first = order.Lines.Select(l => Back(l, 1, Cents(l.Net / l.Quantity), Cents(l.Tax / l.Quantity))).ToList();
            var rest = order.Lines.Zip(first).Where(l => l.First.Quantity > 1)
                .Select(l => Back(l.First, l.First.Quantity - 1, l.First.Net - l.Second.Net, l.First.Tax - l.Second.Taxes[0].Amount)).ToList();
            foreach (var (lines, at) in new[] { first, rest }.Where(l => l.Count > 0).Select((l, i) => (l, i)))
            {
                var memo = new PostCreditMemo(
                    PostingKey.Derive("Peer", order.Key, order.Name, "credit-memo", at), key, lines, order.PlacedAt, new Money(lines.Sum(l => l.Net), order.Currency));
                Assert.IsType<LookUp.Absent>(await erp.LookUpAsync(memo, new NoScope(), default));
                var credited = Accepted(await erp.SendAsync(memo, new NoScope(), default));
                Assert.Equal(memo.Total!.Value.Amount, decimal.Parse(credited.Facts!["total"], System.Globalization.CultureInfo.InvariantCulture));
                Assert.Equal(credited.Number, Accepted(await erp.SendAsync(memo, new NoScope(), default)).Number);
                Assert.IsType<LookUp.Found>(await erp.LookUpAsync(memo, new NoScope(), default));
            }
        }

        static CreditLine Back(OrderLine line, int quantity, decimal net, decimal tax) =>
            new(line.Id, line.Sku, line.Title, quantity, line.UnitPrice, net, [new TaxLine("VAT", line.Taxes[0].Rate, tax)]);

        static decimal Cents(decimal amount) => Math.Round(amount, 2, MidpointRounding.AwayFromZero);
    }

    [Fact]
    public async Task A_level_of_the_shop_is_set_where_it_still_is_what_was_read()
    {
        var peers = Peers();
        var profile = peers.Vendure with { Settings = new Dictionary<string, string>(peers.Vendure.Settings) { ["publishStock"] = "all", ["location:1"] = "WEB", ["location:2"] = "ST1" } };
        Assert.Empty(vendure.Check(profile));
        var shop = vendure.Connect(profile, http, TimeProvider.System);
        var (web, store) = (await Level("WEB"), await Level("ST1"));
        var change = new ChangeStock(
            PostingKey.Derive("Peer", new OrderKey("vendure", Guid.NewGuid().ToString()), "stock", "x"),
            [new StockChange("RH-00001", "WEB", -3, From: web), new StockChange("RH-00001", "ST1", 2, From: store)], default);
        Assert.IsType<LookUp.Absent>(await shop.LookUpAsync(change, new NoScope(), default));
        Accepted(await shop.SendAsync(change, new NoScope(), default));
        Accepted(await shop.SendAsync(change, new NoScope(), default));
        Assert.Equal((web - 3, store + 2), (await Level("WEB"), await Level("ST1")));
        Assert.IsType<LookUp.Found>(await shop.LookUpAsync(change, new NoScope(), default));
        var late = change with { Changes = [new StockChange("RH-00001", "WEB", -1, From: web)] };
        Assert.Equal((ChangeStock.Stale, "changes.0"), Assert.IsType<Outcome.Refused>(await shop.SendAsync(late, new NoScope(), default)) is var stale ? (stale.Code, stale.Field) : default);

        async Task<int> Level(string place) =>
            Assert.Single(Assert.IsType<LevelsAnswer.Levels>(await shop.LevelsAsync([new StockCell("RH-00001", place)], new NoScope(), default)).List).Level!.Value;
    }

    [Fact]
    public async Task An_edited_order_replaces_its_sale_and_a_cancelled_one_leaves_nothing_in_the_books()
    {
        var peers = Peers();
        var order = (await Orders(peers)).First(o => o.CancelledAt is null && o.Lines.Any(l => l.Quantity > 1));
        order = order with { Key = order.Key with { Id = Guid.NewGuid().ToString("N") } };
        var erp = tryton.Connect(peers.Tryton, http, TimeProvider.System);
        var key = PostingKey.Derive("Peer", order.Key, order.Name, "sales-order");
        var sale = Accepted(await erp.SendAsync(new PostSalesOrder(key, order, []), new NoScope(), default));

        var line = order.Lines.First(l => l.Quantity > 1);
        var fewer = line with { Quantity = 1, Discount = 0m, Taxes = [new TaxLine("VAT", line.Taxes[0].Rate, Math.Round(line.UnitPrice * line.Taxes[0].Rate / (1 + line.Taxes[0].Rate), 2))] };
        var edited = order with { Lines = [.. order.Lines.Select(l => l == line ? fewer : l)] };
        edited = edited with { Totals = edited.Totals with { Total = edited.Lines.Sum(l => l.Net) + edited.Shipping.Sum(s => s.Net) } };
        var update = new UpdateSalesOrder(PostingKey.Derive("Peer", order.Key, order.Name, "sales-order-update", 2), key, sale.Reference, edited, []);
        var replaced = Accepted(await erp.SendAsync(update, new NoScope(), default));
        Assert.NotEqual(sale.Reference, replaced.Reference);
        Assert.Equal(edited.Totals.Total, decimal.Parse(replaced.Facts!["total"], System.Globalization.CultureInfo.InvariantCulture));
        Assert.Equal(replaced.Reference, Accepted(await erp.SendAsync(update, new NoScope(), default)).Reference);
        Assert.IsType<LookUp.Found>(await erp.LookUpAsync(update, new NoScope(), default));

        var undo = new CancelSalesOrder(PostingKey.Derive("Peer", order.Key, order.Name, "sales-order-cancel"), key, sale.Reference, null);
        Assert.IsType<LookUp.Absent>(await erp.LookUpAsync(undo, new NoScope(), default));
        Accepted(await erp.SendAsync(undo, new NoScope(), default));
        Accepted(await erp.SendAsync(undo, new NoScope(), default));
        Assert.IsType<LookUp.Found>(await erp.LookUpAsync(undo, new NoScope(), default));
    }

    [Fact]
    public async Task The_ERP_number_is_left_on_the_order_once()
    {
        var peers = Peers();
        var order = (await Orders(peers))[0];
        var shop = vendure.Connect(peers.Vendure, http, TimeProvider.System);
        var command = new AcknowledgeOrder(PostingKey.Derive("Peer", order.Key, order.Name, Guid.NewGuid().ToString()), order.Key, "S-1");
        Assert.IsType<LookUp.Absent>(await shop.LookUpAsync(command, new NoScope(), default));
        Accepted(await shop.SendAsync(command, new NoScope(), default));
        Accepted(await shop.SendAsync(command, new NoScope(), default));
        Assert.IsType<LookUp.Found>(await shop.LookUpAsync(command, new NoScope(), default));
    }

    public void Dispose()
    {
        http.Dispose();
        tryton.Dispose();
    }

    private static int Limit() => int.TryParse(Environment.GetEnvironmentVariable("PEER_ORDERS"), out var limit) ? limit : 10;

    private static PeerSystems Peers()
    {
        var peers = PeerSystems.Find();
        Assert.SkipWhen(peers is null, "No real Vendure and Tryton are running (PEER_HOME).");
        return peers!;
    }

    private async Task<IReadOnlyList<Order>> Orders(PeerSystems peers)
    {
        var shop = vendure.Connect(peers.Vendure, http, TimeProvider.System);
        var orders = new List<Order>();
        string? cursor = null;
        FeedAnswer.Page page;
        do
        {
            page = Assert.IsType<FeedAnswer.Page>(await shop.ReadAsync(new FeedRequest("orders", cursor, DateTimeOffset.UnixEpoch, TimeSpan.Zero), new NoScope(), default));
            cursor = page.Cursor;
            foreach (var item in page.Items)
            {
                var events = Assert.IsType<Translation.Events>(vendure.Translate(new StoredMessage(1, item.Topic, item.EventId, default, item.Body), peers.Vendure));
                orders.AddRange(events.List.OfType<OrderStated>().Select(e => e.Statement));
            }
        }
        while (page.More);
        return orders;
    }

    private static void Compare(List<string> differences, Order order, string what, string total)
    {
        if (decimal.Parse(total, System.Globalization.CultureInfo.InvariantCulture) != order.Totals.Total)
        {
            differences.Add($"{order.Name} {what}: {total} instead of {order.Totals.Total}");
        }
    }

    private static Outcome.Accepted Accepted(Outcome outcome)
    {
        Assert.True(outcome is Outcome.Accepted, outcome.ToString());
        return (Outcome.Accepted)outcome;
    }

    private sealed class NoScope : CallScope
    {
        public override void Charged(double cost, double available, double restoreRate, double capacity)
        {
        }
    }
}
