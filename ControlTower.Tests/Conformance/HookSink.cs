using System.Collections.Concurrent;
using System.Net;
using System.Text;

namespace ControlTower.Tests.Conformance;

/// <summary>A subscriber over real HTTP: echoes validation tokens, keeps what it was told, answers as the test says.</summary>
public sealed class HookSink : IAsyncDisposable
{
    private readonly HttpListener listener = new();
    private readonly Task serving;

    public HookSink()
    {
        var port = FreePort();
        Url = $"http://127.0.0.1:{port}";
        listener.Prefixes.Add(Url + "/");
        listener.Start();
        serving = Task.Run(ServeAsync);
    }

    public string Url { get; }

    public ConcurrentQueue<(string Path, IReadOnlyDictionary<string, string> Headers, byte[] Body)> Received { get; } = new();

    /// <summary>The status of the next answers.</summary>
    public int Status { get; set; } = 200;

    /// <summary>Headers of the next answers.</summary>
    public Action<HttpListenerResponse>? Shape { get; set; }

    public IEnumerable<(string Path, IReadOnlyDictionary<string, string> Headers, byte[] Body)> Of(string topic) => Received.Where(r => r.Headers.GetValueOrDefault("X-Shopify-Topic") == topic);

    private static int FreePort()
    {
        using var probe = new System.Net.Sockets.TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }

    private async Task ServeAsync()
    {
        while (listener.IsListening)
        {
            HttpListenerContext context;
            try
            {
                context = await listener.GetContextAsync();
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
            {
                return;
            }

            using var body = new MemoryStream();
            await context.Request.InputStream.CopyToAsync(body);
            if (context.Request.QueryString["validationToken"] is { } token)
            {
                context.Response.OutputStream.Write(Encoding.UTF8.GetBytes(token));
            }
            else
            {
                Received.Enqueue((context.Request.Url!.AbsolutePath, context.Request.Headers.AllKeys.ToDictionary(k => k!, k => context.Request.Headers[k]!, StringComparer.OrdinalIgnoreCase), body.ToArray()));
                context.Response.StatusCode = Status;
                Shape?.Invoke(context.Response);
            }

            context.Response.Close();
        }
    }

    public async ValueTask DisposeAsync()
    {
        listener.Stop();
        await serving;
        try
        {
            listener.Close();
        }
        catch (HttpListenerException)
        {
            // To give its address back it looks for the listener of that address, and another test may have it by now.
        }
    }
}
