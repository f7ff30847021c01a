using System.Net;
using System.Text.Json.Nodes;
using ControlTower.Data.Canonical;
using ControlTower.Sync.Connectors;
using ControlTower.Sync.Connectors.Vendure;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace ControlTower.Tests.Conformance.Vendure;

/// <summary>Paying back at a shop that knows no keys, and whose payment methods may not be able to pay back at all.</summary>
public sealed class VendureRefundTests
{
    private readonly VendureWorld world = new();
    private readonly FakeVendor vendor;
    private readonly Dictionary<string, string> settings = new() { ["baseUrl"] = "https://shop.test" };

    public VendureRefundTests() => vendor = world.Vendor();

    [Fact]
    public async Task Each_payment_gives_back_what_it_holds_first_taken_first_under_our_key()
    {
        var accepted = Assert.IsType<Outcome.Accepted>(await SendAsync());
        Assert.Equal("5", accepted.Reference);
        Assert.Equal([1000, 234], Paid());
        Assert.Equal([("171", 1)], world.Lines);
        Assert.All(world.Refunds.SelectMany(r => r), r => Assert.EndsWith(VendureWorld.Key.Value, (string)r["reason"]!, StringComparison.Ordinal));
        Assert.IsType<LookUp.Found>(await LookUpAsync());
    }

    [Fact]
    public async Task A_refund_whose_answer_was_lost_is_found_and_not_given_twice()
    {
        Assert.Equal(FailureKind.UnknownOutcome, Assert.IsType<LookUp.Undecided>(await LookUpAsync()).Kind);
        world.Lose("Refund");
        Assert.IsType<Outcome.Unknown>(await SendAsync());
        Assert.Equal(FailureKind.UnknownOutcome, Assert.IsType<LookUp.Undecided>(await LookUpAsync()).Kind);
        Assert.IsType<Outcome.Accepted>(await SendAsync());
        Assert.IsType<Outcome.Accepted>(await SendAsync());
        Assert.Equal([1000, 234], Paid());
    }

    [Fact]
    public async Task A_refund_that_the_payment_method_cannot_pay_waits_for_a_person_and_is_found_once_they_settled_it()
    {
        world.Handler = ("Pending", "");
        Assert.Equal("refund-pending", Assert.IsType<Outcome.Refused>(await SendAsync()).Code);
        Assert.IsType<LookUp.Absent>(await LookUpAsync());
        world.Refunds.SelectMany(r => r).ToList().ForEach(r => r["state"] = "Settled");
        Assert.IsType<Outcome.Accepted>(await SendAsync());
        Assert.Equal([1000, 234], Paid());
    }

    [Fact]
    public async Task Where_they_are_paid_out_elsewhere_the_tower_settles_them_also_after_a_lost_answer()
    {
        (settings["settleRefunds"], world.Handler) = ("true", ("Pending", ""));
        world.Lose("SettleRefund");
        Assert.IsType<Outcome.Unknown>(await SendAsync());
        Assert.IsType<Outcome.Accepted>(await SendAsync());
        Assert.All(world.Refunds.SelectMany(r => r), r => Assert.Equal("Settled", (string)r["state"]!));
        Assert.Equal([1000, 234], Paid());
    }

