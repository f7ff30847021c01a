using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using ControlTower.Data.Canonical;
using ControlTower.Sync.Flows;
using ControlTower.Sync.Flows.OrderToCash;
using ControlTower.Tests.Support;
using Xunit;
using static ControlTower.Tests.Sync.Flows.OrderToCash.Sample;

namespace ControlTower.Tests.Sync.Flows.OrderToCash;

/// <summary>
/// States as earlier releases stored them, one folder per release under Goldens/OrderToCash. They are never rewritten: an order that was under way when the tower was
/// updated must finish. CT_REWRITE_GOLDENS=1 writes the folder of the release that is being built.
/// </summary>
public sealed class OldStateTests
{
    private const string Release = "0.2";
    private static readonly ShipmentLine[] Everything = [new("TEE", 2), new("CAP", 1)];

    private static readonly Dictionary<string, Func<FlowBench>> Stages = new(StringComparer.Ordinal)
    {
        ["1-held"] = () => FlowBench.Started(Order(payment: PaymentState.Paid) with { Test = true }),
        ["2-short"] = () => Short(),
        ["3-reserved"] = () => FlowBench.Started(Order(payment: PaymentState.Paid)),
        ["4-refused"] = () => With(FlowBench.Started(Order(payment: PaymentState.Paid)), b => b.Refuse(DeliveryKind.PostSalesOrder)),
        ["5-posted"] = () => FlowBench.Posted(Order(payment: PaymentState.Paid)),
        ["6-editing"] = () => With(FlowBench.Posted(Order(payment: PaymentState.Paid, tees: 1)), b => b.Tell(Stated(Order(2, PaymentState.Paid)))),
        ["7-acknowledged"] = () => Acknowledged(),
        ["8-part-shipped"] = () => With(Acknowledged(), b => b.Tell(FromErp(b.SalesOrder, "S1", false, new ShipmentLine("TEE", 2)))),
        ["9-shipped"] = () => With(Acknowledged(), b => b.Tell(FromErp(b.SalesOrder, "S1", true, Everything))),
        ["a-shipped-by-shop"] = () => With(Acknowledged(), b => b.Tell(FromShop("F1", true, Everything))),
        ["b-invoiced"] = () => Invoice(With(Acknowledged(), b => b.Tell(FromErp(b.SalesOrder, "S1", true, Everything)))),
        ["c-cancelling"] = () => With(FlowBench.Posted(), b => b.Tell(CancelledAt(2))),
    };

    [Fact]
    public void The_state_of_every_stage_looks_as_this_release_stores_it()
    {
        foreach (var (name, reach) in Stages)
        {
            var text = Pretty(FlowBench.Json(reach().State!));
            var path = Path.Combine(Goldens(), Release, $"{name}.json");
            if (Environment.GetEnvironmentVariable("CT_REWRITE_GOLDENS") == "1")
            {
                Directory.CreateDirectory(Path.GetDirectoryName(path)!);
                File.WriteAllText(path, text);
            }

            Assert.Equal(File.ReadAllText(path), text);
        }
    }

    public static TheoryData<string> Stored() => [.. Directory.EnumerateFiles(Goldens(), "*.json", SearchOption.AllDirectories).Select(f => Path.GetRelativePath(Goldens(), f)).Order(StringComparer.Ordinal)];

    [Promise(24)]
    [Theory]
    [MemberData(nameof(Stored))]
    public void An_order_of_any_release_that_was_under_way_finishes_under_this_one(string file)
    {
        var bench = GoOn(file, File.ReadAllText(Path.Combine(Goldens(), file)));

        Assert.Equal(file.Contains("cancelling", StringComparison.Ordinal) ? FlowStatus.Cancelled : FlowStatus.Done, bench.Summary.Status);
        Assert.False(bench.HoldsGoods);
        Assert.Empty(bench.OpenProblems);
    }

    [Fact]
    public void Members_that_this_release_does_not_know_and_members_that_are_missing_do_no_harm()
    {
        var state = FlowBench.Read("""{"Name":"#1","FromTheFuture":{"a":1}}""");
        Assert.Equal(("#1", 0, "XXX", ""), (state.Name, state.Items.Count, state.Currency, state.Digest));
        Assert.Empty(state.Findings.Faults);
    }

    [Sabotage(24)]
    [Theory]
    [InlineData("5-posted.json", "Payment")]
    [InlineData("9-shipped.json", "ShippedBy")]
    public void P24_sabotage_a_member_of_the_state_that_a_release_renames_leaves_the_order_under_way_for_ever(string stage, string member)
    {
        var file = Path.Combine(Release, stage);
        var state = File.ReadAllText(Path.Combine(Goldens(), file));
        Assert.Contains($"\"{member}\":", state, StringComparison.Ordinal);

        var bench = GoOn(file, state.Replace($"\"{member}\":", "\"Renamed\":", StringComparison.Ordinal));

        Assert.NotEqual(FlowStatus.Done, bench.Summary.Status);
    }

    private static FlowBench GoOn(string file, string state)
    {
        // The world around it (what is open, whether goods are held) is that of the same stage today; only the state is the old one.
        var bench = Stages[Path.GetFileNameWithoutExtension(file)]();
        bench.Resume(state);
        bench.Stock = null;
        bench.Feed(new FlowEvent.Retried("olga"));
        for (var i = 0; i < 20 && bench.Summary.Status is FlowStatus.Open or FlowStatus.Attention; i++)
        {
            if (bench.Open.Count > 0)
            {
                bench.Feed(bench.Settled(bench.Open.Keys.First(), ("total", "62.40")));
            }
            else if (!bench.State!.Shipments.Any(s => s.Complete))
            {
                bench.Tell(FromErp(bench.SalesOrder, "S2", true, Everything));
            }
            else
            {
                bench.Tell(Invoiced(bench.SalesOrder, 62.40m, 62.40m));
            }
        }

        return bench;
    }

    private static FlowBench Short()
    {
        var bench = new FlowBench { Stock = _ => new FlowEvent.NotReserved([new Shortage("TEE", 2, 1)]) };
        bench.Tell(Stated(Order(payment: PaymentState.Paid)));
        return bench;
    }

    private static FlowBench Acknowledged() => With(FlowBench.Posted(Order(payment: PaymentState.Paid)), b => b.Deliver(DeliveryKind.AcknowledgeOrder));

    private static FlowBench Invoice(FlowBench bench) => With(bench, b => b.Tell(Invoiced(b.SalesOrder, 62.40m, 62.40m)));

    private static FlowBench With(FlowBench bench, Action<FlowBench> then)
    {
        then(bench);
        return bench;
    }

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    private static string Pretty(string json) => JsonNode.Parse(json)!.ToJsonString(Indented) + "\n";

    private static string Goldens([CallerFilePath] string here = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "..", "..", "..", "Goldens", "OrderToCash"));
}
