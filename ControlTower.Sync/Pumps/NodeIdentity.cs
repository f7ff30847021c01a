using System.Reflection;

namespace ControlTower.Sync.Pumps;

/// <summary>This process among its peers: new at each start, so that a restarted process never mistakes its predecessor's claims for its own.</summary>
/// <param name="Roles"><c>web</c>, <c>worker</c> or <c>both</c>.</param>
public sealed record NodeIdentity(Guid Id, string Roles, string Host, string Version)
{
    public static NodeIdentity New(string roles) => new(
        Guid.CreateVersion7(), roles, Environment.MachineName,
        typeof(NodeIdentity).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0");
}
