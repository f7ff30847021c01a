using System.Diagnostics;
using ControlTower.Data.Inbox;
using ControlTower.Sync.Telemetry;

namespace ControlTower.Sync.Pumps;

/// <summary>The spans of a claimed batch: one for the work that is done together, and one per message in the message's own trace, from which all that follows goes on.</summary>
internal sealed class MessageSpans : IDisposable
{
    private readonly Activity? together = TowerTelemetry.Start("tower.inbox.batch", ActivityKind.Internal, null);
    private readonly Dictionary<long, Activity> open;

    public MessageSpans(IReadOnlyList<ClaimedMessage> claimed)
    {
        open = new Dictionary<long, Activity>(claimed.Count);
        Claimed = [.. claimed.Select(Start)];
        together?.SetTag("tower.batch", claimed.Count);
    }

    /// <summary>The messages, each with its own span as its trace.</summary>
    public IReadOnlyList<ClaimedMessage> Claimed { get; }

    public void End(ClaimedMessage message, string outcome)
    {
        TowerTelemetry.CountOutcome("inbox", outcome);
        if (open.Remove(message.Id, out var span))
        {
            span.SetTag("tower.outcome", outcome);
            span.SetStatus(outcome is "failed" ? ActivityStatusCode.Error : ActivityStatusCode.Unset);
            TowerTelemetry.EndBeside(span);
        }
    }

    public void Dispose()
    {
        // Left over only when the run ended with an error: nothing is known of these.
        foreach (var span in open.Values)
        {
            span.SetStatus(ActivityStatusCode.Error);
            TowerTelemetry.EndBeside(span);
        }

        together?.Dispose();
    }

    private ClaimedMessage Start(ClaimedMessage message)
    {
        if (TowerTelemetry.StartBeside("tower.inbox.message", ActivityKind.Consumer, message.Trace, together) is not { } span)
        {
            return message;
        }

        span.SetTag("tower.message", message.Id).SetTag("tower.connection", message.ConnectionId).SetTag("tower.topic", message.Topic).SetTag("tower.attempt", message.Attempts);
        open[message.Id] = span;
        return message with { Trace = span.Context };
    }
}
