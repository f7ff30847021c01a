using System.Net;
using System.Net.Sockets;
using System.Text;
using ControlTower.Sync.Connectors.Http;
using Xunit;

namespace ControlTower.Tests.Conformance;

/// <summary>The line between "certainly not done" and "perhaps done", drawn over real sockets.</summary>
public sealed class WireTests
{
    [Fact]
    public async Task A_port_that_nobody_listens_on_is_not_sent()
    {
        var port = FreePort();
        Assert.IsType<Exchange.NotSent>(await SendAsync($"http://127.0.0.1:{port}/"));
    }

    [Fact]
    public async Task A_name_that_does_not_exist_is_not_sent() => Assert.IsType<Exchange.NotSent>(await SendAsync("http://no-such-host.invalid/"));

    [Fact]
    public async Task A_server_without_TLS_is_not_sent()
    {
        await using var server = new RawServer(_ => "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
        Assert.IsType<Exchange.NotSent>(await SendAsync($"https://127.0.0.1:{server.Port}/"));
    }

    [Fact]
    public async Task A_connection_closed_after_the_request_is_no_answer()
    {
        await using var server = new RawServer(_ => "");
        Assert.IsType<Exchange.NoAnswer>(await SendAsync($"http://127.0.0.1:{server.Port}/"));
        Assert.Equal(1, server.Seen);
    }

    [Fact]
    public async Task A_body_shorter_than_promised_is_no_answer()
    {
        await using var server = new RawServer(_ => "HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{\"id\":\"1");
        Assert.IsType<Exchange.NoAnswer>(await SendAsync($"http://127.0.0.1:{server.Port}/"));
        Assert.Equal(1, server.Seen);
    }

    [Fact]
    public async Task What_is_not_HTTP_is_no_answer()
    {
        await using var server = new RawServer(_ => "SSH-2.0-OpenSSH_9.2\r\n");
        Assert.IsType<Exchange.NoAnswer>(await SendAsync($"http://127.0.0.1:{server.Port}/"));
    }

    [Fact]
    public async Task A_server_that_never_answers_is_no_answer_once_the_client_stops_waiting()
    {
        await using var server = new RawServer(_ => null);
        using var http = new HttpClient { Timeout = TimeSpan.FromMilliseconds(300) };
        Assert.IsType<Exchange.NoAnswer>(await http.SendOnceAsync(new HttpRequestMessage(HttpMethod.Post, $"http://127.0.0.1:{server.Port}/") { Content = new StringContent("x") }, TimeProvider.System, CancellationToken.None));
    }

    [Fact]
    public async Task An_endless_answer_is_cut_off_and_counts_as_none()
    {
        await using var server = new RawServer(_ => $"HTTP/1.1 200 OK\r\nContent-Length: {HttpExchange.LargestAnswer + 1L}\r\n\r\n");
        Assert.IsType<Exchange.NoAnswer>(await SendAsync($"http://127.0.0.1:{server.Port}/"));
    }

    [Fact]
    public async Task A_whole_answer_comes_back_whole()
    {
        await using var server = new RawServer(_ => "HTTP/1.1 429 Too Many\r\nRetry-After: 9\r\nX-Thing: a\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}");
        var answer = Assert.IsType<Exchange.Answered>(await SendAsync($"http://127.0.0.1:{server.Port}/"));
        Assert.Equal((HttpStatusCode.TooManyRequests, TimeSpan.FromSeconds(9), "a", "{}"), (answer.Status, answer.RetryAfter, answer.Header("x-thing"), Encoding.UTF8.GetString(answer.Body)));
        Assert.True(answer.IsJson);
    }

    private static async Task<Exchange> SendAsync(string address)
    {
        using var http = new HttpClient();
        return await http.SendOnceAsync(new HttpRequestMessage(HttpMethod.Post, address) { Content = new StringContent("{}") }, TimeProvider.System, CancellationToken.None);
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    /// <summary>Reads one request per connection and says exactly what it is told; null says nothing and keeps the line open.</summary>
    private sealed class RawServer : IAsyncDisposable
    {
        private readonly TcpListener listener = new(IPAddress.Loopback, 0);
        private readonly CancellationTokenSource stop = new();
        private readonly Func<string, string?> answer;
        private readonly Task loop;

        public RawServer(Func<string, string?> answer)
        {
            this.answer = answer;
            listener.Start();
            loop = RunAsync();
        }

        public int Port => ((IPEndPoint)listener.LocalEndpoint).Port;

        public int Seen { get; private set; }

        public async ValueTask DisposeAsync()
        {
            // The loop ends first: a listener that is stopped between two of its turns would throw at the next.
            await stop.CancelAsync();
            await loop;
            listener.Stop();
            stop.Dispose();
        }

        private async Task RunAsync()
        {
            var open = new List<TcpClient>();
            try
            {
                while (!stop.IsCancellationRequested)
                {
                    var client = await listener.AcceptTcpClientAsync(stop.Token);
                    open.Add(client);
                    var buffer = new byte[8192];
                    var read = await client.GetStream().ReadAsync(buffer, stop.Token);
                    Seen++;
                    if (answer(Encoding.ASCII.GetString(buffer, 0, read)) is { } text)
                    {
                        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(text), stop.Token);
                        client.Close();
                    }
                }
            }
            catch (Exception ended) when (ended is OperationCanceledException or SocketException or IOException or ObjectDisposedException)
            {
                open.ForEach(c => c.Dispose());
            }
        }
    }
}
