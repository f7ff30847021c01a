using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace ControlTower.Tests.Sync.Webhooks;

/// <summary>
/// A receiver as a partner writes one from the documentation of Standard Webhooks, knowing nothing of the tower: checks each signature over the bytes with its own secrets, answers what the test says, many at once.
/// </summary>
internal sealed class WebhookReceiver : IAsyncDisposable
{
    private static readonly TimeSpan Tolerance = TimeSpan.FromMinutes(5);

    private readonly HttpListener listener = new();
    private readonly Task serving;

    public WebhookReceiver()
    {
        using (var probe = new System.Net.Sockets.TcpListener(IPAddress.Loopback, 0))
        {
            probe.Start();
            Url = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{((IPEndPoint)probe.LocalEndpoint).Port}/tower");
        }

        listener.Prefixes.Add(Url[..^"tower".Length]);
        listener.Start();
        serving = Task.Run(ServeAsync);
    }

    public string Url { get; }

    /// <summary>What it was given when the webhook was made.</summary>
    public List<string> Secrets { get; } = [];

    /// <summary>What came with a good signature, also what was then refused.</summary>
    public ConcurrentQueue<JsonObject> Heard { get; } = new();

    /// <summary>Ids of what it took.</summary>
    public ConcurrentQueue<string> Taken { get; } = new();

    /// <summary>How many requests had no good signature.</summary>
    public int Forged { get; private set; }

    public ConcurrentQueue<string> Signatures { get; } = new();

    /// <summary>The status to answer an event with; 0 hangs up without an answer.</summary>
    public Func<JsonObject, Task<int>> Answers { get; set; } = _ => Task.FromResult(200);

    public string? RetryAfter { get; set; }

    public IEnumerable<string> TakenOnce => Taken.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal);

    public async ValueTask DisposeAsync()
    {
        listener.Stop();
        await serving;
        listener.Close();
    }

    private async Task ServeAsync()
    {
        while (listener.IsListening)
        {
            try
            {
                _ = AnswerAsync(await listener.GetContextAsync());
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    private async Task AnswerAsync(HttpListenerContext context)
    {
        try
        {
            using var body = new MemoryStream();
            await context.Request.InputStream.CopyToAsync(body);
            var (id, at, signed) = (context.Request.Headers["webhook-id"]!, context.Request.Headers["webhook-timestamp"]!, context.Request.Headers["webhook-signature"]!);
            Signatures.Enqueue(signed);
            if (!IsGood(id, at, signed, body.ToArray()))
            {
                Forged++;
                context.Response.StatusCode = 401;
                context.Response.Close();
                return;
            }

            var e = JsonNode.Parse(body.ToArray())!.AsObject();
            Heard.Enqueue(e);
            var status = await Answers(e);
            if (status == 0)
            {
                // The listener sends a head even when it is aborted, and of itself one that says 200: this one takes nothing and promises more than comes.
                (context.Response.StatusCode, context.Response.ContentLength64) = (502, 64);
                context.Response.Abort();
                return;
            }

            if (status is >= 200 and < 300)
            {
                Taken.Enqueue(id);
            }

            if (RetryAfter is { } seconds)
            {
                context.Response.Headers["Retry-After"] = seconds;
            }

            context.Response.StatusCode = status;
            context.Response.Close();
        }
        catch (Exception e) when (e is HttpListenerException or ObjectDisposedException or InvalidOperationException)
        {
            // Whoever asked is gone.
        }
    }

    private bool IsGood(string id, string at, string signed, byte[] body)
    {
        var age = TimeProvider.System.GetUtcNow() - DateTimeOffset.FromUnixTimeSeconds(long.Parse(at, CultureInfo.InvariantCulture));
        byte[] content = [.. Encoding.UTF8.GetBytes($"{id}.{at}."), .. body];
        var good = Secrets.Select(secret => "v1," + Convert.ToBase64String(HMACSHA256.HashData(Convert.FromBase64String(secret["whsec_".Length..]), content)));
        return age.Duration() < Tolerance && signed.Split(' ').Intersect(good, StringComparer.Ordinal).Any();
    }
}
