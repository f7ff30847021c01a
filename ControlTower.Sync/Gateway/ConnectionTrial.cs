using System.Security.Cryptography;
using System.Text;
using ControlTower.Data.Outbox;
using ControlTower.Sync.Connections;
using ControlTower.Sync.Connectors;
using Microsoft.Extensions.Logging;

namespace ControlTower.Sync.Gateway;

/// <summary>What a system said to values that are not stored yet.</summary>
/// <param name="Outcome"><c>ok</c>, <c>refused</c> or <c>failed</c>.</param>
/// <param name="Field">The setting that the answer is about, if it says.</param>
public sealed record TrialAnswer(string Outcome, string? Message, int TookMs, string? Field = null);

/// <summary>Asks a system with values that somebody has typed. Nothing is stored, recorded or kept; a few at a time per node.</summary>
public sealed partial class ConnectionTrial(IVendorTransport transport, TimeProvider clock, ILogger<ConnectionTrial> log) : IDisposable
{
    /// <summary>A person waits for it.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    private readonly SemaphoreSlim places = new(4, 4);

    /// <summary>Only reads at the vendor, so it may be repeated. Never throws for what the vendor or the network does.</summary>
    /// <param name="profile">Found right by the connector's own check.</param>
    public async Task<TrialAnswer> RunAsync(IConnector connector, ConnectionProfile profile, CancellationToken cancel)
    {
        if (!await places.WaitAsync(TimeSpan.Zero, cancel))
        {
            return new TrialAnswer("failed", "Several connections are being tested. Try again in a moment.", 0);
        }

        var started = clock.GetTimestamp();
        try
        {
            var live = new LiveConnection(profile with { Id = Alias(profile) }, connector, Paused: false, null, 0, null);
            using var gate = new ConnectionGate(live, transport.Create(), new BreakerRule(), clock);
            var outcome = await AskAsync(gate, cancel);
            var (word, message) = Words(outcome);
            return new TrialAnswer(
                word, message is null || message.Contains(live.Profile.Id, StringComparison.Ordinal) ? null : gate.CarriesSecret(message) ? "The answer repeats the secret and is not shown." : message,
                (int)clock.GetElapsedTime(started).TotalMilliseconds, (outcome as Outcome.Refused)?.Field);
        }
        finally
        {
            places.Release();
        }
    }

    public void Dispose() => places.Dispose();

    /// <summary><c>ok</c>, <c>refused</c> or <c>failed</c>, and what was said.</summary>
    internal static (string Outcome, string? Message) Words(Outcome outcome) => outcome switch
    {
        Outcome.Accepted ok => ("ok", ok.Number ?? ok.Reference),
        Outcome.Refused no => ("refused", $"{no.Message} ({no.Code})"),
        Outcome.NotDone not => ("failed", not.Message),
        Outcome.Unknown unknown => ("failed", unknown.Message),
        _ => ("failed", "No answer."),
    };

    private async Task<Outcome> AskAsync(ConnectionGate gate, CancellationToken cancel)
    {
        using var deadline = new CancellationTokenSource(Patience, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancel, deadline.Token);
        var call = new GovernedCall(gate, DeliveryLane.Live, "test", null, null, 1);
        GovernedCall.Current = call;
        try
        {
            return await gate.Client.TestAsync(call, either.Token);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return new Outcome.Unknown($"No answer within {Patience.TotalSeconds:0} s.");
        }
        catch (Exception error) when (error is not (OperationCanceledException or OutOfMemoryException))
        {
            TrialFailed(log, gate.Connection.Profile.Kind, error.GetType().Name);
            return new Outcome.Unknown($"The connector failed: {error.GetType().Name}.");
        }
        finally
        {
            GovernedCall.Current = null;
        }
    }

    // Connectors keep sessions by connection. A session that was opened with other secrets must not vouch for these.
    private static string Alias(ConnectionProfile profile)
    {
        var text = string.Join('\n', profile.Settings.Concat(profile.Secrets).OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => $"{pair.Key}\0{pair.Value}"));
        return $"trial-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)).AsSpan(0, 12))}";
    }

    [LoggerMessage(EventId = 2303, Level = LogLevel.Error, Message = "The trial of a {Kind} connection failed: {Error}")]
    private static partial void TrialFailed(ILogger log, string kind, string error);
}
