using System.Net.Sockets;
using ControlTower.Data.Canonical;
using ControlTower.Data.Outbox;
using ControlTower.Sync.Connections;
using ControlTower.Sync.Connectors;
using ControlTower.Sync.Connectors.Http;
using ControlTower.Sync.Telemetry;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace ControlTower.Sync.Gateway;

/// <param name="CallId">The last recorded request of the call; null if none left the house.</param>
public sealed record Answered<T>(T What, long? CallId);

/// <param name="CallTimeout">A call without an answer for this long is given up; for a write its outcome is then unknown.</param>
public sealed record GatewayOptions(TimeSpan CallTimeout, BreakerRule Breaker)
{
    public static GatewayOptions Standard { get; } = new(TimeSpan.FromSeconds(30), new BreakerRule());
}

/// <summary>
/// The one door out. Lets a call through its connection's gate, gives up on it in time, records what was said, and tells breaker and budget how it went. It never
/// repeats a call: the flow alone retries.
/// </summary>
public sealed partial class Gateway(ICallLog calls, GatewayOptions options, IVendorTransport transport, TimeProvider clock, ILogger<Gateway> log)
{
    // What a Retry-After put off is due again by then, so that it goes in its order when the door opens.
    private static readonly TimeSpan Margin = TimeSpan.FromMilliseconds(250);

    /// <summary>A gate for a connection that this node owns. Throws if the connection is not usable.</summary>
    public ConnectionGate Open(LiveConnection connection) => new(connection, transport.Create(), options.Breaker, clock);

    public Task<Answered<Outcome>> SendAsync(ConnectionGate gate, VendorCommand command, ClaimedDelivery claim, CancellationToken cancel) =>
        CallAsync(
            gate, new GovernedCall(gate, claim.Lane, claim.Kind, claim.Key, claim.FlowId, claim.Attempts), (scope, token) => gate.Client.SendAsync(command, scope, token),
            gaveUp: (sent, message) => sent ? new Outcome.Unknown(message) : new Outcome.NotDone(FailureKind.RateLimit, message), judge: o => o, cancel);

    public Task<Answered<LookUp>> LookUpAsync(ConnectionGate gate, VendorCommand command, ClaimedDelivery claim, CancellationToken cancel) =>
        CallAsync(
            gate, new GovernedCall(gate, claim.Lane, "look-up", claim.Key, claim.FlowId, claim.Attempts), (scope, token) => gate.Client.LookUpAsync(command, scope, token),
            gaveUp: (sent, message) => (LookUp)new LookUp.Undecided(Kind(sent), message),
            judge: l => l is LookUp.Undecided u ? new Outcome.NotDone(u.Kind, u.Message, u.RetryAfter) : new Outcome.Accepted(""), cancel);

    public Task<Answered<FeedAnswer>> ReadAsync(ConnectionGate gate, FeedRequest request, DeliveryLane lane, CancellationToken cancel) =>
        CallAsync(
            gate, new GovernedCall(gate, lane, "feed", null, null, 1), (scope, token) => gate.Client.ReadAsync(request, scope, token),
            gaveUp: (sent, message) => (FeedAnswer)new FeedAnswer.Failed(new Outcome.NotDone(Kind(sent), message)),
            judge: a => a is FeedAnswer.Failed f ? f.Why : new Outcome.Accepted(""), cancel);

    /// <summary>Reads what a channel shows, behind live traffic.</summary>
    public Task<Answered<LevelsAnswer>> LevelsAsync(ConnectionGate gate, IReadOnlyList<StockCell> cells, CancellationToken cancel) =>
        CallAsync(
            gate, new GovernedCall(gate, DeliveryLane.Deferred, "stock-levels", null, null, 1), (scope, token) => gate.Client.LevelsAsync(cells, scope, token),
            gaveUp: (sent, message) => (LevelsAnswer)new LevelsAnswer.Failed(new Outcome.NotDone(Kind(sent), message)),
            judge: a => a is LevelsAnswer.Failed f ? f.Why : new Outcome.Accepted(""), cancel);

    /// <summary>Reads what a channel shows of items, behind live traffic.</summary>
    public Task<Answered<ListingsAnswer>> ListingsAsync(ConnectionGate gate, IReadOnlyList<string> items, CancellationToken cancel) =>
        CallAsync(
            gate, new GovernedCall(gate, DeliveryLane.Deferred, "listings", null, null, 1), (scope, token) => gate.Client.ListingsAsync(items, scope, token),
            gaveUp: (sent, message) => (ListingsAnswer)new ListingsAnswer.Failed(new Outcome.NotDone(Kind(sent), message)),
            judge: a => a is ListingsAnswer.Failed f ? f.Why : new Outcome.Accepted(""), cancel);

