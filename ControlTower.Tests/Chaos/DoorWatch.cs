using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Text;
using ControlTower.Tests.Conformance.Shopify;

namespace ControlTower.Tests.Chaos;

/// <summary>Senders with a stopwatch and far more patience than a door may use up, so that a slow answer is measured and not cut off.</summary>
internal sealed class DoorWatch(ChaosWorld world, string shop) : IDisposable
{
    private static readonly TimeSpan Breath = TimeSpan.FromMilliseconds(50);

    private readonly HttpClient http = new(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false }) { Timeout = TimeSpan.FromSeconds(60) };
    private readonly ConcurrentBag<Answer> letters = [];
    private readonly ConcurrentBag<Answer> signs = [];

    /// <param name="SaysWhen">It says when to come again.</param>
    internal sealed record Answer(HttpStatusCode Status, bool SaysWhen, TimeSpan Took);

    /// <summary>What the doors said to letters.</summary>
    public IReadOnlyCollection<Answer> Letters => letters;

    /// <summary>What the processes said when they were asked whether they live.</summary>
    public IReadOnlyCollection<Answer> Signs => signs;

    /// <summary>Different letters to both doors by so many hands, until the time is over and each has its answer.</summary>
    public async Task PushAsync(string name, int hands, TimeSpan time, CancellationToken cancel)
    {
        var (domain, secret) = await world.ShopAsync(shop);
        var began = TimeProvider.System.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, hands).Select(hand => Task.Run(() => HandAsync(hand), cancel)).Concat(world.Webs.Select(web => Task.Run(() => AliveAsync(web), cancel))));

        async Task HandAsync(int hand)
        {
            using var breath = new PeriodicTimer(Breath, TimeProvider.System);
            for (var number = 0; TimeProvider.System.GetElapsedTime(began) < time; number++)
            {
                var letter = SignedWebhook.Of(
                    shop, domain, secret, "orders/create", string.Create(CultureInfo.InvariantCulture, $"{name}-{hand}-{number}"), Encoding.UTF8.GetBytes(MadeOrder.Of((hand * 1_000) + number).AsWebhook()));
                letters.Add(await SendAsync(world.Webs.ElementAt(hand % 2), letter, cancel));
                await breath.WaitForNextTickAsync(cancel);
            }
        }

        async Task AliveAsync(TowerNode web)
        {
            using var breath = new PeriodicTimer(Breath, TimeProvider.System);
            while (TimeProvider.System.GetElapsedTime(began) < time)
            {
                using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(web.Address!, "/health/live"));
                signs.Add(await AnswerAsync(request, cancel));
                await breath.WaitForNextTickAsync(cancel);
            }
        }
    }

    public void Dispose() => http.Dispose();

    private async Task<Answer> SendAsync(TowerNode web, Postman.Letter letter, CancellationToken cancel)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(web.Address!, letter.PathAndQuery)) { Content = new ByteArrayContent(letter.Body) };
        foreach (var (name, value) in letter.Headers)
        {
            if (!request.Headers.TryAddWithoutValidation(name, value))
            {
                request.Content.Headers.TryAddWithoutValidation(name, value);
            }
        }

        var answer = await AnswerAsync(request, cancel);
        if (answer.Status == HttpStatusCode.Accepted)
        {
            world.Acks.Add(letter.Connection, letter.EventId, letter.Body);
        }

        return answer;
    }

    private async Task<Answer> AnswerAsync(HttpRequestMessage request, CancellationToken cancel)
    {
        var began = TimeProvider.System.GetTimestamp();
        using var answer = await http.SendAsync(request, cancel);
        return new Answer(answer.StatusCode, answer.Headers.RetryAfter is not null, TimeProvider.System.GetElapsedTime(began));
    }
}
