using System.Net;
using System.Net.Sockets;
using ControlTower.Data.Feeds;
using ControlTower.Sync.Notifications;
using Microsoft.Extensions.Options;

namespace ControlTower.Sync.Feeds;

/// <summary>
/// The way to the servers that the operator has named, at addresses that may be called. A server is judged by its name and by what the name leads to: it may lead elsewhere each time. Of several addresses the first that
/// answers is taken.
/// </summary>
public sealed class SftpServers(ISftpWay way, IOptions<FeedOptions> options)
{
    /// <exception cref="FeedRefusedException">It may not be called, shows another key, or does not let this user in.</exception>
    /// <exception cref="IOException">Not reachable; may be tried again.</exception>
    public Task<ISftpSession> OpenAsync(FeedPlace place, string secret, CancellationToken cancel) =>
        ReachAsync(place.Host!, address => way.OpenAsync(new SftpServer(address, place.Port, place.User!, secret, place.HostKey!), cancel), cancel);

    /// <summary>The key that a server shows now, for a person to compare. Nothing secret is sent.</summary>
    /// <exception cref="FeedRefusedException">It may not be called.</exception>
    /// <exception cref="IOException">Not reachable; may be tried again.</exception>
    public Task<SftpKey> KeyAsync(string host, int port, CancellationToken cancel) => ReachAsync(host, address => way.KeyAsync(address, port, cancel), cancel);

    private async Task<T> ReachAsync<T>(string host, Func<IPAddress, Task<T>> reach, CancellationToken cancel)
    {
        IOException? silent = null;
        foreach (var address in await AddressesAsync(host, cancel))
        {
            try
            {
                return await reach(address);
            }
            catch (IOException error)
            {
                silent = error;
            }
        }

        throw silent!;
    }

    private async Task<IReadOnlyList<IPAddress>> AddressesAsync(string host, CancellationToken cancel)
    {
        if (!options.Value.Allows(host))
        {
            throw new FeedRefusedException($"Feeds:SftpHosts does not name {host}. Have it named, then run the day again.");
        }

        IPAddress[] found;
        try
        {
            found = await Dns.GetHostAddressesAsync(host, cancel);
        }
        catch (SocketException error)
        {
            throw new IOException($"The name {host} leads nowhere.", error);
        }

        return found.Where(address => !WebhookAddress.IsRefused(address, options.Value.AllowPrivateNetworks)).ToList() is { Count: > 0 } open
            ? open
            : throw new FeedRefusedException($"{host} lies in a private network. Allow that by Feeds:AllowPrivateNetworks, or enter another server.");
    }
}
