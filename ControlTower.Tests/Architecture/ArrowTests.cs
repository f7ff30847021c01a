using ControlTower.Sync.Connectors;
using ControlTower.Sync.Pumps;
using ControlTower.Tests.Support;
using Microsoft.Extensions.Options;
using Xunit;
using static ControlTower.Tests.Architecture.House;

namespace ControlTower.Tests.Architecture;

/// <summary>The arrows of docs/ARCHITECTURE.md.</summary>
public sealed class ArrowTests
{
    private const string Canonical = "ControlTower.Data.Canonical";
    private const string Port = "ControlTower.Sync.Connectors";

    [Fact]
    public void References_go_down_only()
    {
        Assert.Equal([], Floors(DataFloor));
        Assert.Equal(["ControlTower.Data", "ControlTower.Verify"], Floors(SyncFloor));
        Assert.Equal(["ControlTower.Data", "ControlTower.Sync"], Floors(WebFloor));
        Assert.Subset(new HashSet<string>(StringComparer.Ordinal) { "ControlTower.Data" }, Floors(SimulatorFloor).ToHashSet(StringComparer.Ordinal));
        Assert.Equal([], Floors(VerifyFloor));
    }

    [Fact]
    public void The_estate_knows_the_retail_nouns_of_the_product_and_nothing_else_of_it() =>
        Refuse(From("ControlTower.Simulator"), to => IsUnder(to, "ControlTower.Data") && !IsUnder(to, Canonical));

    [Fact]
    public void Retail_nouns_know_nothing_but_the_base_library() => Refuse(From(Canonical), to => !IsUnder(to, Canonical) && !IsUnder(to, "System"));

    [Theory]
    [InlineData("Shopify")]
    [InlineData("BusinessCentral")]
    [InlineData("Vendure")]
    [InlineData("Tryton")]
    [InlineData("Square")]
    [InlineData("PosLog")]
    [InlineData("Stripe")]
    [InlineData("Adyen")]
    [InlineData("Bank")]
    public void A_connector_sees_the_nouns_the_port_and_its_own_folder(string vendor) => Refuse(From($"{Port}.{vendor}"), to =>
        IsUnder(to, "ControlTower") && !IsUnder(to, Canonical) && !IsUnder(to, $"{Port}.{vendor}") && !IsUnder(to, $"{Port}.Http") && Room(to) != Port);

    [Fact]
    public void Every_connector_of_the_product_is_held_to_that()
    {
        var tested = typeof(ArrowTests).GetMethod(nameof(A_connector_sees_the_nouns_the_port_and_its_own_folder))!.GetCustomAttributes(typeof(InlineDataAttribute), inherit: false).Length;
        Assert.Equal(ConnectorCatalog.Standard().All.Count, tested);
    }

    [Theory]
    [InlineData("OrderToCash")]
    [InlineData("ReturnToRefund")]
    public void A_flow_is_pure_it_sees_nouns_the_port_and_its_own_room(string flow) => Refuse(From($"ControlTower.Sync.Flows.{flow}"), to =>
        (IsUnder(to, "ControlTower") && !IsUnder(to, Canonical) && !IsUnder(to, "ControlTower.Sync.Flows") && Room(to) != Port)
        || IsUnder(to, "Npgsql") || IsUnder(to, "Microsoft.Extensions") || to is "System.TimeProvider" or "System.Random" or "System.Guid");

    [Fact]
    public void Only_the_gateway_calls_a_vendor_client()
    {
        var callers = To(to => to == typeof(IVendorClient).FullName).Select(arrow => arrow.From);
        Assert.All(callers, from => Assert.True(IsUnder(from, Port) || IsUnder(from, "ControlTower.Sync.Gateway"), from));
    }

    [Fact]
    public void Pumps_and_jobs_are_named_by_registration_alone()
    {
        var hidden = SyncFloor.GetTypes().Where(type => type.IsAssignableTo(typeof(IPump)) || IsUnder(type.FullName!, "ControlTower.Sync.Jobs"))
            .Where(type => type is { IsInterface: false, IsNested: false } && type != typeof(NodePump)).Select(type => type.FullName!).ToHashSet(StringComparer.Ordinal);
        Refuse(
            From("ControlTower").Where(arrow => !IsUnder(arrow.From, "ControlTower.Sync.Jobs") && !IsUnder(arrow.From, "ControlTower.Sync.Pumps") && !Registrations.Contains(arrow.From)),
            hidden.Contains);
    }

    [Theory]
    [InlineData("ControlTower.Web.Pages")]
    [InlineData("ControlTower.Web.Layout")]
    [InlineData("ControlTower.Web.Shared")]
    [InlineData("ControlTower.Web.Keys")]
    [InlineData("ControlTower.Web.Live")]
    public void Screens_reach_neither_the_database_nor_the_network(string room) =>
        Refuse(From(room), to => IsUnder(to, "Npgsql") || IsUnder(to, "System.Net.Http") || IsUnder(to, "Hangfire") || to == typeof(ControlTower.Data.Db.TowerDataSources).FullName);

    [Fact]
    public void Every_section_of_the_configuration_has_a_validator()
    {
        var all = new[] { DataFloor, SyncFloor, WebFloor }.SelectMany(floor => floor.GetTypes()).ToList();
        var validated = all.SelectMany(type => type.GetInterfaces()).Where(i => i.IsGenericType && i.GetGenericTypeDefinition() == typeof(IValidateOptions<>))
            .Select(i => i.GetGenericArguments()[0]).ToHashSet();
        var sections = all.Where(type => type.GetField("Section") is { IsLiteral: true }).ToList();
        Assert.NotEmpty(sections);
        Assert.All(sections, type => Assert.Contains(type, validated));
    }

    [Fact]
    public void No_file_is_longer_than_400_lines()
    {
        var files = new[] { "Data", "Sync", "Web", "Simulator", "Verify", "Bench", "Tests" }
            .SelectMany(floor => Directory.EnumerateFiles(Path.Combine(Repository.Root, $"ControlTower.{floor}"), "*.*", SearchOption.AllDirectories))
            .Where(file => file.EndsWith(".cs", StringComparison.Ordinal) || file.EndsWith(".razor", StringComparison.Ordinal))
            .Where(file => !file.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal)).ToList();
        Assert.True(files.Count > 300);
        Assert.DoesNotContain(files, file => File.ReadLines(file).Count() > 400);
    }

    private static readonly HashSet<string> Registrations = ["ControlTower.Sync.SyncServices", "ControlTower.Web.Hosting.WebRole", "ControlTower.Web.TowerApp"];

    private static void Refuse(IEnumerable<Arrow> arrows, Func<string, bool> forbidden)
    {
        var all = arrows.ToList();
        Assert.NotEmpty(all);
        var broken = all.Where(arrow => forbidden(arrow.To)).ToList();
        Assert.True(broken.Count == 0, string.Join('\n', broken));
    }

    private static string Room(string type) => type[..type.LastIndexOf('.')];

    private static IEnumerable<string> Floors(System.Reflection.Assembly floor) =>
        floor.GetReferencedAssemblies().Select(name => name.Name!).Where(name => name.StartsWith("ControlTower", StringComparison.Ordinal)).Order(StringComparer.Ordinal);
}
