using System.Text.Json;
using System.Text.Json.Nodes;
using ControlTower.Data.Canonical;
using ControlTower.Sync.Connectors;
using ControlTower.Sync.Connectors.Vendure;
using ControlTower.Tests.Support;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace ControlTower.Tests.Conformance.Vendure;

/// <summary>Promotions of a Vendure shop, found again by their mark.</summary>
public sealed class VendurePromotionTests
{
    private static readonly PublishedSchema Published = new(() => System.Text.Encoding.UTF8.GetString(GoldenFiles.Bytes("Vendor", "vendure-3.7", "admin-api.graphql")));

    private readonly Shelf shelf = new();
    private readonly FakeVendor vendor;
    private readonly IVendorClient client;

    public VendurePromotionTests()
    {
        vendor = shelf.Vendor();
        client = new VendureConnector().Connect(Profile, vendor.Client(), new FakeTimeProvider(NetworkFault.Now));
    }

    public static SetDiscount Command { get; } = DiscountEstate.On(DiscountEstate.Terms(NetworkFault.Now.AddHours(-1), "7", "12"));

    [Theory]
    [InlineData(DiscountKind.Percent, null)]
    [InlineData(DiscountKind.Percent, "SNOW")]
    [InlineData(DiscountKind.BuyXGetY, null)]
    [InlineData(DiscountKind.BuyXGetY, "SNOW")]
    public async Task Each_kind_stands_once_is_changed_taken_off_and_put_back(DiscountKind kind, string? code)
    {
        var terms = Command.Terms with { Kind = kind, Code = code, Buy = 2, Get = 1, Value = kind == DiscountKind.BuyXGetY ? 100m : 30m };
        await DiscountEstate.StandsAsync(client, terms);
        await DiscountEstate.StandsAsync(client, terms);
        Assert.Equal(1, Writes);
        var changed = terms with { Value = kind == DiscountKind.BuyXGetY ? 100m : 12.5m, Buy = 3, Items = ["12", "9"], EndsAt = null };
        Assert.False((await DiscountEstate.ShownAsync(client, changed)).Agrees);
        await DiscountEstate.StandsAsync(client, changed);
        await DiscountEstate.IsOffAsync(client, changed);
        await DiscountEstate.IsOffAsync(client, changed);
        await DiscountEstate.StandsAsync(client, changed);
        Assert.Single(shelf.Promotions);
        foreach (var request in vendor.Requests)
        {
            Assert.Equal([], await Published.ObjectionsAsync(request.Json.Text("query")!, request.Json.GetProperty("variables").GetRawText()));
        }
    }

    [Fact]
    public async Task What_is_bought_counts_among_what_is_got_so_both_are_asked_for()
    {
        await DiscountEstate.StandsAsync(client, Command.Terms with { Kind = DiscountKind.BuyXGetY, Value = 100m, Buy = 2, Get = 1 });
        Assert.Equal(
            """[{"code":"buy_x_get_y_free","args":[{"name":"amountX","value":"3"},{"name":"variantIdsX","value":"[\"12\",\"7\"]"},{"name":"amountY","value":"1"},{"name":"variantIdsY","value":"[\"12\",\"7\"]"}]}]""",
            shelf.Promotions[0]["conditions"]!.ToJsonString(new JsonSerializerOptions { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }));
    }

    [Fact]
    public async Task A_lost_answer_leaves_one_promotion_and_a_second_is_taken_off()
    {
        shelf.LoseNext = true;
        Assert.IsType<Outcome.Unknown>(await PricingEstate.SendAsync(client, Command));
        await DiscountEstate.StandsAsync(client, Command.Terms);
        Assert.Single(shelf.Promotions);
        var twin = shelf.Promotions[0].DeepClone().AsObject();
        twin["id"] = "99";
        shelf.Promotions.Add(twin);
        Assert.Equal("twice", (await DiscountEstate.ShownAsync(client, Command.Terms)).Differs);
        await DiscountEstate.StandsAsync(client, Command.Terms);
        Assert.Equal([true, false], shelf.Promotions.Select(p => p["enabled"]!.GetValue<bool>()));
    }

    [Fact]
    public async Task Numbers_and_lists_are_the_same_in_another_notation_and_a_longer_mark_is_another()
    {
        await DiscountEstate.StandsAsync(client, Command.Terms);
        shelf.Promotions[0]["actions"]![0]!["args"]![0]!["value"] = "30.0";
        shelf.Promotions[0]["actions"]![0]!["args"]![1]!["value"] = "[7, 12]";
        Assert.True((await DiscountEstate.ShownAsync(client, Command.Terms)).Agrees);
        shelf.Promotions[0]["name"] = "Autumn [R-311] by hand";
        Assert.Null((await DiscountEstate.ShownAsync(client, Command.Terms)).Id);
    }

