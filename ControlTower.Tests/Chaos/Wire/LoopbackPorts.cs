using System.Net;
using System.Net.Sockets;

namespace ControlTower.Tests.Chaos.Wire;

/// <summary>
/// Ports below those that the system gives to outgoing connections: what was listened on, closed, and is listened on again a moment later, is still free then.
/// </summary>
internal static class LoopbackPorts
{
    private const int First = 20_000, Last = 32_000;

    /// <param name="port">0 chooses a free one.</param>
    public static Socket Listen(int port)
    {
        for (var attempt = 1; ; attempt++)
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            try
            {
                socket.Bind(new IPEndPoint(IPAddress.Loopback, port == 0 ? Random.Shared.Next(First, Last) : port));
                socket.Listen(512);
                return socket;
            }
            catch (SocketException) when (attempt < 200 && port == 0)
            {
                socket.Dispose();
            }
        }
    }

    /// <summary>A port on which nobody listens at this moment.</summary>
    public static int Free()
    {
        using var socket = Listen(0);
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }
}
