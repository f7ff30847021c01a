using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http.Extensions;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace ControlTower.Tests.Chaos;

/// <summary>How unreliable the post is at this moment.</summary>
/// <param name="Copies">Each letter is delivered up to so often, at the same time and to both webs.</param>
/// <param name="LateShare">Share of letters of which a copy turns up later.</param>
/// <param name="Detour">A letter may be held back for up to this long, so that later ones overtake it.</param>
internal sealed record PostManners(int Copies, double LateShare, TimeSpan Detour)
{
    public static PostManners Usual { get; } = new(Copies: 1, LateShare: 0.05, Detour: TimeSpan.Zero);
}

/// <summary>
/// Stands where the vendors push and carries each signed webhook, byte for byte, to one of the webs. Every 202 of a web is on disk in the <see cref="AckFile"/> before the sender
/// hears of it; what no web took is refused, so that the sender tries again.
/// </summary>
internal sealed class Postman : IAsyncDisposable
{
    private static readonly string[] notForwarded = ["Host", "Connection", "Content-Length", "Transfer-Encoding"];

    private readonly WebApplication door;
    private readonly Func<IReadOnlyList<Uri>> webs;
    private readonly AckFile acks;
    private readonly ConcurrentQueue<Letter> kept = new();
    private readonly HttpClient http = new(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false, ConnectTimeout = TimeSpan.FromSeconds(1), PooledConnectionLifetime = TimeSpan.FromSeconds(20) })
    {
        // As long as vendors wait.
        Timeout = TimeSpan.FromSeconds(5),
    };
    private readonly ConcurrentDictionary<Uri, int> taken = new();
    private int underWay;
    private int turn;
    private int unanswered;
    private long slowest;

    private readonly int seed;

    private Postman(WebApplication door, Func<IReadOnlyList<Uri>> webs, AckFile acks, int seed) => (this.door, this.webs, this.acks, this.seed) = (door, webs, acks, seed);

    public sealed record Letter(string Connection, string PathAndQuery, IReadOnlyList<KeyValuePair<string, string>> Headers, byte[] Body)
    {
        public string? EventId => Headers.FirstOrDefault(h => h.Key.Equals("X-Shopify-Event-Id", StringComparison.OrdinalIgnoreCase)).Value;
    }

    public PostManners Manners { get; set; } = PostManners.Usual;

    public string Url => door.Urls.First();

    /// <summary>Letters that wait for a web's answer at this moment.</summary>
    public int UnderWay => Volatile.Read(ref underWay);

    /// <summary>How many letters each web took.</summary>
    public IReadOnlyDictionary<Uri, int> Taken => taken;

    /// <summary>Letters to which a web gave no answer within the five seconds that vendors wait: it was killed, frozen or gone.</summary>
    public int Unanswered => Volatile.Read(ref unanswered);

    public TimeSpan SlowestAnswer => TimeSpan.FromTicks(Interlocked.Read(ref slowest));

    public static async Task<Postman> StartAsync(Func<IReadOnlyList<Uri>> webs, AckFile acks, int seed)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var door = builder.Build();
        var postman = new Postman(door, webs, acks, seed);
        door.MapPost("/ingress/{connection}/{topic}", postman.TakeAsync);
        await door.StartAsync();
        return postman;
    }

    /// <summary>Carries a letter to a web; the status it gave, or null if it gave none.</summary>
    public async Task<(int? Status, string Body)> CarryAsync(Letter letter)
    {
        var open = webs();
        if (open.Count == 0)
        {
            return (null, "");
        }

        var began = TimeProvider.System.GetTimestamp();
        Interlocked.Increment(ref underWay);
        try
        {
            var web = open[(Interlocked.Increment(ref turn) & int.MaxValue) % open.Count];
            using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(web, letter.PathAndQuery)) { Content = new ByteArrayContent(letter.Body) };
            foreach (var (name, value) in letter.Headers)
            {
                if (!request.Headers.TryAddWithoutValidation(name, value))
                {
                    request.Content.Headers.TryAddWithoutValidation(name, value);
                }
            }

            using var answer = await http.SendAsync(request);
            var body = await answer.Content.ReadAsStringAsync();
            Slowest(TimeProvider.System.GetElapsedTime(began).Ticks);
            if (answer.StatusCode == HttpStatusCode.Accepted)
            {
                acks.Add(letter.Connection, letter.EventId, letter.Body);
                taken.AddOrUpdate(web, 1, (_, before) => before + 1);
            }

            return ((int)answer.StatusCode, body);
        }
        catch (Exception error) when (error is HttpRequestException or IOException or TaskCanceledException)
        {
            Interlocked.Increment(ref unanswered);
            return (null, "");
        }
        finally
        {
            Interlocked.Decrement(ref underWay);
        }
    }

    /// <summary>Brings up to so many old letters once more; how many were taken.</summary>
    public async Task<int> BringLateAsync(int most)
    {
        var taken = 0;
        while (most-- > 0 && kept.TryDequeue(out var letter))
        {
            taken += (await CarryAsync(letter)).Status == StatusCodes.Status202Accepted ? 1 : 0;
        }

        return taken;
    }

    public async ValueTask DisposeAsync()
    {
        await door.DisposeAsync();
        http.Dispose();
    }

    private async Task<IResult> TakeAsync(HttpContext context, string connection)
    {
        using var bytes = new MemoryStream();
        await context.Request.Body.CopyToAsync(bytes, context.RequestAborted);
        var letter = new Letter(
            connection, context.Request.GetEncodedPathAndQuery(),
            [.. context.Request.Headers.Where(h => !notForwarded.Contains(h.Key, StringComparer.OrdinalIgnoreCase)).Select(h => KeyValuePair.Create(h.Key, h.Value.ToString()))], bytes.ToArray());
        var manners = Manners;
        var fate = Fate(letter);
        if (manners.Detour > TimeSpan.Zero)
        {
            await Task.Delay(manners.Detour * fate.NextDouble(), TimeProvider.System, context.RequestAborted);
        }

        if (fate.NextDouble() < manners.LateShare)
        {
            kept.Enqueue(letter);
        }

        var answers = await Task.WhenAll(Enumerable.Range(0, manners.Copies == 1 ? 1 : 2 + (int)(fate.NextDouble() * (manners.Copies - 1))).Select(_ => CarryAsync(letter)));
        var (status, body) = answers.FirstOrDefault(a => a.Status is >= 200 and < 300, answers[0]);
        return status is null ? Results.StatusCode(StatusCodes.Status503ServiceUnavailable) : Results.Text(body, "text/plain", statusCode: status);
    }

    // Of the seed and the letter alone: in each replay the same letter fares the same, whenever it comes.
    private Random Fate(Letter letter) => new(BitConverter.ToInt32(SHA256.HashData(Encoding.UTF8.GetBytes($"{seed}/{letter.EventId ?? letter.PathAndQuery}"))));

    private void Slowest(long ticks)
    {
        while (Interlocked.Read(ref slowest) is var before && ticks > before && Interlocked.CompareExchange(ref slowest, ticks, before) != before)
        {
        }
    }
}