    [Theory]
    [InlineData(DiscountKind.Amount, 5, "no-amount-off")]
    [InlineData(DiscountKind.BuyXGetY, 50, "free-only")]
    public async Task What_the_shop_cannot_grant_is_refused_before_anything_is_asked(DiscountKind kind, int value, string code)
    {
        var terms = Command.Terms with { Kind = kind, Value = value };
        Assert.Equal(code, Assert.IsType<Outcome.Refused>(await PricingEstate.SendAsync(client, DiscountEstate.On(terms))).Code);
        Assert.Empty(vendor.Requests);
        Assert.IsType<Outcome.Accepted>(await PricingEstate.SendAsync(client, DiscountEstate.Off(terms)));
        Assert.Equal("window-passed", Assert.IsType<Outcome.Refused>(await PricingEstate.SendAsync(client, DiscountEstate.On(Command.Terms with { EndsAt = NetworkFault.Now }))).Code);
    }

    [Fact]
    public async Task A_refusal_in_the_answer_is_one()
    {
        shelf.Refuse = true;
        Assert.Equal("MISSING_CONDITIONS_ERROR", Assert.IsType<Outcome.Refused>(await PricingEstate.SendAsync(client, Command)).Code);
    }

    private static ConnectionProfile Profile => new(
        "shop", "vendure", "Shop", "B", null, "EUR", "UTC", "erp", new Dictionary<string, string> { ["baseUrl"] = "https://shop.test" }, new Dictionary<string, string> { ["apiKey"] = "id:key" });

    private int Writes => vendor.Requests.Count(r => r.Body.Contains("mutation ", StringComparison.Ordinal));

    /// <summary>Keeps promotions as Vendure does.</summary>
    internal sealed class Shelf
    {
        public List<JsonObject> Promotions { get; } = [];

        public bool LoseNext { get; set; }

        public bool Refuse { get; set; }

        public FakeVendor Vendor() => new(request =>
        {
            var operation = request.Json.GetProperty("query").GetString()!.Split(' ', '(')[1];
            var data = Answer(operation, request.Json.GetProperty("variables"));
            if (LoseNext && operation == "CreatePromotion")
            {
                LoseNext = false;
                throw new HttpRequestException(HttpRequestError.ResponseEnded);
            }

            return FakeVendor.Json(new JsonObject { ["data"] = data }.ToJsonString());
        });

        private JsonObject Answer(string operation, JsonElement variables) => operation switch
        {
            "Language" => new JsonObject { ["activeChannel"] = new JsonObject { ["defaultLanguageCode"] = "en" } },
            "Promotions" => new JsonObject { ["promotions"] = new JsonObject { ["items"] = new JsonArray([.. Named(variables.GetProperty("options").Text("filter", "name", "contains")!)]) } },
            "CreatePromotion" when Refuse => new JsonObject { ["createPromotion"] = new JsonObject { ["errorCode"] = "MISSING_CONDITIONS_ERROR", ["message"] = "No." } },
            "CreatePromotion" => new JsonObject { ["createPromotion"] = Write(new JsonObject { ["id"] = "5" }, variables.GetProperty("input"), isNew: true) },
            "UpdatePromotion" => new JsonObject { ["updatePromotion"] = Write(Promotions.Single(p => (string)p["id"]! == variables.Text("input", "id")), variables.GetProperty("input"), isNew: false) },
            _ => throw new InvalidOperationException($"Nothing is scripted for {operation}."),
        };

        private IEnumerable<JsonNode> Named(string part) => Promotions.Where(p => ((string)p["name"]!).Contains(part, StringComparison.OrdinalIgnoreCase)).Select(p => p.DeepClone());

        private JsonObject Write(JsonObject one, JsonElement input, bool isNew)
        {
            foreach (var member in input.EnumerateObject())
            {
                one[member.Name] = JsonNode.Parse(member.Value.GetRawText());
            }

            if (one["translations"] is { } translations)
            {
                one["name"] = translations[0]!["name"]!.DeepClone();
                one.Remove("translations");
            }

            foreach (var rule in new[] { "conditions", "actions" }.SelectMany(r => one[r]!.AsArray()).OfType<JsonObject>().Where(r => r["arguments"] is not null))
            {
                rule["args"] = rule["arguments"]!.DeepClone();
                rule.Remove("arguments");
            }

            if (isNew)
            {
                Promotions.Add(one);
            }

            return new JsonObject { ["id"] = one["id"]!.DeepClone() };
        }
    }
}
