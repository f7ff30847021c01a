using System.Net;
using System.Text;
using System.Text.Json;
using ControlTower.Sync.Connectors;

namespace ControlTower.Tests.Conformance;

/// <summary>One request as the vendor would have seen it.</summary>
public sealed record VendorRequest(HttpMethod Method, Uri Address, IReadOnlyDictionary<string, string> Headers, string Body)
{
    public JsonElement Json => JsonDocument.Parse(Body).RootElement;

    /// <summary>Path and query, unescaped.</summary>
    public string Path => Uri.UnescapeDataString(Address.PathAndQuery);
}

/// <summary>A vendor in the same process: answers by a function and remembers every request.</summary>
public sealed class FakeVendor(Func<VendorRequest, HttpResponseMessage> answer) : HttpMessageHandler
{
    public List<VendorRequest> Requests { get; } = [];

    /// <summary>Set to answer differently, or to fail as networks do; null falls through to the usual answer.</summary>
    public Func<VendorRequest, CancellationToken, HttpResponseMessage?>? Fault { get; set; }

    public static HttpResponseMessage Json(string body, HttpStatusCode status = HttpStatusCode.OK)
        => new(status) { Content = new StringContent(body, Encoding.UTF8, "application/json") };

    public HttpClient Client() => new(this, disposeHandler: false) { Timeout = Timeout.InfiniteTimeSpan };

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var headers = request.Headers.Concat(request.Content?.Headers.AsEnumerable() ?? [])
            .ToDictionary(h => h.Key, h => string.Join(',', h.Value), StringComparer.OrdinalIgnoreCase);
        var body = request.Content is null ? "" : await request.Content.ReadAsStringAsync(cancellationToken);
        var seen = new VendorRequest(request.Method, request.RequestUri!, headers, body);
        lock (Requests)
        {
            Requests.Add(seen);
        }

        cancellationToken.ThrowIfCancellationRequested();
        return Fault?.Invoke(seen, cancellationToken) ?? answer(seen);
    }
}

/// <summary>Collects what clients report about their budget.</summary>
public sealed class FakeScope : CallScope
{
    public List<(double Cost, double Available, double Rate, double Capacity)> Charges { get; } = [];

    public override void Charged(double cost, double available, double restoreRate, double capacity) => Charges.Add((cost, available, restoreRate, capacity));
}