    /// <summary>What a system shows at these spots.</summary>
    public Task<Answered<PricesAnswer>> PricesAsync(ConnectionGate gate, IReadOnlyList<PriceSpot> spots, CancellationToken cancel) =>
        CallAsync(
            gate, new GovernedCall(gate, DeliveryLane.Deferred, "prices-read", null, null, 1), (scope, token) => gate.Client.PricesAsync(spots, scope, token),
            gaveUp: (sent, message) => (PricesAnswer)new PricesAnswer.Failed(new Outcome.NotDone(Kind(sent), message)),
            judge: a => a is PricesAnswer.Failed f ? f.Why : new Outcome.Accepted(""), cancel);

    /// <summary>How a discount of the tower stands at a channel.</summary>
    public Task<Answered<DiscountAnswer>> DiscountAsync(ConnectionGate gate, DiscountTerms terms, CancellationToken cancel) =>
        CallAsync(
            gate, new GovernedCall(gate, DeliveryLane.Deferred, "discount-read", null, null, 1), (scope, token) => gate.Client.DiscountAsync(terms, scope, token),
            gaveUp: (sent, message) => (DiscountAnswer)new DiscountAnswer.Failed(new Outcome.NotDone(Kind(sent), message)),
            judge: a => a is DiscountAnswer.Failed f ? f.Why : new Outcome.Accepted(""), cancel);

    /// <summary>Tells a channel what it is to show, behind live traffic.</summary>
    /// <param name="purpose">What the call is recorded as.</param>
    public Task<Answered<Outcome>> TellAsync(ConnectionGate gate, VendorCommand command, string purpose, int attempt, CancellationToken cancel) =>
        CallAsync(
            gate, new GovernedCall(gate, DeliveryLane.Deferred, purpose, command.Key.Value, null, attempt), (scope, token) => gate.Client.SendAsync(command, scope, token),
            gaveUp: (sent, message) => sent ? new Outcome.Unknown(message) : new Outcome.NotDone(FailureKind.RateLimit, message), judge: o => o, cancel);

    /// <summary>Whether a channel shows what it was told.</summary>
    public Task<Answered<LookUp>> FindToldAsync(ConnectionGate gate, VendorCommand command, string purpose, int attempt, CancellationToken cancel) =>
        CallAsync(
            gate, new GovernedCall(gate, DeliveryLane.Deferred, $"{purpose}-look-up", command.Key.Value, null, attempt), (scope, token) => gate.Client.LookUpAsync(command, scope, token),
            gaveUp: (sent, message) => (LookUp)new LookUp.Undecided(Kind(sent), message),
            judge: l => l is LookUp.Undecided u ? new Outcome.NotDone(u.Kind, u.Message, u.RetryAfter) : new Outcome.Accepted(""), cancel);

    /// <param name="asked">Somebody wants to know: it goes whatever the breaker says.</param>
    public Task<Answered<Outcome>> TestAsync(ConnectionGate gate, CancellationToken cancel, bool asked = false) =>
        CallAsync(
            gate, new GovernedCall(gate, DeliveryLane.Live, "test", null, null, 1), gate.Client.TestAsync,
            gaveUp: (sent, message) => new Outcome.NotDone(Kind(sent), message), judge: o => o, cancel, asked);

    public Task<Answered<Outcome>> SubscribeAsync(ConnectionGate gate, Uri callbackBase, CancellationToken cancel) =>
        CallAsync(
            gate, new GovernedCall(gate, DeliveryLane.Batch, "subscribe", null, null, 1), (scope, token) => gate.Client.SubscribeAsync(callbackBase, scope, token),
            gaveUp: (sent, message) => new Outcome.NotDone(Kind(sent), message), judge: o => o, cancel);

