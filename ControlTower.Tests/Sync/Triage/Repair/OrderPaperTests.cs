using System.Text;
using System.Text.Json.Nodes;
using ControlTower.Data.Canonical;
using ControlTower.Sync.Triage.Repair;
using ControlTower.Tests.Support;
using Xunit;

namespace ControlTower.Tests.Sync.Triage.Repair;

/// <summary>What an edited document may be, judged without a database.</summary>
public sealed class OrderPaperTests
{
    private const string Wild = "{}[]\",:\\0aZ\u0001\ud800\ufffd\n ";

    private static readonly string Body = RepairWorld.Canonical(EngineWorld.Order("1", quantity: 2) with
    {
        Shipping = [new ShippingLine("std", "Standard", 0m, 0m, [])],
        Tenders = [new Tender("t1", "card", 238m, TenderKind.Sale, new DateTimeOffset(2026, 11, 23, 10, 0, 0, TimeSpan.Zero))],
        Buyer = new Buyer("c1", "Test Buyer", "buyer@example.test", null, new PostalAddress("B", "1", null, "Berlin", null, "10115", "DE"), null),
    });

    [Fact]
    public void An_unchanged_document_reads_as_unchanged()
    {
        var reading = OrderPaper.Read(OrderPaper.Text(Body), Body, 0);
        Assert.Empty(reading.Problems);
        Assert.Empty(reading.Changes);
        Assert.Equal(Body, reading.Body);
    }

