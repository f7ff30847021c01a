using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using ControlTower.Data.Notifications;
using ControlTower.Sync.Connectors.Http;
using Microsoft.Extensions.Options;
using OpenTelemetry;

namespace ControlTower.Sync.Notifications;

/// <summary>
/// Posts to webhooks: messages for people, events for programs. Only an answer of 2xx is a success; a redirect is none and is not followed, an address in a private network is not called unless that is allowed.
/// </summary>
public sealed class WebhookSender : IMessageSender, IDisposable
{
    private const int LongestQuote = 120;

    /// <summary>Whatever a receiver has to say is short; many answer at once.</summary>
    private const int LargestAnswer = 1024 * 1024;

    private readonly HttpClient http;
    private readonly TimeProvider clock;

    public WebhookSender(IOptions<NotificationOptions> options, TimeProvider clock)
    {
        this.clock = clock;
        var allowPrivate = options.Value.AllowPrivateNetworks;
        http = new HttpClient(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseProxy = false,
            UseCookies = false,
            ConnectTimeout = TimeSpan.FromSeconds(5),
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
            MaxResponseHeadersLength = 64,
            ConnectCallback = async (context, cancel) => new NetworkStream(
                await SoundSocket.ConnectAsync(context.DnsEndPoint.Host, context.DnsEndPoint.Port, address => WebhookAddress.IsRefused(address, allowPrivate), cancel), ownsSocket: true),
        });
    }

    public bool Sends(string kind) => kind is ChannelKind.Slack or ChannelKind.Teams or ChannelKind.Webhook;

    public Task<SendAnswer> SendAsync(MessagePlace place, Message message, CancellationToken cancel) =>
        PostAsync(place.Secrets["url"], "application/json", WebhookBody.Of(place.Kind, message), message.Id, place.Kind == ChannelKind.Webhook ? [place.Secrets["key"]] : [], cancel);

    /// <summary>Posts once. Signed as Standard Webhooks asks, with each key, so that a receiver may exchange its own at leisure; without a key, not at all.</summary>
    /// <param name="id">The same whenever the same is posted.</param>
    public async Task<SendAnswer> PostAsync(string url, string contentType, byte[] body, string id, IReadOnlyList<string> keys, CancellationToken cancel)
    {
        // The address is a secret of its own: it must not stand in a trace.
        using var untraced = SuppressInstrumentationScope.Begin();
        return await http.SendOnceAsync(Request(url, contentType, body, id, keys), clock, cancel, LargestAnswer) switch
        {
            Exchange.Answered { IsSuccess: true } answer => new SendAnswer(Sent: true, string.Create(CultureInfo.InvariantCulture, $"The receiver answered {(int)answer.Status}."), null, (int)answer.Status),
            Exchange.Answered answer => SendAnswer.No(Words(answer), answer.RetryAfter, (int)answer.Status),
            Exchange.NotSent refused => SendAnswer.No(refused.Message),
            Exchange.NoAnswer silence => SendAnswer.No(silence.Message),
            _ => SendAnswer.No("No answer."),
        };
    }

    public void Dispose() => http.Dispose();

    private HttpRequestMessage Request(string url, string contentType, byte[] body, string id, IReadOnlyList<string> keys)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, url) { Content = new ByteArrayContent(body) { Headers = { ContentType = MediaTypeHeaderValue.Parse(contentType) } } };
        if (keys.Count > 0)
        {
            // The instant of this try, not of what is told: receivers refuse what is old.
            var now = clock.GetUtcNow();
            request.Headers.Add("webhook-id", id);
            request.Headers.Add("webhook-timestamp", now.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture));
            request.Headers.Add("webhook-signature", string.Join(' ', keys.Select(key => StandardSignature.Of(key, id, now, body))));
        }

        return request;
    }

    private static string Words(Exchange.Answered answer)
    {
        var said = new string([.. Encoding.UTF8.GetString(answer.Body.AsSpan(0, Math.Min(answer.Body.Length, LongestQuote))).Where(c => !char.IsControl(c) && c != '\ufffd')]).Trim();
        var code = string.Create(CultureInfo.InvariantCulture, $"The receiver answered {(int)answer.Status}");
        return answer.Status is >= HttpStatusCode.MultipleChoices and < HttpStatusCode.BadRequest ? $"{code}: a redirect, which is not followed."
            : said.Length == 0 || said.StartsWith('<') ? $"{code}." : $"{code}: {said}";
    }
}
