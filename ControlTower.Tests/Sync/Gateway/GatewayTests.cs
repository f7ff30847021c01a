using System.Net;
using ControlTower.Data.Canonical;
using ControlTower.Data.Outbox;
using ControlTower.Sync.Connections;
using ControlTower.Sync.Connectors;
using ControlTower.Sync.Connectors.Http;
using ControlTower.Sync.Gateway;
using ControlTower.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Xunit;
using Door = ControlTower.Sync.Gateway.Gateway;

namespace ControlTower.Tests.Sync.Gateway;

/// <summary>The door itself, with real requests to a vendor of our own making.</summary>
public sealed class GatewayTests : IAsyncLifetime
{
    private readonly FakeTimeProvider clock = new(new DateTimeOffset(2026, 11, 23, 12, 0, 0, TimeSpan.Zero));
    private EngineWorld world = default!;
    private CallLog calls = default!;

    public async ValueTask InitializeAsync()
    {
        world = await EngineWorld.CreateAsync();
        calls = new CallLog(world.Database.Sources);
    }

    public async ValueTask DisposeAsync()
    {
        await calls.DisposeAsync();
        await world.DisposeAsync();
    }

    [Fact]
    public async Task What_waited_for_our_own_budget_until_its_time_was_over_was_not_sent_and_nobody_else_is_to_blame()
    {
        var vendor = new Vendor(() => new HttpResponseMessage(HttpStatusCode.OK));
        var (door, gate) = Open(vendor, requests: 1);
        Assert.IsType<Outcome.Accepted>((await SendAsync(door, gate)).What);

        for (var i = 0; i < 6; i++)
        {
            var waiting = SendAsync(door, gate);
            clock.Advance(GatewayOptions.Standard.CallTimeout);
            Assert.Equal(FailureKind.RateLimit, Assert.IsType<Outcome.NotDone>((await waiting).What).Kind);
        }

        Assert.Equal((1, BreakerState.Closed), (vendor.Count, gate.Breaker.State));
    }

    [Fact]
    public async Task A_request_without_an_answer_in_time_is_of_unknown_outcome()
    {
        var (door, gate) = Open(new Vendor(null), requests: 100);
        var waiting = SendAsync(door, gate);
        clock.Advance(GatewayOptions.Standard.CallTimeout);
        Assert.IsType<Outcome.Unknown>((await waiting).What);
    }

    [Fact]
    public async Task Of_many_calls_that_come_at_once_when_the_door_is_tried_again_one_goes()
    {
        var vendor = new Vendor(() => new HttpResponseMessage(HttpStatusCode.InternalServerError));
        var (door, gate) = Open(vendor, requests: 100);
        while (gate.Breaker.State == BreakerState.Closed)
        {
            await SendAsync(door, gate);
        }

        clock.Advance(gate.Breaker.Rule.First);
        Assert.Equal((1, 1), (gate.FreeSlots, gate.FreeSlots));
        var (before, never) = (vendor.Count, new TaskCompletionSource<HttpResponseMessage>());
        vendor.Answer = () => never.Task;
        var calls = Enumerable.Range(0, 5).Select(_ => SendAsync(door, gate)).ToList();
        Assert.Equal(1, vendor.Count - before);
        never.SetResult(new HttpResponseMessage(HttpStatusCode.OK));

        var answers = await Task.WhenAll(calls);
        Assert.Equal((1, 4), (answers.Count(a => a.What is Outcome.Accepted), answers.Count(a => a.What is Outcome.NotDone { Kind: FailureKind.RateLimit })));
        Assert.Equal(1, gate.Breaker.ProbesDone);
    }

    [Fact]
    public async Task However_many_call_at_once_the_vendor_never_has_more_than_it_allows()
    {
        var vendor = new Vendor(null);
        var (door, gate) = Open(vendor, requests: 100);
        var calls = Enumerable.Range(0, 10).Select(_ => SendAsync(door, gate)).ToList();
        Assert.Equal((gate.Limits.Concurrency, gate.Limits.Concurrency), (vendor.Count, gate.InFlight));
        Assert.Equal(6, (await Task.WhenAll(calls.Where(c => c.IsCompleted))).Count(a => a.What is Outcome.NotDone { Kind: FailureKind.RateLimit }));

        clock.Advance(GatewayOptions.Standard.CallTimeout);
        await Task.WhenAll(calls);
        Assert.Equal(0, gate.InFlight);
    }

