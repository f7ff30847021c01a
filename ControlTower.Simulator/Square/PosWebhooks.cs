using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using ControlTower.Simulator.Faults;

namespace ControlTower.Simulator.Square;

/// <summary>Tells subscribers what happened as the vendor does: thin, signed over address and body, tried again for a day under the same event id, in no order.</summary>
internal sealed class PosWebhooks(PosAccount account, FaultBoard board, CancellationToken stopping) : IDisposable
{
    /// <summary>Vendor time from one try to the next.</summary>
    private static readonly TimeSpan[] Pauses = [.. new double[] { 1, 2, 4, 8, 16, 32, 60, 120, 240, 480, 477 }.Select(TimeSpan.FromMinutes)];

    private readonly HttpClient http = new(new SocketsHttpHandler { AllowAutoRedirect = false, ConnectTimeout = TimeSpan.FromSeconds(1), UseProxy = false, MaxConnectionsPerServer = 16 })
    {
        Timeout = TimeSpan.FromSeconds(10),
    };

    private readonly SemaphoreSlim lanes = new(32);

    public void Send(IReadOnlyList<(string Type, string Id, string Kind, JsonObject Object)> events)
    {
        foreach (var (type, id, kind, thing) in events)
        {
            foreach (var subscription in account.Read(() => account.Tables.All("subscriptions").Where(s => Wants(s, type)).ToList()))
            {
                if (board.Take(false, type, FaultKinds.WebhookDrop) is not null) continue;
                var body = Encoding.UTF8.GetBytes(Body(type, id, kind, thing).ToJsonString());
                var copies = board.Take(false, type, FaultKinds.WebhookDuplicate)?.Copies ?? 1;
                for (var i = 0; i < copies; i++) Start(subscription["notification_url"]!.GetValue<string>(), body, Detour(type));
            }
        }
    }

    private static bool Wants(JsonObject subscription, string type)
        => subscription["enabled"]?.GetValue<bool>() == true && subscription["event_types"] is JsonArray types && types.Any(t => t?.GetValue<string>() == type);

    private JsonObject Body(string type, string id, string kind, JsonObject thing) => new()
    {
        ["merchant_id"] = account.MerchantId, ["type"] = type, ["event_id"] = Guid.NewGuid().ToString(), ["created_at"] = PosMoney.Iso(account.Options.Clock.GetUtcNow()),
        ["data"] = new JsonObject { ["type"] = kind, ["id"] = id, ["object"] = thing.DeepClone() },
    };

    private TimeSpan Detour(string type)
        => board.Take(false, type, FaultKinds.WebhookDelay) is { } delay ? TimeSpan.FromSeconds(delay.Seconds)
            : board.Take(false, type, FaultKinds.WebhookReorder) is { } reorder ? TimeSpan.FromSeconds((reorder.Seconds == 0 ? 5 : reorder.Seconds) * Random.Shared.NextDouble())
            : TimeSpan.Zero;

    private void Start(string url, byte[] body, TimeSpan after) => _ = Task.Run(async () =>
    {
        try
        {
            if (after > TimeSpan.Zero) await Task.Delay(after, account.Options.Clock, stopping);
            for (var attempt = 0; !await TryAsync(url, body) && attempt < Pauses.Length; attempt++) await Task.Delay(account.Options.Scaled(Pauses[attempt]), account.Options.Clock, stopping);
        }
        catch (Exception e) when (stopping.IsCancellationRequested && e is OperationCanceledException or ObjectDisposedException)
        {
        }
    }, CancellationToken.None);

    private async Task<bool> TryAsync(string url, byte[] body)
    {
        await lanes.WaitAsync(stopping);
        try
        {
            using var content = new ByteArrayContent(body);
            content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
            using var request = new HttpRequestMessage(HttpMethod.Post, url) { Content = content };
            request.Headers.Add("x-square-hmacsha256-signature", Seal(url, body));
            request.Headers.Add("square-environment", "Production");
            using var answer = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, stopping);
            return answer.IsSuccessStatusCode;
        }
        catch (Exception e) when (e is HttpRequestException or IOException || (e is OperationCanceledException && !stopping.IsCancellationRequested))
        {
            return false;
        }
        finally
        {
            lanes.Release();
        }
    }

    private string Seal(string url, byte[] body)
    {
        byte[] whole = [.. Encoding.UTF8.GetBytes(url), .. body];
        return Convert.ToBase64String(HMACSHA256.HashData(Encoding.UTF8.GetBytes(account.SignatureKey), whole));
    }

    public void Dispose()
    {
        http.Dispose();
        lanes.Dispose();
    }
}
