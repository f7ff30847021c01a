using System.Collections.Concurrent;
using System.Net;
using System.Text;
using ControlTower.Sync.Gateway;

namespace ControlTower.Tests.Support;

/// <summary>A network on which every host answers as the test says; by default as a Vendure shop that lists orders.</summary>
public sealed class TestTransport : IVendorTransport
{
    public ConcurrentQueue<string> Asked { get; } = new();

    public Func<HttpRequestMessage, (HttpStatusCode Status, string Body)> Answer { get; set; } = request =>
        request.RequestUri!.Host.StartsWith("refuse", StringComparison.Ordinal) ? (HttpStatusCode.Forbidden, "{}") : (HttpStatusCode.OK, """{"data":{"orders":{"totalItems":3}}}""");

    public HttpMessageHandler Create() => new Wire(this);

    private sealed class Wire(TestTransport transport) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            transport.Asked.Enqueue($"{request.RequestUri} {string.Join(' ', request.Headers.SelectMany(header => header.Value))}");
            var (status, body) = transport.Answer(request);
            return Task.FromResult(new HttpResponseMessage(status) { RequestMessage = request, Content = new StringContent(body, Encoding.UTF8, "application/json") });
        }
    }
}
