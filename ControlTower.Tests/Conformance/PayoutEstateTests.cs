using System.Text.Json;
using ControlTower.Data.Canonical;
using ControlTower.Simulator.Ledger;
using ControlTower.Simulator.Square;
using ControlTower.Sync.Connectors;
using ControlTower.Sync.Connectors.Shopify;
using ControlTower.Sync.Connectors.Square;
using ControlTower.Tests.Conformance.Square;
using Xunit;

namespace ControlTower.Tests.Conformance;

/// <summary>What the estate's payment processors pay out, and how the connectors read it.</summary>
public sealed class PayoutEstateTests
{
    private static readonly DateTimeOffset Start = new(2026, 10, 1, 0, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(2)]
    [InlineData(0)]
    public void A_book_of_payouts_loses_no_cent_and_knows_disputes_and_payouts_that_come_back(int decimals)
    {
        var book = Book(60, decimals);
        Assert.Equal(book.Movements.Sum(m => m.Net), book.Payouts.Sum(p => p.Net) + book.Movements.Where(m => book.Payouts.All(p => p.Round != m.Round)).Sum(m => m.Net));
        Assert.All(book.Payouts, p => Assert.Equal(p.Net, book.Movements.Where(m => m.Round == p.Round).Sum(m => m.Net)));
        Assert.All(book.Movements, m => Assert.Equal((m.Amount, m.Fee), (Math.Round(m.Amount, decimals), Math.Round(m.Fee, decimals))));
        var failed = book.Payouts.Where(p => p.State == PayoutState.Failed).ToList();
        Assert.NotEmpty(failed);
        Assert.Equal(failed.Select(p => (p.Round, p.Net)), book.Movements.Where(m => m.Kind == MovementKind.Returned).Select(m => (m.Source, m.Amount)));
        Assert.Contains(book.Movements, m => m.Kind == MovementKind.Dispute && m.Net < m.Amount);
    }

    [Fact]
    public void What_was_paid_out_stays_paid_out_as_time_goes_on()
    {
        var (early, late) = (Book(30, 2), Book(60, 2));
        var settled = early.Payouts.Where(p => p.State != PayoutState.Scheduled).ToList();
        Assert.Equal(settled, late.Payouts.Take(settled.Count));
        Assert.Equal(Book(60, 2).Movements, late.Movements);
    }

    [Fact]
    public async Task The_estates_shop_is_paid_out_and_each_charge_names_its_order()
    {
        await using var estate = await EstateDriver.StartAsync(o => o with { PayoutEvery = TimeSpan.FromSeconds(1) });
        await estate.PlaceAsync("shopify-eu", 6);
        using var http = new HttpClient();
        var client = new ShopifyConnector().Connect(CatalogEstate.Profile(estate, "shopify-eu", "shopify", "EUR"), http, TimeProvider.System);
        var shop = estate.App.Estate.Shops.Single(s => s.Market.SystemId == "shopify-eu");
        var orders = shop.Orders(_ => true);
        await Wait.ForAsync(() => shop.Payouts() is var book && orders.All(o => book.Movements.Exists(m => m.Source == o.Payments[0].Id && book.Payouts.Exists(p => p.Round == m.Round))));
        var lines = await LedgerEstate.ReadAsync(client, LedgerFeeds.Payouts);
        foreach (var order in orders)
        {
            var charge = Assert.Single(lines, l => l.Kind == MoneyKind.Charge && l.References.Contains(order.Name));
            Assert.Equal((order.Payments[0].Amount, order.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)), (charge.Amount.Amount, charge.References[0]));
            Assert.InRange(charge.Fee!.Value, 0.25m, charge.Amount.Amount);
            Assert.Contains(lines, l => l.Kind == MoneyKind.Payout && l.Id == charge.Payout);
        }

        var first = lines.Where(l => l.Kind == MoneyKind.Payout).MinBy(l => l.At)!;
        Assert.Equal(first.Amount.Amount, lines.Where(l => l.Payout == first.Id && l.Kind != MoneyKind.PayoutReturned).Sum(l => l.Net));
        foreach (var document in new[] { ShopifyDocuments.Payouts, ShopifyDocuments.BalanceTransactions })
        {
            var field = document == ShopifyDocuments.Payouts ? "issued_at" : "processed_at";
            Assert.Empty(AnswerShape.Problems(document, null, await estate.DataAsync("shopify-eu", document, new { query = $"{field}:>='2026-01-01T00:00:00Z'" })));
        }
    }

    [Fact]
    public async Task The_estates_tills_are_paid_out_by_location_and_their_answers_fit_the_vendors_description()
    {
        await using var estate = await EstateDriver.StartAsync(o => o with { Tills = 2, TowerUrl = "http://127.0.0.1:9", TimeFactor = 1000, PayoutEvery = TimeSpan.FromSeconds(1) });
        var pos = estate.App.Estate.Pos!;
        foreach (var kind in Enum.GetValues<SaleKind>())
        {
            await pos.Tills.SellAsync(pos.Account.Stores[0], kind);
        }

        var paid = TimeProvider.System.GetUtcNow();
        await Wait.ForAsync(() => TimeProvider.System.GetUtcNow() > paid.AddSeconds(1));
        using var http = new HttpClient();
        var client = new SquareConnector().Connect(CatalogEstate.Profile(estate, "square-eu", "square", "EUR"), http, TimeProvider.System);
        var lines = await LedgerEstate.ReadAsync(client, LedgerFeeds.Payouts);
        var charge = lines.First(l => l.Kind == MoneyKind.Charge);
        var payout = lines.Single(l => l.Kind == MoneyKind.Payout && l.Id == charge.Payout);
        Assert.Equal(pos.Account.Stores[0].Code, payout.Store);
        Assert.Equal(payout.Amount.Amount, lines.Where(l => l.Payout == payout.Id).Sum(l => l.Net));

        http.DefaultRequestHeaders.TryAddWithoutValidation("Authorization", $"Bearer {estate.Secret("square-eu", "accessToken")}");
        foreach (var path in new[] { $"/v2/payouts?location_id={pos.Account.Stores[0].LocationId}&begin_time=2026-01-01T00:00:00Z&limit=5", $"/v2/payouts/{payout.Id}/payout-entries" })
        {
            using var body = JsonDocument.Parse(await http.GetStringAsync($"{estate.Url}/square/eu{path}"));
            Assert.Equal([], SquareSchema.Answer("GET", path.Split('?')[0], body.RootElement));
        }
    }

    private static PayoutBook Book(int days, int decimals) => new(
        Enumerable.Range(0, 6000).Select(n => ((long)n, Start + TimeSpan.FromMinutes(14 * n), Math.Round((n % 9 == 4 ? -1 : 1) * (20m + (n % 171 * 1.37m)), decimals))).Where(p => p.Item2 <= Start.AddDays(days)),
        seed: 5, TimeSpan.FromDays(1), decimals, Start.AddDays(days));
}
