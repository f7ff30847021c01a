using System.Globalization;
using System.Text.Json;
using ControlTower.Data.Canonical;
using ControlTower.Sync.Connectors;
using ControlTower.Sync.Connectors.Tryton;
using ControlTower.Tests.Support;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace ControlTower.Tests.Conformance.Tryton;

/// <summary>List prices of Tryton's products, which variants of one template share.</summary>
public sealed class TrytonPriceTests : IDisposable
{
    private readonly TrytonConnector connector = new();
    private readonly Shelf shelf = new();
    private readonly FakeVendor vendor;

    public TrytonPriceTests() => vendor = shelf.Vendor();

    public static SetPrices Command { get; } = new(new PostingKey("RELEASE-1"), [Move("SOLO", 10m, 7.5m), Move("TEE-M", 20m, 15m), Move("TEE-L", 20m, 15m)]);

    [Fact]
    public async Task A_template_is_written_once_over_the_state_that_was_read_and_all_of_a_command_in_one_call()
    {
        Assert.True(Client().IsRepeatable(Command));
        Assert.IsType<LookUp.Absent>(await LookUpAsync());
        Assert.IsType<Outcome.Accepted>(await SendAsync(Command));
        Assert.Equal([7.5m, 15m], shelf.Prices.Values);
        var write = Assert.Single(vendor.Requests, r => r.Body.Contains(".write", StringComparison.Ordinal)).Json.GetProperty("params");
        Assert.Equal("""[[1],{"list_price":{"__class__":"Decimal","decimal":"7.5"}},[2],{"list_price":{"__class__":"Decimal","decimal":"15"}}]""", $"[{string.Join(',', write.EnumerateArray().Take(4).Select(p => p.GetRawText()))}]");
        Assert.Equal("""{"product.template,1":"1.0","product.template,2":"1.0"}""", write[4].GetProperty("_timestamp").GetRawText());
        Assert.IsType<LookUp.Found>(await LookUpAsync());
        Assert.IsType<Outcome.Accepted>(await SendAsync(Command));
        Assert.Equal(1, shelf.Writes);
    }

    [Fact]
    public async Task A_write_whose_answer_was_lost_is_found_and_may_be_sent_again()
    {
        shelf.LoseNext = true;
        Assert.IsType<Outcome.Unknown>(await SendAsync(Command));
        Assert.IsType<LookUp.Found>(await LookUpAsync());
        Assert.IsType<Outcome.Accepted>(await SendAsync(Command));
        Assert.Equal(1, shelf.Writes);
    }

    [Theory]
    [InlineData("SOLO", "", 11, SetPrices.Stale)]
    [InlineData("GONE", "", 10, "unknown-item")]
    [InlineData("TWICE", "", 10, "unknown-item")]
    [InlineData("SOLO", "WEB", 10, "no-places")]
    [InlineData("TEE-M", "", 20, "shared-price")]
    public async Task What_cannot_be_set_is_named_by_its_number_and_nothing_of_the_command_is_written(string item, string place, int from, string code)
    {
        var bad = Move(item, from, 1m);
        var refused = Assert.IsType<Outcome.Refused>(await SendAsync(Command with { Moves = [Move("SOLO", 10m, 7.5m), bad with { Spot = bad.Spot with { Place = place } }] }));
        Assert.Equal((code, "changes.1"), (refused.Code, refused.Field));
        Assert.Equal(0, shelf.Writes);
    }

    [Fact]
    public async Task Variants_that_share_a_price_are_not_set_to_different_ones()
    {
        var refused = Assert.IsType<Outcome.Refused>(await SendAsync(Command with { Moves = [Move("TEE-M", 20m, 15m), Move("TEE-L", 20m, 16m)] }));
        Assert.Equal("shared-price", refused.Code);
        Assert.Equal(0, shelf.Writes);
    }

    [Fact]
    public async Task What_somebody_changed_between_look_and_write_is_looked_at_again()
    {
        shelf.Stamp = "2.0";
        Assert.IsType<Outcome.NotDone>(await SendAsync(Command));
        Assert.Equal([10m, 20m], shelf.Prices.Values);
    }

