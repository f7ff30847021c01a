using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using System.Xml;
using System.Xml.Linq;
using ControlTower.Data.Canonical;
using ControlTower.Sync.Connectors;
using ControlTower.Sync.Connectors.Stripe;
using ControlTower.Sync.Statements;
using ControlTower.Tests.Sync.Reconciliation;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace ControlTower.Tests.Conformance.Stripe;

/// <summary>The estate's processor over real HTTP, held against the vendor's own types, and the connector that reads it.</summary>
public sealed class StripeEstateTests : IAsyncLifetime
{
    private static readonly TimeSpan Day = TimeSpan.FromMinutes(1);

    private readonly FakeTimeProvider clock = new(new DateTimeOffset(2026, 11, 23, 12, 0, 0, TimeSpan.Zero));
    private EstateDriver estate = null!;

    public async ValueTask InitializeAsync()
    {
        estate = await EstateDriver.StartAsync(o => o with { Payments = true, PayoutEvery = Day, Clock = clock });
        for (var day = 0; day < 6; day++)
        {
            var placed = await estate.PlaceAsync("eu", 12);
            await estate.PlaceAsync("uk", 2);
            await estate.PostAsync($"/estate/orders/eu/{placed[0].GetProperty("id")}/refund");
            clock.Advance(Day);
        }

        clock.Advance(Day);
    }

    public ValueTask DisposeAsync() => estate.DisposeAsync();

    [Fact]
    public async Task Every_payout_is_worth_what_it_carries_to_the_cent_and_tells_what_happened_to_it()
    {
        var lines = (await ReadAsync("ledger-payouts")).DistinctBy(l => (l.Kind, l.Id)).ToList();
        var payouts = lines.Where(l => l.Kind == MoneyKind.Payout).ToList();
        Assert.True(payouts.Count >= 5, $"{payouts.Count} payouts");
        Assert.All(payouts, p => Assert.Equal(p.Amount.Amount, lines.Where(l => l.Payout == p.Id && l.Kind != MoneyKind.PayoutReturned).Sum(l => l.Net)));

        var failed = Assert.Single(payouts, p => p.Status == MoneyStatus.Failed);
        var back = Assert.Single(lines, l => l.Kind == MoneyKind.PayoutReturned);
        Assert.Equal((failed.Id, failed.Amount), (back.Payout, back.Amount));
        Assert.NotEqual(failed.Id, Assert.Single(lines, l => l.Kind == MoneyKind.Carried).Payout);

        Assert.Equal([15m, -15m], lines.Where(l => l.Kind == MoneyKind.Dispute).OrderBy(l => l.At).Take(2).Select(l => l.Fee!.Value));
        Assert.Contains(lines, l => l is { Kind: MoneyKind.Charge, Amount.Currency: "EUR", Presentment.Currency: "GBP" });
        Assert.All(new[] { MoneyKind.Fee, MoneyKind.Reserve, MoneyKind.ChargeRefund }, kind => Assert.Contains(lines, l => l.Kind == kind));
    }

    [Fact]
    public async Task The_balance_knows_every_payment_of_the_shops_by_its_order()
    {
        var lines = await ReadAsync("ledger-balance");
        var orders = estate.App.Estate.Shop("eu")!.Orders(_ => true).Concat(estate.App.Estate.Shop("uk")!.Orders(_ => true)).Select(o => o.Id.ToString(System.Globalization.CultureInfo.InvariantCulture));
        Assert.Equal(orders.Order(StringComparer.Ordinal), lines.Where(l => l.Kind == MoneyKind.Charge).Select(l => l.References[0]).Order(StringComparer.Ordinal));
        Assert.Equal(lines.Count, lines.Select(l => (l.Kind, l.Id)).Distinct().Count());
    }

    [Fact]
    public async Task What_the_estate_says_is_of_the_vendors_types()
    {
        var entries = await ListAsync("balance_transactions?limit=100&expand[]=data.source");
        Assert.All(entries, e => Assert.Equal([], StripeSchema.Objections("BalanceTransaction", e)));
        Assert.All(await ListAsync("payouts?limit=100"), p => Assert.Equal([], StripeSchema.Objections("Payout", p)));
        foreach (var (name, type) in new[] { ("charge", "Charge"), ("refund", "Refund"), ("dispute", "Dispute") })
        {
            var sources = entries.Select(e => e.GetProperty("source")).Where(s => s.ValueKind == JsonValueKind.Object && s.GetProperty("object").GetString() == name).ToList();
            Assert.NotEmpty(sources);
            // Evidence is what a person hands in: nobody has.
            Assert.All(sources, s => Assert.Equal([], StripeSchema.Objections(type, s).Where(o => !o.Contains(".evidence.", StringComparison.Ordinal))));
        }
    }

    [Fact]
    public async Task A_stranger_is_not_let_in_and_nothing_can_be_written()
    {
        using var http = new HttpClient();
        Assert.Equal(401, (int)(await http.GetAsync($"{estate.Url}/stripe/eu/v1/balance")).StatusCode);
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", estate.Secret("stripe-eu", "secretKey"));
        Assert.Equal(403, (int)(await http.PostAsync($"{estate.Url}/stripe/eu/v1/payouts", null)).StatusCode);
        Assert.IsType<Outcome.Accepted>(await Client().TestAsync(new FakeScope(), CancellationToken.None));
    }

