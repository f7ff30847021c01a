using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using ControlTower.Data.Canonical;
using ControlTower.Sync.Connectors;
using Xunit;

namespace ControlTower.Tests.Conformance.Vendure;

/// <summary>As much of a Vendure shop as refunds, stock and prices need: one order with its payments, one variant at two locations, prices of two.</summary>
internal sealed class VendureWorld
{
    public static readonly OrderKey Order = new("shop", "87");

    public static readonly PostingKey Key = PostingKey.Derive("B", Order, "ABC", "refund");

    private string? lost;

    public static RefundPayment Refund { get; } = new(Key, Order, new Money(12.34m, "EUR"), [new CreditLine("171", "A", "Thing", 1, 12.34m, 12.34m, [])]);

    public static ChangeStock Stock { get; } = new(Key, [new StockChange("A", "EU-BER1", -2, From: 7), new StockChange("A", "EU-PAR1", 3, From: 0)], NetworkFault.Now);

    /// <summary>Refunds of each payment; payments are of 10.00 and 30.00.</summary>
    public List<List<JsonObject>> Refunds { get; } = [[], []];

    /// <summary>Lines that refunds named.</summary>
    public List<(string Line, int Quantity)> Lines { get; } = [];

    /// <summary>State and number that a payment method gives a new refund.</summary>
    public (string State, string Number) Handler { get; set; } = ("Settled", "re_1");

    /// <summary>On hand and allocated by location.</summary>
    public Dictionary<string, (int OnHand, int Allocated)> Levels { get; } = new() { ["1"] = (9, 2), ["2"] = (1, 1) };

    /// <summary>A location whose allocation the shop states so; null where it states none.</summary>
    public (string Location, string? Allocated) Odd { get; set; }

    /// <summary>Prices by variant and currency.</summary>
    public Dictionary<(string Variant, string Currency), long> Prices { get; } = new() { [("7", "EUR")] = 1000, [("7", "USD")] = 1200, [("8", "EUR")] = 2000 };

    public bool PricesIncludeTax { get; set; } = true;

    /// <summary>The answer to the next call of this operation gets lost after it was carried out.</summary>
    public void Lose(string operation) => lost = operation;

    public FakeVendor Vendor() => new(request =>
    {
        var operation = request.Json.GetProperty("query").GetString()!.Split(' ', '(')[1];
        var data = Answer(operation, request.Json.GetProperty("variables"));
        if (operation == lost)
        {
            lost = null;
            throw new HttpRequestException(HttpRequestError.ResponseEnded);
        }

        return FakeVendor.Json($$"""{"data":{{data}}}""");
    });

    private string Answer(string operation, JsonElement variables) => operation switch
    {
        "Refundable" => new JsonObject
        {
            ["order"] = new JsonObject { ["id"] = "87", ["code"] = "ABC", ["state"] = "Delivered", ["payments"] = new JsonArray(Payment("86", 1000, 0), Payment("88", 3000, 1)) },
        }.ToJsonString(),
        "Refund" => Pay(variables.GetProperty("input")),
        "SettleRefund" => Settle(variables.GetProperty("input").GetProperty("id").GetString()!),
        "StockLevels" => new JsonObject { ["productVariants"] = new JsonObject { ["items"] = new JsonArray(Variant()) } }.ToJsonString(),
        "SetStock" => Set(variables.GetProperty("input")),
        "Prices" => new JsonObject
        {
            ["activeChannel"] = new JsonObject { ["pricesIncludeTax"] = PricesIncludeTax }, ["productVariants"] = new JsonObject { ["items"] = new JsonArray([.. Priced(variables.GetProperty("options"))]) },
        }.ToJsonString(),
        "SetPrices" => Price(variables.GetProperty("input")),
        _ => throw new InvalidOperationException($"Nothing is scripted for {operation}."),
    };

    private IEnumerable<JsonObject> Priced(JsonElement options)
    {
        var wanted = options.Items("filter", "id", "in").Select(i => i.Text()).ToList();
        return Prices.GroupBy(p => p.Key.Variant).Where(g => wanted.Contains(g.Key)).Select(g => new JsonObject
        {
            ["id"] = g.Key, ["prices"] = new JsonArray([.. g.Select(p => new JsonObject { ["currencyCode"] = p.Key.Currency, ["price"] = p.Value })]),
        });
    }

    private string Price(JsonElement input)
    {
        foreach (var (variant, price) in input.EnumerateArray().SelectMany(v => v.Items("prices").Select(p => (v.Text("id")!, p))))
        {
            Prices[(variant, price.Text("currencyCode")!)] = price.GetProperty("price").GetInt64();
        }

        return """{"updateProductVariants":[{"id":"7"}]}""";
    }

    private JsonObject Payment(string id, int amount, int at) => new()
    {
        ["id"] = id, ["createdAt"] = $"2026-11-23T10:00:0{at}.000Z", ["amount"] = amount, ["state"] = "Settled", ["refunds"] = new JsonArray([.. Refunds[at].Select(r => r.DeepClone())]),
    };

    private string Pay(JsonElement input)
    {
        // The server's table refuses them if they are missing, whatever its schema says.
        Assert.Equal((0, 0), (input.GetProperty("shipping").GetInt32(), input.GetProperty("adjustment").GetInt32()));
        Lines.AddRange(input.GetProperty("lines").EnumerateArray().Select(l => (l.GetProperty("orderLineId").GetString()!, l.GetProperty("quantity").GetInt32())));
        var payment = input.GetProperty("paymentId").GetString() == "86" ? 0 : 1;
        var refund = new JsonObject
        {
            ["id"] = (Refunds.Sum(r => r.Count) + 5).ToString(CultureInfo.InvariantCulture), ["total"] = input.GetProperty("amount").GetInt64(), ["state"] = Handler.State,
            ["reason"] = input.GetProperty("reason").GetString(), ["transactionId"] = Handler.Number,
        };
        Refunds[payment].Add(refund);
        return new JsonObject { ["refundOrder"] = refund.DeepClone() }.ToJsonString();
    }

    private string Settle(string id)
    {
        var refund = Refunds.SelectMany(r => r).Single(r => (string)r["id"]! == id);
        refund["state"] = "Settled";
        return new JsonObject { ["settleRefund"] = refund.DeepClone() }.ToJsonString();
    }

    private JsonObject Variant() => new()
    {
        ["id"] = "7", ["sku"] = "A",
        ["stockLevels"] = new JsonArray([.. Levels.Select(l => new JsonObject { ["stockLocationId"] = l.Key, ["stockOnHand"] = l.Value.OnHand, ["stockAllocated"] = l.Key == Odd.Location ? JsonNode.Parse(Odd.Allocated ?? "null") : l.Value.Allocated })]),
    };

    private string Set(JsonElement input)
    {
        foreach (var level in input[0].GetProperty("stockLevels").EnumerateArray())
        {
            var location = level.GetProperty("stockLocationId").GetString()!;
            Levels[location] = (level.GetProperty("stockOnHand").GetInt32(), Levels[location].Allocated);
        }

        return """{"updateProductVariants":[{"id":"7"}]}""";
    }
}