    [Fact]
    public async Task A_refund_under_way_at_the_payment_provider_counts()
    {
        world.Handler = ("Pending", "re_1");
        Assert.IsType<Outcome.Accepted>(await SendAsync());
        Assert.IsType<LookUp.Found>(await LookUpAsync());
        Assert.DoesNotContain(vendor.Requests, r => r.Body.Contains("SettleRefund", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_refund_that_failed_is_not_given_again()
    {
        world.Refunds[0].Add(Ours("Failed"));
        Assert.Equal("refund-failed", Assert.IsType<Outcome.Refused>(await SendAsync()).Code);
        Assert.Single(world.Refunds.SelectMany(r => r));
    }

    [Theory]
    [InlineData("Refund")]
    [InlineData("SettleRefund")]
    public async Task What_stops_half_way_is_not_said_to_be_undone(string operation)
    {
        (settings["settleRefunds"], world.Handler) = ("true", ("Pending", ""));
        vendor.Fault = (r, _) => world.Refunds[0].Count > 0 ? Away(r, operation) : null;
        Assert.IsType<Outcome.Unknown>(await SendAsync());
        world.Refunds.ForEach(r => r.Clear());
        vendor.Fault = (r, _) => Away(r, "Refund");
        Assert.IsType<Outcome.NotDone>(await SendAsync());

        static HttpResponseMessage? Away(VendorRequest request, string operation)
            => request.Body.Contains($"mutation {operation}(", StringComparison.Ordinal) ? FakeVendor.Json("{}", HttpStatusCode.ServiceUnavailable) : null;
    }

    [Fact]
    public async Task More_of_ours_than_was_asked_for_waits_for_a_person()
    {
        world.Refunds[0].Add(Ours("Settled"));
        world.Refunds[1].Add(Ours("Settled"));
        Assert.IsType<LookUp.Absent>(await LookUpAsync());
        Assert.Equal("refunded-too-much", Assert.IsType<Outcome.Refused>(await SendAsync()).Code);
        Assert.Equal([1000, 1000], Paid());
    }

    [Theory]
    [InlineData("12.345")]
    [InlineData("0.004")]
    [InlineData("0")]
    public async Task What_the_shop_cannot_state_is_refused_before_anything_is_asked(string amount)
    {
        var refund = VendureWorld.Refund with { Amount = new Money(decimal.Parse(amount, System.Globalization.CultureInfo.InvariantCulture), "EUR") };
        Assert.Equal("money-precision", Assert.IsType<Outcome.Refused>(await Client().SendAsync(refund, new FakeScope(), default)).Code);
        Assert.Empty(vendor.Requests);
    }

    [Fact]
    public async Task A_refund_that_fails_at_once_waits_for_a_person_and_is_not_settled()
    {
        (settings["settleRefunds"], world.Handler) = ("true", ("Failed", ""));
        Assert.Equal("refund-failed", Assert.IsType<Outcome.Refused>(await SendAsync()).Code);
        Assert.DoesNotContain(vendor.Requests, r => r.Body.Contains("SettleRefund", StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_absurd_amount_breaks_nothing()
    {
        world.Refunds[1].Add(new JsonObject { ["id"] = "4", ["total"] = JsonNode.Parse("79228162514264337593543950335"), ["state"] = "Settled", ["reason"] = "gift", ["transactionId"] = "x" });
        world.Refunds[1].Add((JsonObject)world.Refunds[1][0].DeepClone());
        Assert.Equal("nothing-left-to-refund", Assert.IsType<Outcome.Refused>(await SendAsync()).Code);
    }

    [Fact]
    public async Task A_refund_of_ours_that_fails_later_is_a_message_of_its_own_and_the_order_is_read_on()
    {
        var order = JsonNode.Parse(RefundedOrder())!;
        var refund = order["payments"]![0]!["refunds"]![0]!;
        refund["state"] = "Failed";
        Assert.Equal(["order"], (await ReadAsync()).Select(i => i.Topic));
        refund["reason"] = $"ControlTower return {VendureWorld.Key.Value}";
        var items = await ReadAsync();
        Assert.Equal(["order", "refund-failed"], items.Select(i => i.Topic));
        Assert.Equal("refund-failed", Assert.IsType<Translation.Unreadable>(Translated("refund-failed", items[1].Body)).Code);
        Assert.IsType<Translation.Events>(Translated("order", items[0].Body));

        async Task<IReadOnlyList<FeedItem>> ReadAsync() => Assert.IsType<FeedAnswer.Page>(await new VendureConnector()
            .Connect(Profile, new FakeVendor(_ => FakeVendor.Json($$"""{"data":{"order":{{order.ToJsonString()}} } }""")).Client(), new FakeTimeProvider(NetworkFault.Now))
            .ReadAsync(new FeedRequest("orders", null, NetworkFault.Now, TimeSpan.Zero, "order/87"), new FakeScope(), default)).Items;
    }

    [Fact]
    public async Task More_than_the_payments_hold_is_refused_before_anything_is_paid()
    {
        world.Refunds[1].Add(new JsonObject { ["id"] = "4", ["total"] = 2900, ["state"] = "Settled", ["reason"] = "gift", ["transactionId"] = "x" });
        Assert.Equal("nothing-left-to-refund", Assert.IsType<Outcome.Refused>(await SendAsync()).Code);
        Assert.Equal([2900], Paid());
    }

    [Fact]
    public void The_echo_of_our_refund_is_known_and_that_of_another_is_not()
    {
        var body = RefundedOrder();
        Assert.Null(Told(body).Echo);
        var order = JsonNode.Parse(body)!;
        order["payments"]![0]!["refunds"]![0]!["reason"] = $"ControlTower return {VendureWorld.Key.Value}";
        Assert.Equal(VendureWorld.Key, Told(order.ToJsonString()).Echo);

        RefundRecorded Told(string text) => Assert.IsType<Translation.Events>(Translated("order", System.Text.Encoding.UTF8.GetBytes(text))).List.OfType<RefundRecorded>().First();
    }

    private static string RefundedOrder()
        => System.Text.Encoding.UTF8.GetString(Support.GoldenFiles.Bytes("Vendor", "vendure-3.7", "order-lives.jsonl")).Split('\n').First(l => l.Contains("\"state\":\"Settled\",\"total\"", StringComparison.Ordinal)
            || (l.Contains("\"refunds\":[{", StringComparison.Ordinal) && JsonNode.Parse(l)!["payments"]![0]!["refunds"]![0]!["state"]!.GetValue<string>() == "Settled"));

    private Translation Translated(string topic, byte[] body) => new VendureConnector().Translate(new StoredMessage(1, topic, "e", NetworkFault.Now, body), Profile);

    private ConnectionProfile Profile => new("shop", "vendure", "Shop", "B", null, "EUR", "UTC", "erp", settings, new Dictionary<string, string> { ["apiKey"] = "id:key" });

    private static JsonObject Ours(string state) => new() { ["id"] = "5", ["total"] = 1000, ["state"] = state, ["reason"] = $"ControlTower return {VendureWorld.Key.Value}", ["transactionId"] = "" };

    private IEnumerable<int> Paid() => world.Refunds.SelectMany(r => r).Select(r => int.Parse(r["total"]!.ToJsonString(), System.Globalization.CultureInfo.InvariantCulture));

    private Task<Outcome> SendAsync() => Client().SendAsync(VendureWorld.Refund, new FakeScope(), default);

    private Task<LookUp> LookUpAsync() => Client().LookUpAsync(VendureWorld.Refund, new FakeScope(), default);

    private IVendorClient Client() => new VendureConnector().Connect(Profile, vendor.Client(), new FakeTimeProvider(NetworkFault.Now));
}