    [Fact]
    public async Task The_files_to_download_say_the_same_and_the_bank_lacks_one_deposit_and_kept_five_of_another()
    {
        using var http = new HttpClient();
        var rows = (await http.GetStringAsync($"{estate.Url}/estate/files/payout-reconciliation.csv")).Split('\n', StringSplitOptions.RemoveEmptyEntries).Skip(1).Select(r => r.Split(',')).ToList();
        var payouts = (await http.GetStringAsync($"{estate.Url}/estate/files/payouts.csv")).Split('\n', StringSplitOptions.RemoveEmptyEntries).Skip(1).Select(r => r.Split(',')).ToList();
        Assert.All(payouts.Where(p => p[6] == "payout"), p => Assert.Equal(-Number(p[5]), rows.Where(r => r[0] == p[0]).Sum(r => Number(r[8]))));

        using var reader = XmlReader.Create(new StringReader(await http.GetStringAsync($"{estate.Url}/estate/files/bank.xml")), new XmlReaderSettings { DtdProcessing = DtdProcessing.Prohibit, XmlResolver = null });
        var bank = XDocument.Load(reader);
        var deposits = bank.Descendants().Where(e => e.Name.LocalName == "Ntry").Select(e => Number(e.Elements().First(a => a.Name.LocalName == "Amt").Value)).ToList();
        var paid = payouts.Where(p => p[6] == "payout" && p[10] == "paid").ToList();
        Assert.Equal(paid.Count - 1, deposits.Count);
        Assert.Equal(5m, paid.Where(p => p != paid[1]).Sum(p => -Number(p[5])) - deposits.Sum());
    }

    [Fact]
    public async Task The_bank_prints_references_as_banks_do_and_each_deposit_finds_its_payout()
    {
        using var http = new HttpClient();
        var bytes = await http.GetByteArrayAsync($"{estate.Url}/estate/files/bank.xml");
        var payouts = (await ReadAsync("ledger-payouts")).Where(l => l.Kind == MoneyKind.Payout).DistinctBy(l => l.Id).OrderBy(l => l.At).ToList();
        Assert.All(payouts, p => Assert.DoesNotContain(p.Id, System.Text.Encoding.UTF8.GetString(bytes), StringComparison.OrdinalIgnoreCase));
        var file = new StatementFile(new MemoryStream(bytes), new StatementSettings("EUR", TimeZoneInfo.Utc, Kind: "bank"));
        await using var world = await LedgerWorld.CreateAsync();
        await world.TellAsync(LedgerWorld.Stripe, payouts);
        await world.TellAsync(LedgerWorld.Bank, [.. file.Read()]);
        await world.SettleAsync();
        var paid = payouts.Where(p => p.Status == MoneyStatus.Final).ToList();
        Assert.Equal(
            payouts.Where(p => p.Status == MoneyStatus.Pending || p == paid[1]).Select(p => $"missing-other {p.Id}").Concat(payouts.Where(p => p.Status == MoneyStatus.Failed).Select(p => $"payout-failed {p.Id}")).Order(StringComparer.Ordinal),
            (await world.Database.ScalarAsync<string[]>("select array_agg(kind || ' ' || document) from recon_item where comparison = 'deposit' and state = 'open' and kind <> 'fee'"))!.Order(StringComparer.Ordinal));
        Assert.Equal(5m, await world.Database.ScalarAsync<decimal>("select sum(difference) from recon_item where comparison = 'deposit' and state = 'open' and kind = 'fee'"));
    }

    private static decimal Number(string text) => decimal.Parse(text, System.Globalization.CultureInfo.InvariantCulture);

    private IVendorClient Client()
    {
        var c = estate.Connection("stripe-eu");
        var profile = new ConnectionProfile(
            "stripe-eu", "stripe", "Stripe EU", "northlane", "EU", "EUR", "UTC", "bc-eu",
            c.GetProperty("settings").Deserialize<Dictionary<string, string>>()!, c.GetProperty("secrets").Deserialize<Dictionary<string, string>>()!);
        Assert.Equal([], new StripeConnector().Check(profile));
        return new StripeConnector().Connect(profile, new HttpClient(), clock);
    }

    private async Task<List<MoneyLine>> ReadAsync(string feed)
    {
        var (lines, client, cursor) = (new List<MoneyLine>(), Client(), (string?)null);
        FeedAnswer.Statement page;
        do
        {
            page = Assert.IsType<FeedAnswer.Statement>(await client.ReadAsync(new FeedRequest(feed, cursor, clock.GetUtcNow().AddHours(-1), TimeSpan.FromMinutes(10)), new FakeScope(), CancellationToken.None));
            lines.AddRange(page.Lines);
            cursor = page.Cursor;
        }
        while (page.More);
        return lines;
    }

    private async Task<List<JsonElement>> ListAsync(string path)
    {
        using var http = new HttpClient();
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", estate.Secret("stripe-eu", "secretKey"));
        return [.. (await http.GetFromJsonAsync<JsonElement>($"{estate.Url}/stripe/eu/v1/{path}")).GetProperty("data").EnumerateArray()];
    }
}
