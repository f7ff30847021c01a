using System.Collections.Concurrent;
using System.Net;
using System.Text;
using ControlTower.Sync.Connectors;
using ControlTower.Sync.Connectors.Http;
using ControlTower.Sync.Gateway;

namespace ControlTower.Tests.Support;

/// <summary>A request as the vendor saw it.</summary>
public sealed record SeenRequest(DateTimeOffset At, HttpMethod Method, string Path, string Body);

/// <summary>
/// An ERP that is spoken to in HTTP, and its end of the wire: it keeps a ledger that doubles happily, remembers every request with its time and how many it had at once.
/// </summary>
public sealed class HttpErp : IConnector, IVendorTransport
{
    private readonly TimeProvider clock = TimeProvider.System;
    private int present;
    private int most;

    public string Kind { get; init; } = "test-erp";

    public string Host { get; init; } = "erp.test";

    public SystemRole Role => SystemRole.Erp;

    public VendorLimits Stated { get; set; } = new(Concurrency: 1);

    /// <summary>Keys in the order in which they were posted.</summary>
    public ConcurrentQueue<string> Ledger { get; } = new();

    public ConcurrentQueue<SeenRequest> Seen { get; } = new();

    /// <summary>Answers instead of the ERP, or throws as the network would; null lets the request pass.</summary>
    public Func<SeenRequest, HttpResponseMessage?> Fault { get; set; } = _ => null;

    /// <summary>Every request ends after this.</summary>
    public Func<Task> Works { get; set; } = () => Task.CompletedTask;

    public int Present => Volatile.Read(ref present);

    /// <summary>Most requests that it ever had at once.</summary>
    public int MostPresent => Volatile.Read(ref most);

    /// <summary>What stands on the wire above the vendor; a sabotage puts a layer in between.</summary>
    public Func<HttpMessageHandler, HttpMessageHandler> Above { get; set; } = wire => wire;

    public static HttpResponseMessage Status(HttpStatusCode status, string? retryAfter = null)
    {
        var answer = new HttpResponseMessage(status) { Content = new StringContent("{}", Encoding.UTF8, "application/json") };
        if (retryAfter is not null)
        {
            answer.Headers.TryAddWithoutValidation("Retry-After", retryAfter);
        }

        return answer;
    }

    public HttpMessageHandler Create() => Above(new Wire(this));

    public IReadOnlyList<SettingProblem> Check(ConnectionProfile profile) => [];

    public VendorLimits Limits(ConnectionProfile profile) => Stated;

    public Receipt Receive(RawRequest request, ConnectionProfile profile, DateTimeOffset now) => new Receipt.Forged("it does not push");

    public Translation Translate(StoredMessage message, ConnectionProfile profile) => new Translation.Ignored("it tells nothing");

    public IVendorClient Connect(ConnectionProfile profile, HttpClient http, TimeProvider clock) => new Client(http, Host, clock);

    public IReadOnlyList<FeedPlan> Feeds(ConnectionProfile profile) => [new FeedPlan("changes", TimeSpan.FromMilliseconds(100), TimeSpan.Zero)];

    private async Task<HttpResponseMessage> ServeAsync(HttpRequestMessage request, CancellationToken cancel)
    {
        var here = Interlocked.Increment(ref present);
        for (var seen = most; here > seen; seen = most)
        {
            Interlocked.CompareExchange(ref most, here, seen);
        }

        try
        {
            var body = request.Content is null ? "" : await request.Content.ReadAsStringAsync(cancel);
            var asked = new SeenRequest(clock.GetUtcNow(), request.Method, request.RequestUri!.AbsolutePath, body);
            Seen.Enqueue(asked);
            await Works().WaitAsync(cancel);
            return Fault(asked) ?? Answer(asked);
        }
        finally
        {
            Interlocked.Decrement(ref present);
        }
    }

    private HttpResponseMessage Answer(SeenRequest asked)
    {
        if (asked.Method == HttpMethod.Post)
        {
            Ledger.Enqueue(asked.Body);
        }

        return asked.Method == HttpMethod.Get && asked.Path.StartsWith("/orders/", StringComparison.Ordinal) && !Ledger.Contains(asked.Path["/orders/".Length..])
            ? Status(HttpStatusCode.NotFound)
            : Status(HttpStatusCode.OK);
    }

    private sealed class Wire(HttpErp erp) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) => erp.ServeAsync(request, cancellationToken);
    }

    /// <summary>Looks before it posts, as the clients of vendors do that dedupe nothing.</summary>
    private sealed class Client(HttpClient http, string host, TimeProvider clock) : IVendorClient
    {
        public async Task<Outcome> SendAsync(VendorCommand command, CallScope scope, CancellationToken cancel)
        {
            var before = await AskAsync(HttpMethod.Get, $"orders/{command.Key.Value}", null, cancel);
            if (HttpOutcome.OfRead(before) is { } failed)
            {
                return failed;
            }

            return before is Exchange.Answered { IsSuccess: true } ? Accepted(command)
                : HttpOutcome.OfWrite(await AskAsync(HttpMethod.Post, "orders", command.Key.Value, cancel)) ?? Accepted(command);
        }

        public async Task<LookUp> LookUpAsync(VendorCommand command, CallScope scope, CancellationToken cancel)
        {
            var found = await AskAsync(HttpMethod.Get, $"orders/{command.Key.Value}", null, cancel);
            return HttpOutcome.OfRead(found) is { } failed ? HttpOutcome.Undecided(failed)
                : found is Exchange.Answered { IsSuccess: true } ? new LookUp.Found(Accepted(command))
                : new LookUp.Absent();
        }

        public async Task<FeedAnswer> ReadAsync(FeedRequest request, CallScope scope, CancellationToken cancel) =>
            HttpOutcome.OfRead(await AskAsync(HttpMethod.Get, "changes", null, cancel)) is { } failed ? new FeedAnswer.Failed(failed) : new FeedAnswer.Page([], null, false);

        public async Task<Outcome> TestAsync(CallScope scope, CancellationToken cancel) =>
            HttpOutcome.OfRead(await AskAsync(HttpMethod.Get, "company", null, cancel)) ?? new Outcome.Accepted("here");

        public Task<Outcome> SubscribeAsync(Uri callbackBase, CallScope scope, CancellationToken cancel) => Task.FromResult<Outcome>(new Outcome.Accepted(""));

        private Task<Exchange> AskAsync(HttpMethod method, string path, string? body, CancellationToken cancel) =>
            http.SendOnceAsync(
                new HttpRequestMessage(method, new Uri($"http://{host}/{path}")) { Content = body is null ? null : new StringContent(body) }, clock, cancel);

        private static Outcome.Accepted Accepted(VendorCommand command) => new(
            command.Key.Value, command.Key.Value,
            command is PostSalesOrder post
                ? new Dictionary<string, string>(StringComparer.Ordinal) { ["total"] = post.Order.Totals.Total.ToString(System.Globalization.CultureInfo.InvariantCulture) }
                : null);
    }
}
