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

    // Alibaba, Azure and Oracle keep these; the AWS one for IPv6 is in a private range.
    private static readonly HashSet<IPAddress> KeptHosts =
        [IPAddress.Parse("100.100.100.200"), IPAddress.Parse("168.63.129.16"), IPAddress.Parse("192.0.0.192"), IPAddress.Parse("fd00:ec2::254"), IPAddress.Parse("fd20:ce::254")];

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

    /// <summary>True for addresses that are never called, whatever name led there.</summary>
    public static bool IsKept(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6)
        {
            address = address.MapToIPv4();
        }

        var bytes = address.GetAddressBytes();
        return KeptHosts.Contains(address) || (address.AddressFamily == AddressFamily.InterNetwork
            ? bytes[0] == 0 || (bytes[0] == 169 && bytes[1] == 254) || bytes[0] >= 224
            : address.IsIPv6LinkLocal || address.IsIPv6Multicast || address.Equals(IPAddress.IPv6Any) || (IsTranslated(bytes) && IsKept(new IPAddress(bytes.AsSpan(12)))));
    }

    // NAT64 carries an IPv4 address in its last four bytes.
    private static bool IsTranslated(byte[] bytes) => bytes.AsSpan(0, 12).SequenceEqual((ReadOnlySpan<byte>)[0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0]);
}