    [Theory]
    [InlineData(429, "99999999", 3600)]
    [InlineData(429, "Mon, 23 Nov 2037 12:00:00 GMT", 3600)]
    [InlineData(503, "99999999", 3600)]
    [InlineData(503, "Mon, 23 Nov 2037 12:00:00 GMT", 3600)]
    [InlineData(429, "90", 90)]
    [InlineData(503, "Mon, 23 Nov 2026 12:01:30 GMT", 90)]
    public async Task A_Retry_After_is_kept_to_the_second_but_silences_nobody_for_longer_than_an_hour(int status, string retryAfter, int seconds)
    {
        var vendor = new Vendor(() => HttpErp.Status((HttpStatusCode)status, retryAfter));
        var (door, gate) = Open(vendor, requests: 100);
        await SendAsync(door, gate);

        clock.Advance(TimeSpan.FromSeconds(seconds) - TimeSpan.FromTicks(1));
        Assert.Equal(0, gate.FreeSlots);
        clock.Advance(TimeSpan.FromSeconds(1));
        Assert.NotEqual(0, gate.FreeSlots);
    }

    [Fact]
    public async Task A_test_that_a_person_asked_for_and_that_is_answered_well_ends_the_waiting()
    {
        var vendor = new Vendor(() => HttpErp.Status(HttpStatusCode.TooManyRequests, "3600"));
        var (door, gate) = Open(vendor, requests: 100);
        await SendAsync(door, gate);
        await door.TestAsync(gate, default, asked: true);
        Assert.NotNull(gate.NotBefore);

        vendor.Answer = () => Task.FromResult(HttpErp.Status(HttpStatusCode.OK));
        await door.TestAsync(gate, default, asked: true);
        Assert.Null(gate.NotBefore);
        Assert.NotEqual(0, gate.FreeSlots);
    }

    [Fact]
    public async Task An_endless_answer_is_given_up_at_the_limit()
    {
        var endless = new Endless();
        var (door, gate) = Open(new Vendor(() => new HttpResponseMessage(HttpStatusCode.OK) { Content = new StreamContent(endless) }), requests: 100);
        Assert.IsType<Outcome.Unknown>((await SendAsync(door, gate)).What);
        Assert.InRange(endless.Given, 1, HttpExchange.LargestAnswer + (1024 * 1024));
    }

    [Fact]
    public async Task An_answer_that_is_cut_inside_a_character_is_recorded_all_the_same()
    {
        var text = new string('a', (64 * 1024) - 1) + "\U0001F9E5 and more";
        var (door, gate) = Open(new Vendor(() => new HttpResponseMessage(HttpStatusCode.OK) { Content = new StringContent(text) }), requests: 100);
        Assert.IsType<Outcome.Accepted>((await SendAsync(door, gate)).What);
        Assert.Equal(1, await world.Database.ScalarAsync<long>("select count(*) from vendor_call where response like '%(cut after 64 KB)'"));
    }

