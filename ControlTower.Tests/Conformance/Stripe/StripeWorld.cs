using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using ControlTower.Data.Canonical;
using ControlTower.Sync.Connectors;
using ControlTower.Sync.Connectors.Stripe;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace ControlTower.Tests.Conformance.Stripe;

/// <summary>An account made of the vendor's own fixtures, each changed where a test needs it.</summary>
internal sealed class StripeWorld
{
    public const string Webhook = "whsec_the_signing_secret_of_today";
    public const string Previous = "whsec_the_signing_secret_before";

    private readonly List<(JsonObject Entry, string? Payout)> entries = [];
    private readonly List<JsonObject> payouts = [];

    public StripeWorld() => Vendor = new FakeVendor(Answer);

    public static ConnectionProfile Profile { get; } = new(
        "cards", "stripe", "Cards", "B", null, "USD", "UTC", null, new Dictionary<string, string>(StringComparer.Ordinal),
        new Dictionary<string, string>(StringComparer.Ordinal) { ["secretKey"] = "rk_test_of_the_account", ["webhookSecret"] = Webhook, ["previousWebhookSecret"] = Previous });

    public FakeVendor Vendor { get; }

    public int PageSize { get; set; } = 100;

    public static byte[] Event(string type = "payout.paid", string id = "evt_1", string payout = "po_1")
    {
        var made = Of("event");
        (made["id"], made["type"], made["data"]) = (id, type, new JsonObject { ["object"] = Changed("payout", p => p["id"] = payout) });
        return Encoding.UTF8.GetBytes(made.ToJsonString());
    }

    public static string Sealed(byte[] body, string secret, DateTimeOffset at)
    {
        var seconds = at.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        byte[] whole = [.. Encoding.UTF8.GetBytes($"{seconds}."), .. body];
        return $"t={seconds},v1={Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), whole))}";
    }

    public static JsonObject Of(string resource) => JsonNode.Parse(StripeSchema.Fixture(resource).GetRawText())!.AsObject();

    public static JsonObject Changed(string resource, Action<JsonObject> change)
    {
        var made = Of(resource);
        change(made);
        return made;
    }

    public StripeWorld Moves(string id, long amount, long fee, string category, JsonNode? source, string currency = "usd", string? payout = null)
    {
        entries.Add((Changed("balance_transaction", t =>
        {
            (t["id"], t["amount"], t["fee"], t["net"]) = (id, amount, fee, amount - fee);
            (t["reporting_category"], t["currency"], t["source"], t["created"]) = (category, currency, source, 1_790_000_000);
        }), payout));
        return this;
    }

    public StripeWorld PaysOut(string id, long amount, string status = "paid", Action<JsonObject>? change = null)
    {
        payouts.Add(Changed("payout", p =>
        {
            (p["id"], p["amount"], p["status"], p["created"], p["arrival_date"]) = (id, amount, status, 1_795_000_000, 1_795_086_400);
            change?.Invoke(p);
        }));
        return this;
    }

    public IVendorClient Client() => new StripeConnector().Connect(Profile, Vendor.Client(), new FakeTimeProvider(NetworkFault.Now));

    /// <summary>All lines of one run of a feed, and where it ended.</summary>
    public async Task<(List<MoneyLine> Lines, string? Cursor)> RunAsync(string feed, string? cursor = null)
    {
        var (lines, client) = (new List<MoneyLine>(), Client());
        var plan = new StripeConnector().Feeds(Profile).Single(f => f.Feed == feed);
        for (var reads = 0; reads < 50; reads++)
        {
            var page = Assert.IsType<FeedAnswer.Statement>(await client.ReadAsync(new FeedRequest(feed, cursor, DateTimeOffset.FromUnixTimeSeconds(1_790_000_000), plan.Overlap), new FakeScope(), CancellationToken.None));
            lines.AddRange(page.Lines);
            cursor = page.Cursor;
            if (!page.More)
            {
                return (lines, cursor);
            }
        }

        throw new InvalidOperationException("The run has no end.");
    }

    private HttpResponseMessage Answer(VendorRequest request)
    {
        var query = System.Web.HttpUtility.ParseQueryString(request.Address.Query);
        return request.Address.AbsolutePath.Split('/')[2..] switch
        {
            ["balance"] => FakeVendor.Json(StripeSchema.Fixture("balance").GetRawText()),
            ["balance_transactions"] => List(entries.Where(e => query["payout"] is not { } payout || e.Payout == payout).Select(e => e.Entry), query),
            ["balance_transactions", var id] => FakeVendor.Json(entries.Single(e => (string?)e.Entry["id"] == id).Entry.ToJsonString()),
            ["payouts"] => List(payouts, query),
            ["payouts", var id] when payouts.FirstOrDefault(p => (string?)p["id"] == id) is { } found => FakeVendor.Json(found.ToJsonString()),
            _ => FakeVendor.Json("""{"error":{"type":"invalid_request_error","code":"resource_missing","message":"No such payout","param":"payout"}}""", System.Net.HttpStatusCode.NotFound),
        };
    }

    private HttpResponseMessage List(IEnumerable<JsonObject> all, System.Collections.Specialized.NameValueCollection query)
    {
        var rest = query["starting_after"] is { } after ? [.. all.SkipWhile(o => (string?)o["id"] != after).Skip(1)] : all.ToList();
        var limit = Math.Min(PageSize, int.Parse(query["limit"]!, CultureInfo.InvariantCulture));
        return FakeVendor.Json(JsonSerializer.Serialize(new { @object = "list", has_more = rest.Count > limit, data = rest.Take(limit) }));
    }
}
