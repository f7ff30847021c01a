using System.Net;

namespace ControlTower.Sync.Connectors;

/// <summary>The IPv4 addresses that an IPv6 address carries: gateways and tunnels on the way take them out and go there.</summary>
internal static class EmbeddedAddress
{
    /// <summary>Those that certainly are addresses.</summary>
    public static IEnumerable<IPAddress> Of(byte[] bytes)
    {
        switch (bytes)
        {
            case [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, ..]: // Mapped, RFC 4291
            case [0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0, ..]: // Translated, RFC 2765
            case [0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0, ..]: // NAT64, RFC 6052
            case [0, 0x64, 0xff, 0x9b, 0, 1, ..]: // NAT64 of the network's own, RFC 8215; see also below
            case [_, _, _, _, _, _, _, _, 0 or 2, 0, 0x5e, 0xfe, ..]: // ISATAP, RFC 5214
                yield return At(bytes, 12, 13, 14, 15);
                break;
            case [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, ..] when bytes is not [.., 0, 0, 0, 0 or 1]: // Compatible, RFC 4291; not "any" and not this machine
                yield return At(bytes, 12, 13, 14, 15);
                break;
            case [0x20, 0x02, ..]: // 6to4, RFC 3056
                yield return At(bytes, 2, 3, 4, 5);
                break;
            case [0x20, 0x01, 0, 0, ..]: // Teredo, RFC 4380: the server, and the client with all bits turned
                yield return At(bytes, 4, 5, 6, 7);
                yield return At([.. bytes.Select(b => (byte)~b)], 12, 13, 14, 15);
                break;
        }
    }

    /// <summary>A network's own NAT64 chooses how long its prefix is, and with it where the address stands: each place that it may be.</summary>
    public static IEnumerable<IPAddress> PerhapsOf(byte[] bytes) => bytes is [0, 0x64, 0xff, 0x9b, 0, 1, ..]
        ? [At(bytes, 6, 7, 9, 10), At(bytes, 7, 9, 10, 11), At(bytes, 9, 10, 11, 12)]
        : [];

    private static IPAddress At(byte[] bytes, int a, int b, int c, int d) => new([bytes[a], bytes[b], bytes[c], bytes[d]]);
}
