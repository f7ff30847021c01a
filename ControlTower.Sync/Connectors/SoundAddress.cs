using System.Net;
using System.Net.Sockets;

namespace ControlTower.Sync.Connectors;

/// <summary>
/// Which addresses the tower calls. Https anywhere, http on this very machine only; never the services that a cloud or a network keeps for its machines (metadata,
/// link-local), which would hand out the machine's own credentials. Addresses of the company's own network are allowed: ERPs live there.
/// </summary>
public static class SoundAddress
{
    private const string Kept = "This address belongs to services that the network keeps for the machine itself (metadata, link-local). No shop or ERP lives there.";

    private static readonly HashSet<string> KeptNames = new(StringComparer.OrdinalIgnoreCase) { "metadata", "metadata.google.internal", "metadata.goog", "instance-data", "instance-data.ec2.internal" };

    // Alibaba, Azure, Oracle and Google keep these; AWS has a range of its own.
    private static readonly HashSet<IPAddress> KeptHosts = [IPAddress.Parse("100.100.100.200"), IPAddress.Parse("168.63.129.16"), IPAddress.Parse("192.0.0.192"), IPAddress.Parse("fd20:ce::254")];

    private static readonly IPNetwork AwsServices = IPNetwork.Parse("fd00:ec2::/32");

    /// <summary>What is wrong with an address that a person typed, in words; null if nothing is.</summary>
    public static string? Wrong(string text)
    {
        if (!Uri.TryCreate(text, UriKind.Absolute, out var uri) || uri.Host.Length == 0)
        {
            return "Enter an absolute address, such as https://example.com.";
        }

        var host = uri.IdnHost.TrimEnd('.');
        return uri.UserInfo.Length > 0 ? "Take the user and password out of the address. They have fields of their own."
            : uri.Query.Length > 0 || uri.Fragment.Length > 0 || text.Contains('?', StringComparison.Ordinal) || text.Contains('#', StringComparison.Ordinal)
                ? "Take everything from ? or # on out of the address."
            : KeptNames.Contains(host) || (IPAddress.TryParse(host.Trim('[', ']'), out var ip) && IsKept(ip)) ? Kept
            : uri.Scheme == Uri.UriSchemeHttps || (uri.Scheme == Uri.UriSchemeHttp && uri.IsLoopback) ? null
            : uri.Scheme == Uri.UriSchemeHttp ? "Use https. Over http the secret can be read on its way; http is for this machine only (http://127.0.0.1)."
            : "Use an https address.";
    }

    /// <summary>True for addresses that are never called, whatever name led there. An IPv4 address inside an IPv6 one is judged as itself.</summary>
    public static bool IsKept(IPAddress address)
    {
        var bytes = address.GetAddressBytes();
        if (address.AddressFamily == AddressFamily.InterNetwork)
        {
            return bytes[0] == 0 || bytes[0] >= 224 || IsService(address);
        }

        // Made anew without its zone, which would make it unequal to the ones that are known.
        var plain = new IPAddress(bytes);
        return plain.Equals(IPAddress.IPv6Any) || plain.IsIPv6LinkLocal || plain.IsIPv6Multicast || IsService(plain)
            || EmbeddedAddress.Of(bytes).Any(IsKept) || EmbeddedAddress.PerhapsOf(bytes).Any(IsService);
    }

    private static bool IsService(IPAddress address) =>
        KeptHosts.Contains(address) || AwsServices.Contains(address) || (address.AddressFamily == AddressFamily.InterNetwork && address.GetAddressBytes() is [169, 254, ..]);
}
