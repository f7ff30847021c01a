using System.Reflection;

namespace ControlTower.Sync.Pumps;

/// <summary>This process among its peers: new at each start, so that a restarted process never mistakes its predecessor's claims for its own.</summary>
public sealed record NodeIdentity(Guid Id, string Host, string Version)
{
    public static NodeIdentity New() => new(
        Guid.CreateVersion7(), Environment.MachineName,
        typeof(NodeIdentity).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0");
}
