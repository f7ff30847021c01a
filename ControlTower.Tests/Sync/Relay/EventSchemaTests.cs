using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using ControlTower.Data.Canonical;
using ControlTower.Data.EventLog;
using ControlTower.Sync.Flows;
using ControlTower.Sync.Flows.OrderToCash;
using ControlTower.Sync.Relay;
using ControlTower.Tests.Support;
using ControlTower.Tests.Sync.Flows.OrderToCash;
using ControlTower.Tests.Sync.Flows.ReturnToRefund;
using Xunit;
using static ControlTower.Tests.Sync.Flows.OrderToCash.Sample;

namespace ControlTower.Tests.Sync.Relay;

/// <summary>What is published under docs/events is what is sent, and stays what it is. CT_REWRITE_GOLDENS=1 writes what may change, and nothing that would break a receiver.</summary>
public sealed class EventSchemaTests
{
    private const string Advice = "Receivers rely on it. Leave this version as it is and add the next one to EventTypes beside it";
    private static readonly string Folder = Path.Combine(Repository.Root, "docs", "events");
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    [Fact]
    public void Every_event_that_a_flow_can_write_is_published_and_nothing_that_none_can()
    {
        var written = Literals().Where(text => Regex.IsMatch(text, @"\A(order|return|journal)\.[a-z-]+\z", RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(1))).ToHashSet(StringComparer.Ordinal);
        Assert.Equal(written.Order(StringComparer.Ordinal), EventTypes.All.Where(type => type != EventTypes.Test).Select(type => type.Name).Order(StringComparer.Ordinal));
        Assert.Equal(EventTypes.All.Count, EventTypes.All.Select(type => type.Type).Distinct(StringComparer.Ordinal).Count());
    }

    [Fact]
    public void The_published_schemas_are_those_of_what_is_sent_and_none_of_them_breaks()
    {
        var files = Directory.Exists(Folder) ? Directory.EnumerateFiles(Folder, "*.schema.json").ToDictionary(TypeOf, File.ReadAllText, StringComparer.Ordinal) : [];
        var breaks = files.SelectMany(file => EventTypes.Find(file.Key) is { } type
            ? JsonSchemas.Breaks(JsonNode.Parse(file.Value)!.AsObject(), EventSchemas.Of(type)).Select(what => $"{file.Key}{what}")
            : [$"{file.Key} is gone"]).ToList();
        Assert.True(breaks.Count == 0, $"{string.Join('\n', breaks)}\n{Advice}.");
        if (Environment.GetEnvironmentVariable("CT_REWRITE_GOLDENS") == "1")
        {
            Directory.CreateDirectory(Folder);
            foreach (var type in EventTypes.All)
            {
                File.WriteAllText(Path.Combine(Folder, $"{type.Type}.schema.json"), Text(type));
                files[type.Type] = Text(type);
            }
        }

        Assert.All(EventTypes.All, type => Assert.Equal(Text(type), files.GetValueOrDefault(type.Type)));
    }

    [Theory]
    [InlineData("""{"properties":{"data":{"properties":{"stage":null}}}}""", "/data/stage is gone")]
    [InlineData("""{"properties":{"data":{"properties":{"flow":{"type":"string"}}}}}""", "/data/flow is of another type: string, was integer")]
    [InlineData("""{"properties":{"data":{"properties":{"sourceId":{"type":"string"}}}}}""", "/data/sourceId is of another type: string, was string or null")]
    [InlineData("""{"properties":{"data":{"required":["flow","kind","brand","source","sourceId","step","stage","reference"]}}}""", "/data/reference is newly required")]
    [InlineData("""{"properties":{"data":{"required":["flow","kind","brand","source","sourceId","stage"]}}}""", "/data/step may be missing now")]
    [InlineData("""{"properties":{"data":{"properties":{"stage":{"enum":["captured"]}}}}}""", "/data/stage is never \"checked\" any more")]
    [InlineData("""{"properties":{"type":{"const":"controltower.order.sold.v1"}}}""", "/type has another const")]
    [InlineData("""{"properties":{"data":{"properties":{"weight":{"type":"number"}},"required":["flow","kind","brand","source","sourceId","step","stage","weight"]}}}""", null)]
    public void A_change_that_would_break_a_receiver_is_named_and_an_addition_is_none(string change, string? named)
    {
        var old = EventSchemas.Of(EventTypes.Find("controltower.order.posted.v1")!);
        var breaks = JsonSchemas.Breaks(old, Changed(old, JsonNode.Parse(change)!.AsObject()));
        if (named is null)
        {
            Assert.Empty(breaks);
        }
        else
        {
            Assert.Contains(named, breaks);
        }
    }

