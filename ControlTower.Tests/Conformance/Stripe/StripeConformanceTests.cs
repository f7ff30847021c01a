using System.Text.Json;
using System.Text.Json.Nodes;
using ControlTower.Data.Canonical;
using ControlTower.Sync.Connectors;
using ControlTower.Sync.Connectors.Stripe;
using ControlTower.Tests.Support;
using Xunit;

namespace ControlTower.Tests.Conformance.Stripe;

public sealed class StripeConformanceTests : ConnectorConformance
{
    public override IConnector Connector { get; } = new StripeConnector();

    public override ConnectionProfile Profile => StripeWorld.Profile;

    public override byte[] PushedBody { get; } = StripeWorld.Event();

    public override string Secret => StripeWorld.Webhook;

    public override string? PreviousSecret => StripeWorld.Previous;

    public override IReadOnlyList<(string Topic, byte[] Body)> Documents { get; } = [("payout.paid", StripeWorld.Event())];

    public override IReadOnlyList<CommandCase> Commands => [];

    public override RawRequest Push(byte[] body, string secret) => Push(StripeWorld.Sealed(body, secret, Now), body);

    protected override bool IsWrite(VendorRequest request) => request.Method != HttpMethod.Get;

    protected override int NeededSettings => 2;

    /// <summary>A redelivery is sealed anew; the same seal is good for five minutes.</summary>
    protected override TimeSpan SealLives => TimeSpan.FromMinutes(5);

    [Fact]
    public void A_seal_of_more_than_five_minutes_is_a_replay_and_one_that_fits_among_several_is_enough()
    {
        var fits = StripeWorld.Sealed(PushedBody, Secret, Now);
        Assert.IsType<Receipt.Forged>(Connector.Receive(Push(fits, PushedBody), Profile, Now.AddSeconds(301)));
        Assert.IsType<Receipt.Forged>(Connector.Receive(Push(fits, PushedBody), Profile, Now.AddSeconds(-301)));
        var several = fits.Replace("v1=", $"v1={new string('0', 64)},v0=ab,v1=", StringComparison.Ordinal);
        Assert.Equal(new Receipt.Authentic("payout.paid", "evt_1", "money/po_1"), Connector.Receive(Push(several, PushedBody), Profile, Now));
        Assert.IsType<Receipt.Forged>(Connector.Receive(Push(fits.Split(',')[1], PushedBody), Profile, Now));
    }

    [Fact]
    public void An_event_about_a_payout_asks_for_it_and_any_other_for_nothing()
    {
        Assert.Equal(new Translation.Fetch("payout:po_1"), Connector.Translate(new StoredMessage(1, "payout.paid", "e", Now, PushedBody), Profile));
        Assert.IsType<Translation.Ignored>(Connector.Translate(new StoredMessage(1, "charge.succeeded", "e", Now, PushedBody), Profile));
    }

    [Fact]
    public void Every_category_of_the_vendor_is_known_and_no_other()
    {
        var categories = JsonDocument.Parse(GoldenFiles.Bytes("Vendor", "stripe", "report-columns.json")).RootElement.GetProperty("reportingCategories").EnumerateArray().Select(c => c.GetString()!).ToList();
        Assert.Equal([], categories.Where(c => StripeCategories.Kind(c) == MoneyKind.Unknown));
        Assert.Equal(MoneyKind.Unknown, StripeCategories.Kind("of_next_year"));
    }

    [Theory]
    [InlineData("balance_transaction", "BalanceTransaction")]
    [InlineData("payout", "Payout")]
    [InlineData("charge", "Charge")]
    [InlineData("refund", "Refund")]
    public void The_fixtures_that_are_read_here_are_of_the_types_of_this_version(string fixture, string type)
        => Assert.Equal([], StripeSchema.Objections(type, StripeSchema.Fixture(fixture)).Where(o => !o.Contains("payment_method_details", StringComparison.Ordinal)));

    [Fact]
    public async Task The_account_is_proved_by_its_balance_and_an_account_in_another_currency_is_told()
    {
        var world = new StripeWorld();
        var accepted = Assert.IsType<Outcome.Accepted>(await world.Client().TestAsync(new FakeScope(), CancellationToken.None));
        Assert.Equal(("test", "USD"), (accepted.Number, accepted.Facts!["currencies"]));
        var euro = Connector.Connect(Profile with { Currency = "EUR" }, world.Vendor.Client(), Clock());
        Assert.Equal("another-currency", Assert.IsType<Outcome.Refused>(await euro.TestAsync(new FakeScope(), CancellationToken.None)).Code);
    }

    private static RawRequest Push(string seal, byte[] body) => new(
        "events", new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase) { ["Stripe-Signature"] = seal }, new Dictionary<string, string>(), body);
}
