using ArchUnitNET.Loader;
using ControlTower.Data.Canonical;
using ControlTower.Sync.Flows;
using ControlTower.Web;

namespace ControlTower.Tests.Architecture;

/// <summary>Every type of the product and what it depends on, read from the compiled assemblies.</summary>
internal static class House
{
    public static readonly System.Reflection.Assembly DataFloor = typeof(Order).Assembly;
    public static readonly System.Reflection.Assembly SyncFloor = typeof(FlowRunner).Assembly;
    public static readonly System.Reflection.Assembly WebFloor = typeof(TowerApp).Assembly;
    public static readonly System.Reflection.Assembly SimulatorFloor = typeof(ControlTower.Simulator.EstateApp).Assembly;
    public static readonly System.Reflection.Assembly VerifyFloor = typeof(ControlTower.Verify.Checker).Assembly;

    private static readonly ArchUnitNET.Domain.Architecture Built = new ArchLoader().LoadAssemblies(DataFloor, SyncFloor, WebFloor, SimulatorFloor).Build();

    // Parameters of generic methods have names of their own making ("::") and are no types.
    /// <summary>Each dependency of a type under <paramref name="room"/>, once, as "from uses to"; generated types count for their owner.</summary>
    public static IEnumerable<Arrow> From(string room) => Built.Types
        .Where(type => IsUnder(type.FullName, room))
        .SelectMany(type => type.Dependencies.Where(d => !d.Target.FullName.Contains("::", StringComparison.Ordinal)).Select(d => new Arrow(Owner(type.FullName), Owner(d.Target.FullName))))
        .Distinct()
        .OrderBy(arrow => arrow.ToString(), StringComparer.Ordinal);

    public static bool IsUnder(string name, string room) => name.StartsWith(room, StringComparison.Ordinal) && (name.Length == room.Length || name[room.Length] == '.');

    public static IEnumerable<Arrow> To(Func<string, bool> target) => From("ControlTower").Where(arrow => target(arrow.To));

    private static string Owner(string name) => name.Split('+', '<')[0].TrimEnd('/');
}

internal sealed record Arrow(string From, string To)
{
    public override string ToString() => $"{From} uses {To}";
}
