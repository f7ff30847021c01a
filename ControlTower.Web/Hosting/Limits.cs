using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace ControlTower.Web.Hosting;

/// <summary>What one request may cost before it is refused. Endpoints that need a larger body say so on their route.</summary>
internal static class Limits
{
    public const long Body = 1024 * 1024;

    /// <summary>A form of a few short fields.</summary>
    public const long Form = 16 * 1024;

    public static void Apply(KestrelServerOptions kestrel)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxRequestBodySize = Body;
        kestrel.Limits.MaxRequestHeadersTotalSize = 16 * 1024;
        kestrel.Limits.MaxRequestHeaderCount = 80;
        kestrel.Limits.MaxRequestLineSize = 8 * 1024;
        kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
        kestrel.Limits.KeepAliveTimeout = TimeSpan.FromSeconds(90);
        // A sender below this speed after the grace time holds a connection for nothing.
        kestrel.Limits.MinRequestBodyDataRate = new MinDataRate(bytesPerSecond: 240, gracePeriod: TimeSpan.FromSeconds(5));
        kestrel.Limits.MinResponseDataRate = new MinDataRate(bytesPerSecond: 240, gracePeriod: TimeSpan.FromSeconds(10));
        kestrel.Limits.MaxConcurrentConnections = 4000;
        kestrel.Limits.MaxConcurrentUpgradedConnections = 2000;
    }
}