    private async Task<Answered<T>> CallAsync<T>(
        ConnectionGate gate, GovernedCall call, Func<CallScope, CancellationToken, Task<T>> send, Func<bool, string, T> gaveUp, Func<T, Outcome> judge, CancellationToken cancel,
        bool anyway = false)
    {
        if (gate.Enter(anyway, out var ticket) is { } refusal)
        {
            return new Answered<T>(gaveUp(false, refusal), null);
        }

        var began = clock.GetTimestamp();
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        using var timer = clock.CreateTimer(static s => ((CancellationTokenSource)s!).Cancel(), deadline, options.CallTimeout, Timeout.InfiniteTimeSpan);
        GovernedCall.Current = call;
        T answer;
        try
        {
            answer = await send(call, deadline.Token);
            call.End(judge(answer));
            Judge(gate, ticket, judge(answer), anyway);
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            gate.Breaker.Abandoned(ticket);
            throw;
        }
        catch (OperationCanceledException) when (call.Requests.Count == 0)
        {
            // All the time went by waiting for our own budget: nothing left the house, and it says nothing about them.
            gate.Breaker.Abandoned(ticket);
            answer = gaveUp(false, $"The vendor's limits left no room for it within {options.CallTimeout.TotalSeconds:0} s.");
        }
        catch (OperationCanceledException)
        {
            gate.Breaker.Failed(ticket, "no answer in time");
            answer = gaveUp(true, $"No answer within {options.CallTimeout.TotalSeconds:0} s.");
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            // A defect of the client: what it had already sent is not known.
            ClientFailed(log, gate.Id, new WordlessError(error));
            gate.Breaker.Failed(ticket, "the connector failed");
            answer = gaveUp(true, $"The connector failed: {error.GetType().Name}.");
        }
        finally
        {
            GovernedCall.Current = null;
            gate.Leave();
        }

        TowerTelemetry.CallDuration.Record(
            clock.GetElapsedTime(began).TotalMilliseconds, new("connection", gate.Id), new("purpose", call.Purpose), new KeyValuePair<string, object?>("outcome", Word(judge(answer))));
        return new Answered<T>(answer, await RecordAsync(call, cancel));
    }

    internal static string Word(Outcome outcome) => outcome switch
    {
        Outcome.Accepted => "accepted",
        Outcome.Refused => "refused",
        Outcome.NotDone => "not-done",
        _ => "unknown",
    };

    private static FailureKind Kind(bool sent) => sent ? FailureKind.Intermittent : FailureKind.RateLimit;

    private static void Judge(ConnectionGate gate, BreakerTicket ticket, Outcome outcome, bool asked)
    {
        switch (outcome)
        {
            case Outcome.NotDone { Kind: FailureKind.RateLimit } limited:
                gate.Breaker.Succeeded(ticket);
                gate.Wait(limited.RetryAfter + Margin ?? TimeSpan.FromSeconds(1));
                break;
            case Outcome.NotDone failed:
                gate.Breaker.Failed(ticket, failed.Message);
                if (failed.RetryAfter is { } wait)
                {
                    gate.Wait(wait + Margin);
                }

                break;
            case Outcome.Unknown unknown:
                gate.Breaker.Failed(ticket, unknown.Message);
                break;
            case Outcome.Accepted when asked:
                gate.StopWaiting();
                gate.Breaker.Succeeded(ticket);
                break;
            default:
                gate.Breaker.Succeeded(ticket);
                break;
        }
    }

    private async Task<long?> RecordAsync(GovernedCall call, CancellationToken cancel)
    {
        long? last = null;
        try
        {
            foreach (var id in await Task.WhenAll(call.Requests.ConvertAll(r => calls.AppendAsync(r, cancel))))
            {
                last = id;
            }
        }
        catch (Npgsql.NpgsqlException error)
        {
            NotRecorded(log, call.Gate.Id, error.Message);
        }

        return last;
    }

    [LoggerMessage(EventId = 2301, Level = LogLevel.Error, Message = "The client of {Connection} failed")]
    private static partial void ClientFailed(ILogger log, string connection, Exception error);

    [LoggerMessage(EventId = 2302, Level = LogLevel.Warning, Message = "A call to {Connection} could not be recorded: {Reason}")]
    private static partial void NotRecorded(ILogger log, string connection, string reason);
}

/// <summary>Makes the transport under a gate. Tests put a double here.</summary>
public interface IVendorTransport
{
    HttpMessageHandler Create();
}

/// <summary>
/// Real HTTP: no redirects (a redirect is an answer to judge, not to follow), no proxy from the environment, certificates always validated, and no name that leads to an
/// address which <see cref="SoundAddress.IsKept"/>. Where the operator named the hosts that connections may lead to, to these alone.
/// </summary>
public sealed class HttpTransport(IOptions<ReachOptions> reach) : IVendorTransport
{
    public HttpMessageHandler Create() => new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        UseProxy = false,
        UseCookies = false,
        ConnectTimeout = TimeSpan.FromSeconds(5),
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        MaxResponseHeadersLength = 64,
        AutomaticDecompression = System.Net.DecompressionMethods.All,
        ConnectCallback = async (context, cancel) => context.DnsEndPoint is var to && reach.Value.Allows(to.Host, to.Port)
            ? new NetworkStream(await SoundSocket.ConnectAsync(to.Host, to.Port, SoundAddress.IsKept, cancel), ownsSocket: true)
            : throw new NotReachableException(to.Host, to.Port),
    };
}
