using System.Net;

namespace ControlTower.Web.Hosting;

/// <summary>Which addresses are this machine only.</summary>
public static class Addresses
{
    public static bool IsLoopbackHost(string host) =>
        host.Equals("localhost", StringComparison.OrdinalIgnoreCase) || (IPAddress.TryParse(host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address));

    /// <summary>True when every address the server listens on is loopback. False when it listens on none.</summary>
    public static bool AllLoopback(IEnumerable<string> urls)
    {
        var any = false;
        foreach (var url in urls)
        {
            any = true;
            if (!Uri.TryCreate(url, UriKind.Absolute, out var uri) || !IsLoopbackHost(uri.Host))
                return false;
        }

        return any;
    }

    /// <summary>The sender's address for limits and the audit, as the connection (or a believed proxy) gives it.</summary>
    public static string Of(HttpContext context) => context.Connection.RemoteIpAddress?.MapToIPv6().ToString().Replace("::ffff:", "", StringComparison.Ordinal) ?? "unknown";
}
