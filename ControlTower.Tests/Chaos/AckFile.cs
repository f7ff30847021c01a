using System.Security.Cryptography;

namespace ControlTower.Tests.Chaos;

/// <summary>One promise of the tower: it said 202 to this event with these bytes.</summary>
/// <param name="EventId">As the sender named it; null where the sender names none and the bytes are all there is.</param>
internal sealed record Ack(string Connection, string? EventId, string Hash);

/// <summary>What a sender was promised, on disk before the sender believes it, and apart from everything that is under fire.</summary>
internal sealed class AckFile : IDisposable
{
    private readonly Lock gate = new();
    private readonly FileStream file;
    private readonly HashSet<Ack> all = [];
    private readonly List<(int Count, TaskCompletionSource Reached)> waiting = [];
    private int answers;

    public AckFile(string path) => file = new FileStream(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.Read);

    /// <summary>Distinct events that were acknowledged.</summary>
    public IReadOnlyCollection<Ack> All
    {
        get
        {
            lock (gate)
            {
                return [.. all];
            }
        }
    }

    /// <summary>How many answers of 202, repeats counted.</summary>
    public int Answers => Volatile.Read(ref answers);

    /// <summary>On disk when this returns.</summary>
    public void Add(string connection, string? eventId, ReadOnlySpan<byte> body)
    {
        var ack = new Ack(connection, eventId, Convert.ToHexStringLower(SHA256.HashData(body)));
        lock (gate)
        {
            file.Write(System.Text.Encoding.UTF8.GetBytes($"{ack.Connection} {ack.EventId ?? "-"} {ack.Hash}\n"));
            file.Flush(flushToDisk: true);
            all.Add(ack);
            answers++;
            waiting.FindAll(w => answers >= w.Count).ForEach(w => w.Reached.TrySetResult());
        }
    }

    /// <summary>Completes when as many more answers have come.</summary>
    public Task WaitForMoreAsync(int more, CancellationToken cancel)
    {
        lock (gate)
        {
            var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            waiting.Add((answers + more, reached));
            return reached.Task.WaitAsync(cancel);
        }
    }

    public void Dispose() => file.Dispose();
}
