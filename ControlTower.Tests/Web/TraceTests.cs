using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text;
using System.Text.Json;
using ControlTower.Data.Canonical;
using ControlTower.Sync.Connections;
using ControlTower.Sync.Connectors;
using ControlTower.Tests.Conformance;
using ControlTower.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;
using Xunit;

namespace ControlTower.Tests.Web;

/// <summary>One order, pushed by its shop: one trace from the receipt to the call in the ERP, and what leaves by OTLP.</summary>
public sealed class TraceTests
{
    private const string Stranger = "00f067aa0ba902b7";
    private static readonly ActivityTraceId Trace = ActivityTraceId.CreateFromString("4bf92f3577b34da6a3ce929d0e0e4736");

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_order_has_one_trace_from_the_request_of_the_shop_to_the_call_in_the_ERP(bool exported)
    {
        await using var otlp = new HookSink();
        await using var erp = new HookSink();
        using var spans = new Spans();
        await using var tower = await TestTower.StartAsync(
            builder => builder.Services.AddSingleton(new ConnectorCatalog([new TestShop(), new WiredErp(new Uri(erp.Url + "/orders"))])), null,
            exported ? ["Tower:Roles=both", $"Telemetry:OtlpEndpoint={otlp.Url}", "Telemetry:OtlpProtocol=http/protobuf"] : ["Tower:Roles=both"]);
        await SetUpAsync(tower);
        await PushAsync(tower);
        await UntilAsync(() => !erp.Received.IsEmpty && spans.Ended.Any(s => s.OperationName == "tower.delivery") && spans.Ended.Any(s => s.Kind == ActivityKind.Server));

        var received = Assert.Single(spans.Ended, s => s.Kind == ActivityKind.Server);
        var message = Assert.Single(spans.Ended, s => s.OperationName == "tower.inbox.message");
        var delivery = spans.Ended.First(s => s.OperationName == "tower.delivery");
        Assert.Equal([Stranger, received.SpanId.ToHexString(), message.SpanId.ToHexString()], [received.ParentSpanId.ToHexString(), message.ParentSpanId.ToHexString(), delivery.ParentSpanId.ToHexString()]);
        Assert.Equal("accepted", delivery.GetTagItem("tower.outcome"));

        // The vendor is told the trace; who called it there is the call, or the delivery where calls have no spans of their own.
        var told = erp.Received.First().Headers["traceparent"].Split('-');
        Assert.Equal(Trace.ToHexString(), told[1]);
        Assert.Contains(told[2], spans.Ended.Where(s => s.ParentSpanId == delivery.SpanId).Append(delivery).Select(s => s.SpanId.ToHexString()));
        Assert.DoesNotContain(spans.Ended.SelectMany(s => s.TagObjects), tag => $"{tag.Value}" is var text && (text.Contains("Test Buyer", StringComparison.Ordinal) || text.Contains("buyer@", StringComparison.Ordinal) || text.Contains("genuine", StringComparison.Ordinal)));
        Assert.Equal(Trace.ToHexString(), await tower.Database.ScalarAsync<string>("select trace_id from inbox_message"));
        await ExportedAsync(tower, otlp, exported);
    }

    private static async Task ExportedAsync(TestTower tower, HookSink otlp, bool exported)
    {
        if (!exported)
        {
            Assert.Null(tower.Services.GetService<TracerProvider>());
            Assert.Empty(otlp.Received);
            return;
        }

        Assert.True(tower.Services.GetRequiredService<TracerProvider>().ForceFlush(20_000));
        Assert.True(tower.Services.GetRequiredService<MeterProvider>().ForceFlush(20_000));
        var id = Convert.FromHexString(Trace.ToHexString());
        var traces = otlp.Received.Where(r => r.Path == "/v1/traces").Select(r => r.Body).ToList();
        Assert.All(["tower.inbox.message", "tower.delivery"], name => Assert.Contains(traces, body => Holds(body, id) && Holds(body, Encoding.UTF8.GetBytes(name))));
        var metrics = otlp.Received.Where(r => r.Path == "/v1/metrics").Select(r => r.Body).ToList();
        Assert.All(
            ["tower.pump.depth", "tower.pump.oldest_age", "tower.pump.batch", "tower.pump.duration", "tower.pump.outcomes", "tower.call.duration", "tower.ingress.answers"],
            name => Assert.Contains(metrics, body => Holds(body, Encoding.UTF8.GetBytes(name))));
        Assert.DoesNotContain(traces.Concat(metrics), body => Holds(body, "Test Buyer"u8.ToArray()));
    }

