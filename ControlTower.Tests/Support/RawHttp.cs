using System.Net.Sockets;
using System.Text;

namespace ControlTower.Tests.Support;

/// <summary>A caller that writes bytes, not requests: for what no HTTP client would send.</summary>
public sealed class RawHttp : IDisposable
{
    private readonly Socket socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };

    private RawHttp()
    {
    }

    public static async Task<RawHttp> ConnectAsync(string url)
    {
        var raw = new RawHttp();
        var at = new Uri(url);
        await raw.socket.ConnectAsync(at.Host, at.Port);
        return raw;
    }

    public async Task SendAsync(string text) => await socket.SendAsync(Encoding.Latin1.GetBytes(text));

    /// <summary>Says that nothing more comes, and still listens.</summary>
    public void End() => socket.Shutdown(SocketShutdown.Send);

    /// <summary>Everything until the server closes, or until it has been silent for twenty seconds.</summary>
    public async Task<string> AnswerAsync()
    {
        var (answer, buffer) = (new StringBuilder(), new byte[4096]);
        try
        {
            while (await socket.ReceiveAsync(buffer).WaitAsync(TimeSpan.FromSeconds(20)) is var count and > 0)
                answer.Append(Encoding.Latin1.GetString(buffer, 0, count));
        }
        catch (Exception error) when (error is SocketException or TimeoutException)
        {
            // What came before is the answer.
        }

        return answer.ToString();
    }

    public void Dispose() => socket.Dispose();
}
