using System.Net;
using System.Net.Sockets;

namespace ControlTower.Sync.Connectors.Http;

/// <summary>Opens a connection to a name, unless all it leads to is refused. Judged here and not by the name alone: a name may lead anywhere, and elsewhere the next time.</summary>
public static class SoundSocket
{
    /// <exception cref="SocketException">Not found, not reachable, or refused: then it is <see cref="SocketError.NetworkUnreachable"/>.</exception>
    public static async Task<Socket> ConnectAsync(string host, int port, Func<IPAddress, bool> refused, CancellationToken cancel)
    {
        var found = await Dns.GetHostAddressesAsync(host, cancel);
        var allowed = found.Where(address => !refused(address)).ToArray();
        if (allowed.Length == 0)
        {
            throw new SocketException((int)SocketError.NetworkUnreachable);
        }

        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(allowed, port, cancel);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