    [Fact]
    public async Task Prices_are_in_the_currency_of_the_company_and_read_as_Tryton_tells_them()
    {
        var list = Assert.IsType<PricesAnswer.Prices>(await Client().PricesAsync([At("TEE-L"), At("TEE-L") with { Currency = "USD" }, At("GONE")], new FakeScope(), default)).List;
        Assert.Equal([(true, 20m), (true, null), (false, null)], list.Select(s => (s.IsListed, s.Own?.Amount)));

        shelf.Recorded = GoldenFiles.Lines("Vendor", "tryton-6.0", "products.jsonl")[0];
        var real = JsonDocument.Parse(shelf.Recorded).RootElement;
        var shown = Assert.Single(Assert.IsType<PricesAnswer.Prices>(await Client().PricesAsync([At(real.Text("code")!)], new FakeScope(), default)).List);
        Assert.Equal(real.Amount("list_price", "decimal"), shown.Own!.Amount);
    }

    public void Dispose() => connector.Dispose();

    private static PriceSpot At(string code) => new(code, "", "EUR");

    private static PriceMove Move(string code, decimal from, decimal to) => new(At(code), new PriceTag(from), new PriceTag(to), false);

    private static ConnectionProfile Profile => new(
        "erp", "tryton", "ERP", "B", null, "EUR", "UTC", null,
        new Dictionary<string, string> { ["baseUrl"] = "https://erp.test", ["database"] = "db", ["user"] = "admin" }, new Dictionary<string, string> { ["password"] = "p" });

    private Task<Outcome> SendAsync(SetPrices command) => Client().SendAsync(command, new FakeScope(), default);

    private Task<LookUp> LookUpAsync() => Client().LookUpAsync(Command, new FakeScope(), default);

    private IVendorClient Client() => connector.Connect(Profile, vendor.Client(), new FakeTimeProvider(NetworkFault.Now));

    /// <summary>Two templates: one with a product of its own, one that two products share. A code that two products have is not told apart.</summary>
    internal sealed class Shelf
    {
        private static readonly (string Code, int Template)[] Products = [("SOLO", 1), ("TEE-M", 2), ("TEE-L", 2), ("TWICE", 1), ("TWICE", 2)];

        public Dictionary<int, decimal> Prices { get; } = new() { [1] = 10m, [2] = 20m };

        /// <summary>The state that templates are in when they are written.</summary>
        public string Stamp { get; set; } = "1.0";

        public bool LoseNext { get; set; }

        public int Writes { get; private set; }

        /// <summary>A product as a real Tryton told it.</summary>
        public string? Recorded { get; set; }

        public FakeVendor Vendor() => new(request =>
        {
            var answer = Answer(request.Json);
            if (LoseNext && request.Body.Contains(".write", StringComparison.Ordinal))
            {
                LoseNext = false;
                throw new HttpRequestException(HttpRequestError.ResponseEnded);
            }

            return FakeVendor.Json($$"""{"id":1,{{answer}} }""");
        });

        private string Answer(JsonElement call) => call.GetProperty("method").GetString() switch
        {
            "common.db.login" => "\"result\":[1,\"s\"]",
            "model.res.user.get_preferences" => """
                "result":{"company":1,"language":"en"}
                """,
            "model.company.company.search_read" => """
                "result":[{"id":1,"currency.":{"id":1,"code":"EUR"}}]
                """,
            "model.product.product.search_read" => $"\"result\":[{Recorded ?? string.Join(',', Rows(call.GetProperty("params")[0][0][2]))}]",
            "model.product.template.write" => Write(call.GetProperty("params")),
            var method => throw new InvalidOperationException($"Nothing is scripted for {method}."),
        };

        private IEnumerable<string> Rows(JsonElement codes)
        {
            var wanted = codes.EnumerateArray().Select(c => c.GetString()).ToList();
            return Products.Index().Where(p => wanted.Contains(p.Item.Code)).Select(p => $$$"""
                {"id":{{{p.Index + 1}}},"code":"{{{p.Item.Code}}}","list_price":{"__class__":"Decimal","decimal":"{{{Prices[p.Item.Template].ToString(CultureInfo.InvariantCulture)}}}"},"template":{{{p.Item.Template}}},
                 "template.":{"id":{{{p.Item.Template}}},"_timestamp":"1.0","products":{{{(p.Item.Template == 1 ? "[1]" : "[2,3]")}}}}}
                """);
        }

        private string Write(JsonElement given)
        {
            if (given[given.GetArrayLength() - 1].GetProperty("_timestamp").EnumerateObject().Any(t => t.Value.GetString() != Stamp))
            {
                return """
                    "error":["ConcurrencyException","Records were modified in the meanwhile"]
                    """;
            }

            Writes++;
            for (var at = 0; at + 1 < given.GetArrayLength(); at += 2)
            {
                Prices[given[at][0].GetInt32()] = given[at + 1].Amount("list_price", "decimal")!.Value;
            }

            return "\"result\":null";
        }
    }
}
