using System.Globalization;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using ControlTower.Simulator.Faults;

namespace ControlTower.Simulator.Shopify.Webhooks;

/// <summary>
/// Delivers a shop's events as the vendor does: signed, five seconds for an answer, eight retries over four vendor hours, no order kept.
/// When a delivery used up its retries the subscription is deleted.
/// </summary>
public sealed class WebhookSender(EstateOptions options, CancellationToken stopping) : IDisposable
{
    public const string ApiVersion = "2026-07";

    /// <summary>Vendor time from one try to the next; together four hours.</summary>
    public static IReadOnlyList<TimeSpan> Pauses { get; } = [.. new double[] { 0.25, 1, 5, 15, 30, 45, 60, 83.75 }.Select(TimeSpan.FromMinutes)];

    private readonly HttpClient http = new(new SocketsHttpHandler { AllowAutoRedirect = false, ConnectTimeout = TimeSpan.FromSeconds(1), UseProxy = false, MaxConnectionsPerServer = 32 })
    {
        Timeout = Timeout.InfiniteTimeSpan,
    };

    private readonly SemaphoreSlim lanes = new(64);
    private int underway;
    private long delivered;
    private long failed;

    public int Underway => Volatile.Read(ref underway);
    public long Delivered => Interlocked.Read(ref delivered);
    public long Failed => Interlocked.Read(ref failed);

    /// <summary>Sends to every subscription of the topic without waiting for the answers.</summary>
    public void Send(Shop shop, FaultBoard board, string topic, JsonObject body)
    {
        var eventId = Guid.NewGuid();
        var at = options.Clock.GetUtcNow();
        foreach (var subscription in shop.Read(() => shop.Subscriptions.For(topic)))
        {
            if (board.Take(false, topic, FaultKinds.WebhookDrop) is not null) continue;
            var bytes = JsonSerializer.SerializeToUtf8Bytes(Chosen(body, subscription.IncludeFields));
            var delivery = new Delivery(shop, subscription, bytes, eventId, Guid.NewGuid(), at);
            var copies = board.Take(false, topic, FaultKinds.WebhookDuplicate)?.Copies ?? 1;
            for (var i = 0; i < copies; i++) Start(delivery, Detour(board, topic));
            if (board.Take(false, topic, FaultKinds.WebhookRetold) is not null) Start(delivery with { Body = Retold(bytes), WebhookId = Guid.NewGuid() }, TimeSpan.FromSeconds(1));
        }
    }

    /// <summary>The same event as a shop would tell it whose staff changed a note meanwhile. What has no note is told in the same bytes.</summary>
    private static byte[] Retold(byte[] told)
    {
        var body = JsonNode.Parse(told)!.AsObject();
        if (body.ContainsKey("note")) body["note"] = $"{body["note"]?.GetValue<string>()} (sent again)".TrimStart();
        return JsonSerializer.SerializeToUtf8Bytes(body);
    }

    private TimeSpan Detour(FaultBoard board, string topic)
    {
        if (board.Take(false, topic, FaultKinds.WebhookDelay) is { } delay) return TimeSpan.FromSeconds(delay.Seconds);
        // Reordering: each delivery waits its own random part of the window, so later events overtake earlier ones.
        return board.Take(false, topic, FaultKinds.WebhookReorder) is { } reorder ? TimeSpan.FromSeconds((reorder.Seconds == 0 ? 5 : reorder.Seconds) * Random.Shared.NextDouble()) : TimeSpan.Zero;
    }

    private void Start(Delivery delivery, TimeSpan after)
    {
        Interlocked.Increment(ref underway);
        _ = Task.Run(async () =>
        {
            try
            {
                await DeliverAsync(delivery, after);
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
            }
            finally
            {
                Interlocked.Decrement(ref underway);
            }
        }, CancellationToken.None);
    }

    private async Task DeliverAsync(Delivery delivery, TimeSpan after)
    {
        if (after > TimeSpan.Zero) await Task.Delay(after, options.Clock, stopping);
        for (var attempt = 0; ; attempt++)
        {
            if (await TryAsync(delivery))
            {
                Interlocked.Increment(ref delivered);
                return;
            }

            Interlocked.Increment(ref failed);
            if (attempt == Pauses.Count) break;
            await Task.Delay(options.Scaled(Pauses[attempt]), options.Clock, stopping);
            if (delivery.Shop.Read(() => delivery.Shop.Subscriptions.Find(delivery.Subscription.Id)) is null) return;
        }

        await delivery.Shop.ChangeAsync(change =>
        {
            if (delivery.Shop.Subscriptions.Find(delivery.Subscription.Id) is not null) delivery.Shop.Subscriptions.Remove(change, delivery.Subscription.Id);
            return true;
        });
    }

    private async Task<bool> TryAsync(Delivery delivery)
    {
        await lanes.WaitAsync(stopping);
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(5), options.Clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, stopping);
        try
        {
            using var request = Request(delivery);
            using var answer = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, either.Token);
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

    private static HttpRequestMessage Request(Delivery delivery)
    {
        var content = new ByteArrayContent(delivery.Body);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        var request = new HttpRequestMessage(HttpMethod.Post, delivery.Subscription.Uri) { Content = content };
        var hmac = HMACSHA256.HashData(Encoding.UTF8.GetBytes(delivery.Shop.ClientSecret), delivery.Body);
        request.Headers.Add("X-Shopify-Topic", delivery.Subscription.Topic);
        request.Headers.Add("X-Shopify-Hmac-Sha256", Convert.ToBase64String(hmac));
        request.Headers.Add("X-Shopify-Shop-Domain", delivery.Shop.Market.Domain);
        request.Headers.Add("X-Shopify-API-Version", ApiVersion);
        request.Headers.Add("X-Shopify-Webhook-Id", delivery.WebhookId.ToString());
        request.Headers.Add("X-Shopify-Event-Id", delivery.EventId.ToString());
        request.Headers.Add("X-Shopify-Triggered-At", delivery.At.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fffffff'00Z'", CultureInfo.InvariantCulture));
        if (delivery.Subscription.Name is { } name) request.Headers.Add("X-Shopify-Name", name);
        request.Headers.TryAddWithoutValidation("User-Agent", "Shopify-Captain-Hook");
        return request;
    }

    private static JsonObject Chosen(JsonObject body, IReadOnlyList<string> fields) =>
        fields.Count == 0 ? body : new JsonObject(body.Where(p => fields.Contains(p.Key)).Select(p => KeyValuePair.Create(p.Key, p.Value?.DeepClone())));

    public void Dispose()
    {
        http.Dispose();
        lanes.Dispose();
    }

    private sealed record Delivery(Shop Shop, Subscription Subscription, byte[] Body, Guid EventId, Guid WebhookId, DateTimeOffset At);
}
