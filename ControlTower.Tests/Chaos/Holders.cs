using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using ControlTower.Data.ApiClients;
using ControlTower.Data.Audit;
using ControlTower.Data.Db;
using ControlTower.Web.Auth;

namespace ControlTower.Tests.Chaos;

/// <summary>
/// People who hold scarce goods through the API of both webs and take them along, give them back or leave them lying. Each request is repeated under its key until it has an answer, as programs do;
/// what left is kept here, apart from the tower.
/// </summary>
internal sealed class Holders : IDisposable
{
    private static readonly TimeSpan Pace = TimeSpan.FromSeconds(1.2);
    private static readonly TimeSpan Again = TimeSpan.FromMilliseconds(300);

    private readonly ChaosWorld world;
    private readonly Random dice;
    private readonly HttpClient http = new(new SocketsHttpHandler { UseProxy = false, ConnectTimeout = TimeSpan.FromSeconds(1), PooledConnectionLifetime = TimeSpan.FromSeconds(20) }) { Timeout = TimeSpan.FromSeconds(5) };
    private int asked;
    private int turn;

    private Holders(ChaosWorld world, int seed, string key)
    {
        (this.world, dice) = (world, new Random(seed));
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
    }

    /// <summary>Pieces of which the tower said that they were taken along.</summary>
    public int Left { get; private set; }

    /// <summary>Wishes that were granted.</summary>
    public int Granted { get; private set; }

    /// <summary>Wishes for which there was not enough any more.</summary>
    public int Refused { get; private set; }

    /// <summary>Answers that no caller can make sense of.</summary>
    public List<string> Odd { get; } = [];

    public static async Task<Holders> StartAsync(ChaosWorld world, int seed, CancellationToken cancel)
    {
        await using var sources = new TowerDataSources(world.ConnectionString);
        var (key, refusal) = await new ApiClientStore(sources, new AuditLog(sources, TimeProvider.System)).AddAsync(
            Guid.NewGuid(), "holders", [Scopes.ReservationsWrite], [], TimeSpan.FromDays(1), new Actor(null, "Ida Holm", "Admin"), cancel);
        return new Holders(world, seed, key ?? throw new InvalidOperationException(refusal.ToString()));
    }

    /// <summary>Until the time is over; what was begun is brought to its end.</summary>
    public async Task HoldAsync(TimeSpan time, CancellationToken cancel)
    {
        var began = TimeProvider.System.GetTimestamp();
        using var rhythm = new PeriodicTimer(Pace, TimeProvider.System);
        while (TimeProvider.System.GetElapsedTime(began) < time)
        {
            await HoldOneAsync(cancel);
            await rhythm.WaitForNextTickAsync(cancel);
        }
    }

    /// <summary>What the stock of the scarce goods says after all; null if it is as it has to be.</summary>
    public async Task<string?> MissingAsync()
    {
        var there = (await world.ListAsync("select on_hand, reserved from stock where sku = $1", r => (OnHand: r.GetInt32(0), Reserved: r.GetInt32(1)), ChaosWorld.Scarce))[0];
        return there.OnHand == ChaosWorld.ScarcePieces - Left && there.Reserved <= there.OnHand ? null
            : string.Create(CultureInfo.InvariantCulture, $"of {ChaosWorld.ScarcePieces} scarce pieces {Left} were taken along, and {there.OnHand} are there of which {there.Reserved} are held");
    }

    public void Dispose() => http.Dispose();

    private async Task HoldOneAsync(CancellationToken cancel)
    {
        var (pieces, mood) = (dice.Next(1, 4), dice.NextDouble());
        var wish = new { kind = "cart", reference = string.Create(CultureInfo.InvariantCulture, $"cart-{++asked}"), seconds = 3600, lines = new[] { new { sku = ChaosWorld.Scarce, quantity = pieces } } };
        var (status, hold) = await AskAsync("/api/v1/reservations", wish, cancel);
        if (status == 409)
        {
            Refused++;
            return;
        }

        Granted++;
        var id = hold.GetProperty("id").GetGuid();
        if (mood < 0.5)
        {
            await AskAsync($"/api/v1/reservations/{id}/commit", null, cancel);
            Left += pieces;
        }
        else if (mood < 0.8)
        {
            await AskAsync($"/api/v1/reservations/{id}/release", null, cancel);
        }
    }

    /// <summary>Asks one web after the other until one has decided: it did it, or there is not enough.</summary>
    private async Task<(int Status, JsonElement Body)> AskAsync(string path, object? body, CancellationToken cancel)
    {
        var key = Guid.NewGuid().ToString();
        while (true)
        {
            if (await TryAsync(path, body, key, cancel) is { } answer)
            {
                return answer;
            }

            await Task.Delay(Again, TimeProvider.System, cancel);
        }
    }

    private async Task<(int Status, JsonElement Body)?> TryAsync(string path, object? body, string key, CancellationToken cancel)
    {
        var open = world.Webs.Select(w => w.Address).OfType<Uri>().ToList();
        if (open.Count == 0)
        {
            return null;
        }

        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(open[turn++ % open.Count], path)) { Content = body is null ? null : JsonContent.Create(body) };
            request.Headers.Add("Idempotency-Key", key);
            using var answer = await http.SendAsync(request, cancel);
            var (status, text) = ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync(cancel));
            if (status is 200 or 201 || (status == 409 && text.Contains("/out-of-stock", StringComparison.Ordinal)))
            {
                using var read = JsonDocument.Parse(text);
                return (status, read.RootElement.Clone());
            }

            // A try whose answer got lost may still be under way.
            if (status is not (429 or 503) && !text.Contains("/idempotency-key-running", StringComparison.Ordinal))
            {
                Odd.Add($"{path} was answered {status}: {text}");
            }

            return null;
        }
        catch (Exception error) when (error is HttpRequestException or IOException or TaskCanceledException && !cancel.IsCancellationRequested)
        {
            return null; // No answer is none: asked again under the same key.
        }
    }
}