    [Fact]
    public void What_orders_returns_and_entries_live_through_is_sent_as_the_schemas_say()
    {
        var sent = Lived().Select((fact, i) => CloudEventJson.Write(CloudEvent.Of(
            new LoggedEvent(new LogPosition(1, i), 5, fact.Flow, "shop", i % 2 == 0 ? "5001" : "Ada Lind", "brand", i + 1, fact.What.Type, fact.What.Stage, fact.What.System, fact.What.Reference, fact.What.Detail, Start, i % 3 == 0 ? "trace-1" : null),
            "/controltower"))).ToList();
        Assert.InRange(sent.Select(body => Type(body)).Distinct(StringComparer.Ordinal).Count(), 20, 100);
        Assert.All(sent, body => Assert.Equal([], JsonSchemas.Objections(EventSchemas.Of(EventTypes.Find(Type(body))!), JsonNode.Parse(body))));
        var spoilt = JsonNode.Parse(sent[0])!.AsObject();
        spoilt["data"]!["stage"] = "lost";
        spoilt.Remove("subject");
        Assert.Equal(["/subject: is missing", "/data/stage: is not listed"], JsonSchemas.Objections(EventSchemas.Of(EventTypes.Find(Type(sent[0]))!), spoilt));
    }

    private static IEnumerable<(string Flow, Fact What)> Lived()
    {
        var order = FlowBench.Posted(Order(payment: PaymentState.Paid));
        order.Deliver(DeliveryKind.AcknowledgeOrder);
        order.Tell(FromErp(order.SalesOrder, "S1", false, new ShipmentLine("TEE", 2)));
        order.Tell(FromErp(order.SalesOrder, "S2", true, new ShipmentLine("CAP", 1)));
        order.Tell(Invoiced(order.SalesOrder, 62.40m, 62.40m));
        while (order.Open.Count > 0)
        {
            order.Feed(order.Settled(order.Open.Keys.First(), ("total", "62.40")));
        }

        var refused = FlowBench.Started(Order(payment: PaymentState.Paid));
        refused.Refuse(DeliveryKind.PostSalesOrder);
        refused.Tell(CancelledAt(2));
        var held = FlowBench.Started(Order() with { Test = true });
        var back = new ReturnBench();
        back.Tell(ReturnBench.Wish());
        back.Tell(ReturnBench.Received());
        back.Tell(ReturnBench.Inspected());
        back.Deliver(DeliveryKind.PostCreditMemo, "CM-1");
        back.Deliver(DeliveryKind.RefundPayment);
        return [
            .. new[] { order, refused, held }.SelectMany(bench => bench.Facts).Select(fact => (OrderToCashFlow.Name, fact)),
            .. back.Facts.Select(fact => (ControlTower.Sync.Flows.ReturnToRefund.ReturnToRefundFlow.Name, fact)),
            (ControlTower.Sync.Flows.JournalToBooks.JournalToBooksFlow.Name, new Fact("journal.asked", "asked", null, "J-1", "Ada")),
        ];
    }

    private static string Type(byte[] body) => JsonNode.Parse(body)!["type"]!.GetValue<string>();

    private static string TypeOf(string file) => Path.GetFileName(file)[..^".schema.json".Length];

    private static string Text(EventType type) => EventSchemas.Of(type).ToJsonString(Indented) + "\n";

    // As a merge patch does: null takes out.
    private static JsonObject Changed(JsonObject schema, JsonObject change)
    {
        var changed = schema.DeepClone().AsObject();
        foreach (var (name, value) in change)
        {
            if (value is null)
            {
                changed.Remove(name);
            }
            else
            {
                changed[name] = value is JsonObject inner && changed[name] is JsonObject old ? Changed(old, inner) : value.DeepClone();
            }
        }

        return changed;
    }

    // Names of events are constants in the flows: what their compiled methods load as text tells them all.
    private static IEnumerable<string> Literals()
    {
        const byte LoadText = 0x72;
        using var file = new PEReader(File.OpenRead(typeof(EventTypes).Assembly.Location));
        var metadata = file.GetMetadataReader();
        foreach (var method in metadata.MethodDefinitions.Select(metadata.GetMethodDefinition).Where(method => method.RelativeVirtualAddress != 0 && RoomOf(metadata, method.GetDeclaringType()).StartsWith("ControlTower.Sync.Flows", StringComparison.Ordinal)))
        {
            var code = file.GetMethodBody(method.RelativeVirtualAddress).GetILBytes()!;
            for (var i = 0; i + 5 <= code.Length; i++)
            {
                if (code[i] == LoadText && BitConverter.ToInt32(code, i + 1) is var token && token >> 24 == 0x70 && (token & 0xffffff) < metadata.GetHeapSize(HeapIndex.UserString))
                {
                    yield return metadata.GetUserString(MetadataTokens.UserStringHandle(token & 0xffffff));
                }
            }
        }
    }

    private static string RoomOf(MetadataReader metadata, TypeDefinitionHandle handle)
    {
        var type = metadata.GetTypeDefinition(handle);
        return type.IsNested ? RoomOf(metadata, type.GetDeclaringType()) : metadata.GetString(type.Namespace);
    }
}