    private static async Task UntilAsync(Func<bool> seen)
    {
        var started = TimeProvider.System.GetTimestamp();
        while (!seen())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(started) < TimeSpan.FromMinutes(2), "The order did not reach the ERP within two minutes.");
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, TestContext.Current.CancellationToken);
        }
    }

    private static bool Holds(byte[] body, byte[] part) => body.AsSpan().IndexOf(part) >= 0;

    private static Task SetUpAsync(TestTower tower) => tower.Services.GetRequiredService<ConnectionSeeder>().ApplyAsync(
        new ConnectionSeed(
            [
                new SeedConnection(EngineWorld.ErpId, "test-erp", "Test ERP", null, null, "EUR", "UTC", null, [], []),
                new SeedConnection(EngineWorld.ShopId, "test-shop", "Test shop", "northlane", "EU", "EUR", "UTC", EngineWorld.ErpId, [], []),
            ],
            [new SeedLocation("WEB", "Web warehouse", "warehouse", null, null)],
            [new SeedStock("SKU-1", "WEB", 100)]),
        default);

    private static async Task PushAsync(TestTower tower)
    {
        // By hand: clients of this process are watched, too, and would name a trace of their own.
        var body = JsonSerializer.Serialize(EngineWorld.Order("1"), CanonicalJson.Default.Order);
        using var push = await RawHttp.ConnectAsync(tower.Url);
        await push.SendAsync(
            "POST /ingress/shop/order HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nx-test-signature: genuine\r\nx-test-id: event-1\r\n"
            + $"traceparent: 00-{Trace.ToHexString()}-{Stranger}-01\r\nContent-Length: {body.Length}\r\n\r\n{body}");
        Assert.StartsWith("HTTP/1.1 202 ", await push.AnswerAsync(), StringComparison.Ordinal);
    }

    /// <summary>The spans of this test's trace, as anybody who listens sees them.</summary>
    private sealed class Spans : IDisposable
    {
        private readonly ActivityListener listener;

        public Spans()
        {
            listener = new ActivityListener
            {
                ShouldListenTo = source => source.Name is "ControlTower" or "Microsoft.AspNetCore" or "System.Net.Http",
                Sample = (ref ActivityCreationOptions<ActivityContext> options) => options.TraceId == Trace ? ActivitySamplingResult.AllDataAndRecorded : ActivitySamplingResult.None,
                ActivityStopped = activity =>
                {
                    if (activity.TraceId == Trace)
                        Ended.Enqueue(activity);
                },
            };
            ActivitySource.AddActivityListener(listener);
        }

        public ConcurrentQueue<Activity> Ended { get; } = new();

        public void Dispose() => listener.Dispose();
    }

    /// <summary>The test ERP behind a wire: each command is one request.</summary>
    private sealed class WiredErp(Uri address) : IConnector
    {
        private readonly TestErp erp = new();

        public string Kind => erp.Kind;

        public SystemRole Role => erp.Role;

        public IReadOnlyList<SettingProblem> Check(ConnectionProfile profile) => [];

        public VendorLimits Limits(ConnectionProfile profile) => erp.Limits(profile);

        public Receipt Receive(RawRequest request, ConnectionProfile profile, DateTimeOffset now) => erp.Receive(request, profile, now);

        public Translation Translate(StoredMessage message, ConnectionProfile profile) => erp.Translate(message, profile);

        public IVendorClient Connect(ConnectionProfile profile, HttpClient http, TimeProvider clock) => new WiredClient(erp.Client, http, address);

        public IReadOnlyList<FeedPlan> Feeds(ConnectionProfile profile) => [];
    }

    private sealed class WiredClient(TestClient ledger, HttpClient http, Uri address) : IVendorClient
    {
        public async Task<Outcome> SendAsync(VendorCommand command, CallScope scope, CancellationToken cancel)
        {
            using var content = new StringContent("{}");
            using var answer = await http.PostAsync(address, content, cancel);
            return await ledger.SendAsync(command, scope, cancel);
        }

        public Task<LookUp> LookUpAsync(VendorCommand command, CallScope scope, CancellationToken cancel) => ledger.LookUpAsync(command, scope, cancel);

        public Task<FeedAnswer> ReadAsync(FeedRequest request, CallScope scope, CancellationToken cancel) => ledger.ReadAsync(request, scope, cancel);

        public Task<Outcome> TestAsync(CallScope scope, CancellationToken cancel) => ledger.TestAsync(scope, cancel);

        public Task<Outcome> SubscribeAsync(Uri callbackBase, CallScope scope, CancellationToken cancel) => ledger.SubscribeAsync(callbackBase, scope, cancel);
    }
}