    [Fact]
    public async Task Headers_of_a_call_that_was_refused_are_kept_without_what_is_secret_and_of_one_that_went_well_none()
    {
        var refuse = true;
        var (door, gate) = Open(new Vendor(() =>
        {
            var answer = HttpErp.Status(refuse ? HttpStatusCode.UnprocessableEntity : HttpStatusCode.OK);
            answer.Headers.Add("x-request-id", "8f14e45f");
            answer.Headers.Add("Set-Cookie", "session=hunter2");
            answer.Headers.Add("x-api-key", "hunter2");
            answer.Headers.Add("x-session-id", "hunter2");
            answer.Headers.Location = new Uri("https://files.example.test/a?sig=hunter2");
            return answer;
        }), requests: 100);
        await SendAsync(door, gate);
        refuse = false;
        await SendAsync(door, gate);

        var kept = await world.Database.ScalarAsync<string>("select headers from vendor_call where status = 422");
        Assert.Contains("< X-Request-ID: 8f14e45f", kept, StringComparison.Ordinal);
        Assert.Contains("< Location: https://files.example.test/a\n", kept, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", kept, StringComparison.Ordinal);
        Assert.Equal(1, await world.Database.ScalarAsync<long>("select count(*) from vendor_call where headers is not null"));
    }

    private (Door Door, ConnectionGate Gate) Open(Vendor vendor, int requests)
    {
        var door = new Door(calls, GatewayOptions.Standard, vendor, clock, NullLogger<Door>.Instance);
        var profile = world.Get<ConnectionDirectory>().Find(EngineWorld.ErpId)!;
        return (door, door.Open(new LiveConnection(profile, new Connector(requests), Paused: false, null, 1, null)));
    }

    private static Task<Answered<Outcome>> SendAsync(Door door, ConnectionGate gate) => door.SendAsync(
        gate, new CancelSalesOrder(new PostingKey("key"), new PostingKey("order"), "reference", null),
        new ClaimedDelivery(1, 1, "key", EngineWorld.ErpId, 1, "CancelSalesOrder", DeliveryLane.Live, DeliveryState.Ready, 1, null, 1, 0, null, default, "s", "1", "b", "n", null, null, default), default);

    /// <summary>Answers as it is told to, or never.</summary>
    private sealed class Vendor(Func<HttpResponseMessage>? answer) : HttpMessageHandler, IVendorTransport
    {
        private readonly TaskCompletionSource<HttpResponseMessage> never = new();

        public int Count { get; private set; }

        public Func<Task<HttpResponseMessage>>? Answer { get; set; }

        public HttpMessageHandler Create() => this;

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Count++;
            return (Answer?.Invoke() ?? (answer is null ? never.Task : Task.FromResult(answer()))).WaitAsync(cancellationToken);
        }
    }

    private sealed class Endless : Stream
    {
        public long Given { get; private set; }

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => Given; set => throw new NotSupportedException(); }

        public override int Read(byte[] buffer, int offset, int count)
        {
            // Not quite endless, so that a caller who reads it all fails a test and not the machine.
            var now = Given > 200L * 1024 * 1024 ? 0 : count;
            Given += now;
            return now;
        }

        public override void Flush() => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }

    private sealed class Connector(int requests) : IConnector
    {
        public string Kind => "http";

        public SystemRole Role => SystemRole.Erp;

        public IReadOnlyList<SettingProblem> Check(ConnectionProfile profile) => [];

        public VendorLimits Limits(ConnectionProfile profile) => new(Concurrency: 4, RequestsPerWindow: requests, Window: TimeSpan.FromHours(1));

        public Receipt Receive(RawRequest request, ConnectionProfile profile, DateTimeOffset now) => new Receipt.Forged("it does not push");

        public Translation Translate(StoredMessage message, ConnectionProfile profile) => new Translation.Ignored("nothing is modelled");

        public IVendorClient Connect(ConnectionProfile profile, HttpClient http, TimeProvider clock) => new Client(http, clock);

        public IReadOnlyList<FeedPlan> Feeds(ConnectionProfile profile) => [];
    }

    private sealed class Client(HttpClient http, TimeProvider clock) : IVendorClient
    {
        public async Task<Outcome> SendAsync(VendorCommand command, CallScope scope, CancellationToken cancel) =>
            HttpOutcome.OfWrite(await http.SendOnceAsync(new HttpRequestMessage(HttpMethod.Post, new Uri("http://vendor.test/orders")), clock, cancel)) ?? new Outcome.Accepted("done");

        public Task<LookUp> LookUpAsync(VendorCommand command, CallScope scope, CancellationToken cancel) => throw new NotSupportedException();

        public Task<FeedAnswer> ReadAsync(FeedRequest request, CallScope scope, CancellationToken cancel) => throw new NotSupportedException();

        public async Task<Outcome> TestAsync(CallScope scope, CancellationToken cancel) =>
            HttpOutcome.OfRead(await http.SendOnceAsync(new HttpRequestMessage(HttpMethod.Get, new Uri("http://vendor.test/me")), clock, cancel)) ?? new Outcome.Accepted("me");

        public Task<Outcome> SubscribeAsync(Uri callbackBase, CallScope scope, CancellationToken cancel) => throw new NotSupportedException();
    }
}
