namespace ControlTower.Tests.Support;

/// <summary>What a driver was promised, kept apart from the system under test.</summary>
public sealed class AckLedger
{
    private readonly Lock gate = new();
    private readonly List<Guid> acks = [];
    private readonly List<(int Count, TaskCompletionSource Reached)> waiting = [];

    public IReadOnlyCollection<Guid> All
    {
        get
        {
            lock (gate)
            {
                return [.. acks];
            }
        }
    }

    public void Add(Guid id)
    {
        lock (gate)
        {
            acks.Add(id);
            foreach (var (count, reached) in waiting)
            {
                if (acks.Count >= count)
                {
                    reached.TrySetResult();
                }
            }
        }
    }

    /// <summary>Completes when as many more acknowledgements have come.</summary>
    public Task WaitForMoreAsync(int more, CancellationToken cancel)
    {
        lock (gate)
        {
            var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            waiting.Add((acks.Count + more, reached));
            return reached.Task.WaitAsync(cancel);
        }
    }
}
