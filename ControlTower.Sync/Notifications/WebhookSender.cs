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
/// Posts messages to webhooks. Only an answer of 2xx is a success; a redirect is none and is not followed, an address in a private network is not called unless that is allowed.
/// </summary>
public sealed class WebhookSender : IMessageSender, IDisposable
{
    private const int LongestQuote = 120;

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

    public async Task<SendAnswer> SendAsync(MessagePlace place, Message message, CancellationToken cancel)
    {
        // The address is a secret of its own: it must not stand in a trace.
        using var untraced = SuppressInstrumentationScope.Begin();
        return await http.SendOnceAsync(Request(place, message), clock, cancel) switch
        {
            Exchange.Answered { IsSuccess: true } answer => new SendAnswer(Sent: true, string.Create(CultureInfo.InvariantCulture, $"The receiver answered {(int)answer.Status}.")),
            Exchange.Answered answer => SendAnswer.No(Words(answer), answer.RetryAfter),
            Exchange.NotSent refused => SendAnswer.No(refused.Message),
            Exchange.NoAnswer silence => SendAnswer.No(silence.Message),
            _ => SendAnswer.No("No answer."),
        };
    }

    public void Dispose() => http.Dispose();

    private HttpRequestMessage Request(MessagePlace place, Message message)
    {
        var body = WebhookBody.Of(place.Kind, message);
        var request = new HttpRequestMessage(HttpMethod.Post, place.Secrets["url"]) { Content = new ByteArrayContent(body) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } } };
        if (place.Kind == ChannelKind.Webhook)
        {
            // The instant of this try, not of the message: receivers refuse what is old.
            var now = clock.GetUtcNow();
            request.Headers.Add("webhook-id", message.Id);
            request.Headers.Add("webhook-timestamp", now.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture));
            request.Headers.Add("webhook-signature", StandardSignature.Of(place.Secrets["key"], message.Id, now, body));
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
