using System.Net;
using System.Net.Sockets;
using ControlTower.Sync.Connectors;

namespace ControlTower.Sync.Notifications;

/// <summary>Where webhooks may lead: https to public addresses, unless private ones are allowed. Judged when it is entered, and again by what the name leads to.</summary>
public static class WebhookAddress
{
    public const int Longest = 2_000;

    /// <summary>What is wrong with an address that a person typed, in words; null if nothing is. Its query is its own: some services keep their key there.</summary>
    public static string? Wrong(string text, bool allowPrivate)
    {
        if (text.Length > Longest || !Uri.TryCreate(text, UriKind.Absolute, out var uri) || uri.Host.Length == 0)
        {
            return "Enter an absolute address, such as https://hooks.example.com/services/…";
        }

        return uri.Fragment.Length > 0 ? "Take everything from # on out of the address."
            : SoundAddress.Wrong(uri.GetComponents(UriComponents.AbsoluteUri & ~UriComponents.Query & ~UriComponents.Fragment, UriFormat.UriEscaped)) is { } unsound ? unsound
            : !allowPrivate && (uri.IsLoopback || (IPAddress.TryParse(uri.IdnHost.Trim('[', ']'), out var ip) && IsPrivate(ip)))
                ? "This address lies in a private network. Allow that by Notifications:AllowPrivateNetworks, or enter a public one."
            : null;
    }

    /// <summary>Whether a connection to this address is refused, whatever name led there.</summary>
    public static bool IsRefused(IPAddress address, bool allowPrivate) => SoundAddress.IsKept(address) || (!allowPrivate && IsPrivate(address));

    /// <summary>This machine, the company's own network, and what carriers share. An IPv4 address inside an IPv6 one is judged as itself.</summary>
    internal static bool IsPrivate(IPAddress address)
    {
        var bytes = address.GetAddressBytes();
        if (address.AddressFamily == AddressFamily.InterNetwork)
        {
            return bytes is [10 or 127, ..] or [172, >= 16 and <= 31, ..] or [192, 168, ..] or [100, >= 64 and <= 127, ..] or [198, 18 or 19, ..];
        }

        return IPAddress.IsLoopback(address) || bytes[0] is 0xfc or 0xfd || bytes is [0xfe, >= 0xc0, ..] || EmbeddedAddress.Of(bytes).Concat(EmbeddedAddress.PerhapsOf(bytes)).Any(IsPrivate);
    }
}
