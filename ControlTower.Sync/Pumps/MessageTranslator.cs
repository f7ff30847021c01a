using ControlTower.Data.Canonical;
using ControlTower.Data.Inbox;
using ControlTower.Sync.Connections;
using ControlTower.Sync.Connectors;
using ControlTower.Sync.Returns;
using ControlTower.Sync.Telemetry;
using Microsoft.Extensions.Logging;

namespace ControlTower.Sync.Pumps;

/// <summary>What a message says, read by its connector.</summary>
/// <param name="What">Null: the translation did not come to its end.</param>
internal sealed record TranslatedMessage(LiveConnection? Connection, Translation? What);

/// <summary>
/// Has messages read by the code of their connectors, which may throw, and may never come back. It runs on a thread of its own: one message that hangs costs that thread and three seconds, and the
/// others are read on another.
/// </summary>
internal sealed partial class MessageTranslator(ConnectionDirectory connections, TimeProvider clock, ILogger log)
{
    /// <summary>Nothing honest takes so long; twice it ends well within the lease of what was claimed.</summary>
    internal static readonly TimeSpan Limit = TimeSpan.FromSeconds(3);

    /// <returns>In the order of the messages.</returns>
    public async Task<IReadOnlyList<TranslatedMessage>> TranslateAsync(IReadOnlyList<ClaimedMessage> messages, CancellationToken cancel)
    {
        var live = new LiveConnection?[messages.Count];
        for (var i = 0; i < live.Length; i++)
        {
            live[i] = await connections.GetFreshAsync(messages[i].ConnectionId, cancel);
        }

        var found = new List<TranslatedMessage>(messages.Count);
        while (found.Count < messages.Count)
        {
            var round = new Round(i => Translate(messages[i], live[i]), found.Count, messages.Count);
            found.AddRange((await round.RunAsync(clock, cancel)).Select((what, i) => new TranslatedMessage(live[found.Count + i], what)).ToList());
            if (found.Count < messages.Count)
            {
                var hung = messages[found.Count];
                Hung(log, hung.ConnectionId, hung.Topic, hung.Id, hung.Attempts);
                found.Add(new TranslatedMessage(live[found.Count], null));
            }
        }

        return found;
    }

    private Translation Translate(ClaimedMessage message, LiveConnection? connection)
    {
        var stored = new StoredMessage(message.Id, message.Topic, message.EventId, message.ReceivedAt, message.Body);
        if (message.Topic.StartsWith(ReturnMessages.Reserved, StringComparison.Ordinal))
        {
            return ReturnMessages.Read(stored);
        }

        if (connection?.Connector is null)
        {
            return new Translation.Unreadable(FailureKind.Missing, "no-connector", $"This build cannot read messages of '{message.ConnectionId}'.");
        }

        try
        {
            return connection.Connector.Translate(stored, connection.Profile);
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            Failed(log, message.ConnectionId, message.Topic, new WordlessError(error));
            return new Translation.Unreadable(FailureKind.Parse, "translator-failed", $"The message could not be read ({error.GetType().Name}).");
        }
    }

    /// <summary>Messages one after the other, until all are read or one does not come back. A thread that does after all finds that nobody waits for it any more.</summary>
    private sealed class Round(Func<int, Translation> translate, int from, int until)
    {
        private readonly Lock gate = new();
        private readonly List<Translation> done = [];
        private bool left;

        public async Task<List<Translation>> RunAsync(TimeProvider clock, CancellationToken cancel)
        {
            var work = Task.Run(Work, cancel);
            for (var before = 0; ; before = Read())
            {
                try
                {
                    await work.WaitAsync(Limit, clock, cancel);
                    return done;
                }
                catch (TimeoutException) when (Left(before))
                {
                    return done;
                }
                catch (TimeoutException)
                {
                    // Slow, but not at the same message as before.
                }
            }
        }

        private void Work()
        {
            for (var i = from; i < until; i++)
            {
                var what = translate(i);
                lock (gate)
                {
                    if (left)
                    {
                        return;
                    }

                    done.Add(what);
                }
            }
        }

        private int Read()
        {
            lock (gate)
            {
                return done.Count;
            }
        }

        private bool Left(int before)
        {
            lock (gate)
            {
                return left = done.Count == before && before < until - from;
            }
        }
    }

    [LoggerMessage(EventId = 2401, Level = LogLevel.Error, Message = "The translator of {Connection} failed on topic {Topic}")]
    private static partial void Failed(ILogger log, string connection, string topic, Exception error);

    [LoggerMessage(EventId = 2803, Level = LogLevel.Error, Message = "The translator of {Connection} does not come back from topic {Topic}, message {Id}, attempt {Attempt}: its thread is given up. A restart of this node gets it back")]
    private static partial void Hung(ILogger log, string connection, string topic, long id, int attempt);
}