    [Theory]
    [InlineData("", "", "not JSON")]
    [InlineData("{", "", "not JSON")]
    [InlineData("[]", "", "must be an object")]
    [InlineData("null", "", "must be an object")]
    [InlineData("\"order\"", "", "must be an object")]
    [InlineData("{} {}", "", "not JSON")]
    [InlineData("{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":1}}}}}}}}}}}}}}}}}", "", "nested more deeply")]
    [InlineData("{}", "key", "is missing")]
    public void What_is_no_order_is_refused_by_name(string text, string path, string words)
    {
        var reading = OrderPaper.Read(text, Body, 0);
        Assert.Null(reading.Body);
        Assert.Contains(reading.Problems, p => p.Path == path && p.Message.Contains(words, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("\"sku\": \"SKU-1\"", "\"sku\": 5", "lines[0].sku", "must be text")]
    [InlineData("\"sku\": \"SKU-1\"", "\"sku\": null", "lines[0].sku", "must not be empty")]
    [InlineData("\"sku\": \"SKU-1\"", "\"sku\": \"A\", \"sku\": \"B\"", "lines[0].sku", "written twice")]
    [InlineData("\"sku\": \"SKU-1\"", "\"sku\": \"A\", \"taxCode\": \"B\"", "lines[0].taxCode", "is no field")]
    [InlineData("\"sku\": \"SKU-1\"", "\"sku\": \"A\", \"net\": 238", "lines[0].net", "is no field")]
    [InlineData("\"sku\": \"SKU-1\"", "\"sku\": \"A\\u0000B\"", "lines[0].sku", "control character")]
    [InlineData("\"sku\": \"SKU-1\"", "\"sku\": \"A\\nB\"", "lines[0].sku", "control character")]
    [InlineData("\"sku\": \"SKU-1\"", "\"sku\": \"\\ud800\"", "lines[0].sku", "half of a character")]
    [InlineData("\"sku\": \"SKU-1\"", "\"sku\": \" \"", "lines.sku", "no SKU")]
    [InlineData("\"unitPrice\": 119", "\"unitPrice\": \"119\"", "lines[0].unitPrice", "must be a number")]
    [InlineData("\"unitPrice\": 119", "\"unitPrice\": 1e400", "lines[0].unitPrice", "larger or finer")]
    [InlineData("\"unitPrice\": 119", "\"unitPrice\": 118", "totals.total", "differs by 2")]
    [InlineData("\"fulfilment\": \"Ship\"", "\"fulfilment\": \"Fly\"", "fulfilment", "must be one of")]
    [InlineData("\"fulfilment\": \"Ship\"", "\"fulfilment\": 0", "fulfilment", "must be")]
    [InlineData("\"lines\": [", "\"lines\": [7,", "lines[0]", "must be an object")]
    [InlineData("\"code\": \"std\"", "\"code\": true", "shipping[0].code", "must be text")]
    public void A_slip_is_told_at_its_field(string before, string after, string path, string words)
    {
        var text = OrderPaper.Text(Body);
        Assert.Contains(before, text);
        var at = text.IndexOf(before, StringComparison.Ordinal);

        var reading = OrderPaper.Read(text[..at] + after + text[(at + before.Length)..], Body, 0);

        Assert.Null(reading.Body);
        Assert.Contains(reading.Problems, p => p.Path == path && p.Message.Contains(words, StringComparison.Ordinal));
    }

    [Fact]
    public void A_document_that_is_too_large_is_refused_before_it_is_read()
    {
        var reading = OrderPaper.Read(new string(' ', OrderPaper.Largest) + OrderPaper.Text(Body), Body, 0);
        Assert.Contains("larger than 256 KB", Assert.Single(reading.Problems).Message);
    }

    [Theory]
    [InlineData("key")]
    [InlineData("name")]
    [InlineData("brand")]
    [InlineData("version")]
    [InlineData("placedAt")]
    [InlineData("currency")]
    [InlineData("taxesIncluded")]
    [InlineData("payment")]
    [InlineData("tenders")]
    [InlineData("fulfilment")]
    [InlineData("test")]
    [InlineData("cancelledAt")]
    [InlineData("cancelReason")]
    [InlineData("lines[*].id")]
    [InlineData("lines[*].quantity")]
    [InlineData("lines[*].requiresShipping")]
    public void These_are_locked_and_every_field_in_them(string part)
    {
        var fields = OrderSchema.Fields.Where(f => f.Path == part || f.Path.StartsWith(part + ".", StringComparison.Ordinal) || f.Path.StartsWith(part + "[", StringComparison.Ordinal)).ToList();
        Assert.NotEmpty(fields);
        Assert.All(fields, f => Assert.NotNull(f.Locked));
        Assert.All(fields, f => Assert.NotNull(RepairRule.Of(RepairOperation.Set, f.Path, [("", "1")]).Problem));
    }

    [Fact]
    public void Whatever_is_done_to_a_document_its_identity_never_changes()
    {
        // Each run changes some places of a real document at random: a leaf, a member, an element. Whatever is taken has the same identity, the same lines and sums that agree.
        var identity = Identity(OrderPaper.Stored(Body));
        int taken = 0, locked = 0;
        Seeds.Run(2_000, seed =>
        {
            var random = new Random(seed);
            var document = JsonNode.Parse(OrderPaper.Text(Body))!.AsObject();
            for (var i = random.Next(1, 4); i > 0; i--)
            {
                Spoil(document, random);
            }

            var reading = OrderPaper.Read(document.ToJsonString(), Body, 0);
            Assert.NotEqual(reading.Body is null, reading.Problems.Count == 0);
            if (reading.Problems.Any(p => p.Locked))
            {
                Interlocked.Increment(ref locked);
            }

            if (reading.Body is not null)
            {
                Interlocked.Increment(ref taken);
                var order = OrderPaper.Stored(reading.Body);
                Assert.True(Identity(order) == identity, document.ToJsonString());
                Assert.Equal(order.Totals.Total, order.Lines.Sum(l => l.Net) + order.Shipping.Sum(s => s.Net));
                Assert.DoesNotContain(reading.Changes, c => OrderSchema.LockOf(c.Path) is not null);
            }
        });
        Assert.True(taken > 20 && locked > 20, $"{taken} taken, {locked} locked");
    }

    [Fact]
    public void Whatever_bytes_come_nothing_throws()
    {
        var text = OrderPaper.Text(Body);
        Seeds.Run(2_000, seed =>
        {
            var random = new Random(seed);
            var spoilt = new StringBuilder(text);
            for (var i = random.Next(1, 6); i > 0; i--)
            {
                spoilt[random.Next(spoilt.Length)] = Wild[random.Next(Wild.Length)];
            }

            var reading = OrderPaper.Read(spoilt.ToString(), Body, 0);
            Assert.NotEqual(reading.Body is null, reading.Problems.Count == 0);
        });
    }

    private static string Identity(Order o) => string.Join('|', o.Key, o.Name, o.Brand, o.Version, o.PlacedAt, o.Currency, o.TaxesIncluded, o.Payment, o.Fulfilment, o.Test, o.CancelledAt,
        string.Join(',', o.Lines.Select(l => $"{l.Id}x{l.Quantity}{l.RequiresShipping}")), string.Join(',', o.Tenders));

    private static void Spoil(JsonObject document, Random random)
    {
        JsonNode node = document;
        while (true)
        {
            if (node is JsonArray { Count: > 0 } list)
            {
                var at = random.Next(list.Count);
                switch (random.Next(8))
                {
                    case 0:
                        list.RemoveAt(at);
                        return;
                    case 1:
                        list.Add(list[at]!.DeepClone());
                        return;
                }

                if (list[at] is not { } inner)
                {
                    return;
                }

                node = inner;
            }
            else if (node is JsonObject { Count: > 0 } members)
            {
                var name = members.ElementAt(random.Next(members.Count)).Key;
                if (members[name] is JsonObject or JsonArray && random.Next(6) > 0)
                {
                    node = members[name]!;
                    continue;
                }

                members[name] = random.Next(9) switch
                {
                    0 => null,
                    1 => JsonValue.Create(random.Next(-5, 500)),
                    2 => JsonValue.Create(random.NextDouble()),
                    3 => JsonValue.Create(true),
                    4 => new JsonArray(),
                    _ => JsonValue.Create("text " + random.Next(10)),
                };
                return;
            }
            else
            {
                return;
            }
        }
    }
}
