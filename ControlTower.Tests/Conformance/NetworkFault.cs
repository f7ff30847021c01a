using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using ControlTower.Data.Canonical;
using ControlTower.Sync.Connectors;
using Xunit;

namespace ControlTower.Tests.Conformance;

/// <summary>A way in which a call can fail, and what a connector must say when a write of it failed so.</summary>
/// <param name="Answer">Answers, or throws as the network would.</param>
public sealed record NetworkFault(string Name, Func<CancellationToken, HttpResponseMessage> Answer, Action<Outcome, string> Expect)
{
    public static readonly DateTimeOffset Now = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);

    public static IReadOnlyList<NetworkFault> All { get; } =
    [
        new("refused connection", _ => throw new HttpRequestException(HttpRequestError.ConnectionError), NotDone(FailureKind.Connection)),
        new("unknown host", _ => throw new HttpRequestException(HttpRequestError.NameResolutionError), NotDone(FailureKind.Connection)),
        new("no TLS", _ => throw new HttpRequestException(HttpRequestError.SecureConnectionError), NotDone(FailureKind.Connection)),
        new("reset after sending", _ => throw new HttpRequestException(HttpRequestError.ResponseEnded), Unknown),
        new("broken pipe", _ => throw new HttpRequestException("io", new IOException("broken pipe")), Unknown),
        new("timeout", _ => throw new TaskCanceledException("timeout", new TimeoutException()), Unknown),
        new("429 seconds", _ => Status(429, after: new RetryConditionHeaderValue(TimeSpan.FromSeconds(7))), NotDone(FailureKind.RateLimit, TimeSpan.FromSeconds(7))),
        new("429 date", _ => Status(429, after: new RetryConditionHeaderValue(Now.AddSeconds(42))), NotDone(FailureKind.RateLimit, TimeSpan.FromSeconds(42))),
        new("503 date", _ => Status(503, after: new RetryConditionHeaderValue(Now.AddMinutes(2))), NotDone(FailureKind.Connection, TimeSpan.FromMinutes(2))),
        new("503 seconds", _ => Status(503, after: new RetryConditionHeaderValue(TimeSpan.FromSeconds(30))), NotDone(FailureKind.Connection, TimeSpan.FromSeconds(30))),
        new("500", _ => Status(500), Unknown),
        new("502", _ => Status(502, "<html>Bad gateway</html>", "text/html"), Unknown),
        new("504", _ => Status(504), Unknown),
        new("408", _ => Status(408), Unknown),
        new("200 with HTML", _ => Status(200, "<html>Welcome</html>", "text/html"), Unknown),
        new("200 with cut JSON", _ => Status(200, "{\"data\":{\"id\":\"1", "application/json"), Unknown),
        new("200 with other JSON", _ => Status(200, "[1,2]", "application/json"), Unknown),
        new("401", _ => Status(401, "{}", "application/json"), NotDone(FailureKind.Connection)),
        new("403", _ => Status(403, "{}", "application/json"), (outcome, what) => Assert.True(outcome is Outcome.Refused { Kind: FailureKind.Connection }, $"{what}: {outcome}")),
    ];

    private static Action<Outcome, string> NotDone(FailureKind kind, TimeSpan? after = null) => (outcome, what)
        => Assert.True(outcome is Outcome.NotDone done && done.Kind == kind && (after is null || done.RetryAfter == after), string.Create(CultureInfo.InvariantCulture, $"{what}: {outcome}"));

    private static void Unknown(Outcome outcome, string what) => Assert.True(outcome is Outcome.Unknown, $"{what}: {outcome}");

    private static HttpResponseMessage Status(int status, string body = "", string type = "text/plain", RetryConditionHeaderValue? after = null)
    {
        var response = new HttpResponseMessage((HttpStatusCode)status) { Content = new StringContent(body, Encoding.UTF8, type) };
        response.Headers.RetryAfter = after;
        return response;
    }
}
