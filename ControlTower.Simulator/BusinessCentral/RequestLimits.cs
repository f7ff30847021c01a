namespace ControlTower.Simulator.BusinessCentral;

/// <summary>The vendor's limits of one user: five requests at work, ninety-five waiting, six thousand in a sliding five vendor minutes.</summary>
public sealed class RequestLimits(EstateOptions options) : IDisposable
{
    public const int AtWork = 5;
    public const int Queued = 95;
    public const int PerWindow = 6000;
    public static readonly TimeSpan Window = TimeSpan.FromMinutes(5);

    private readonly SemaphoreSlim work = new(AtWork);
    private readonly Queue<DateTimeOffset> recent = new();
    private readonly Lock gate = new();
    private int inside;

    public int Inside => Volatile.Read(ref inside);

    /// <summary>Null when the request may go on (call <see cref="Leave"/> after it); else how long the client is told to wait.</summary>
    public async Task<TimeSpan?> EnterAsync(CancellationToken cancel)
    {
        lock (gate)
        {
            var now = options.Clock.GetUtcNow();
            var window = options.Scaled(Window);
            while (recent.TryPeek(out var oldest) && oldest + window <= now) recent.Dequeue();
            if (recent.Count >= PerWindow) return recent.Peek() + window - now;
            if (inside >= AtWork + Queued) return TimeSpan.FromSeconds(1);
            recent.Enqueue(now);
            inside++;
        }

        try
        {
            await work.WaitAsync(cancel);
            return null;
        }
        catch (OperationCanceledException)
        {
            Interlocked.Decrement(ref inside);
            throw;
        }
    }

    public void Leave()
    {
        Interlocked.Decrement(ref inside);
        work.Release();
    }

    public void Dispose() => work.Dispose();
}
