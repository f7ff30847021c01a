using System.Threading.Channels;

namespace ControlTower.Data.Db;

/// <summary>
/// Gathers concurrent writes into one statement without a timer: one flush is in flight per writer, and a batch is whatever waited during the last flush. Idle, it adds
/// no delay; under load, it grows. Every caller gets its own answer, and only after the flush has committed. Bounded: a full queue refuses at once.
/// </summary>
public sealed class Coalescer<TItem, TAnswer> : IAsyncDisposable
{
    private readonly Channel<Waiting> queue;
    private readonly Func<IReadOnlyList<TItem>, CancellationToken, Task<IReadOnlyList<TAnswer>>> flush;
    private readonly int maxBatch;
    private readonly CancellationTokenSource stop = new();
    private readonly Task[] writers;

    /// <param name="flush">Writes all items and returns one answer per item, in order. If it throws, every item of the batch fails with that exception.</param>
    public Coalescer(Func<IReadOnlyList<TItem>, CancellationToken, Task<IReadOnlyList<TAnswer>>> flush, int capacity, int maxBatch, int writers = 1)
    {
        this.flush = flush;
        this.maxBatch = maxBatch;
        queue = Channel.CreateBounded<Waiting>(new BoundedChannelOptions(capacity) { SingleReader = writers == 1 });
        // Whoever makes the first request is not the one for whom everything is written.
        using var _ = ExecutionContext.SuppressFlow();
        this.writers = [.. Enumerable.Range(0, writers).Select(_ => Task.Run(WriteAsync, CancellationToken.None))];
    }

    /// <summary>False if the queue is full: nothing was taken, the caller may say "later". Else <paramref name="answer"/> completes when the item is committed.</summary>
    public bool TrySubmit(TItem item, out Task<TAnswer> answer)
    {
        var waiting = new Waiting(item);
        answer = waiting.Answer.Task;
        return queue.Writer.TryWrite(waiting);
    }

    /// <summary>As <see cref="TrySubmit"/>, but waits for room.</summary>
    public async Task<TAnswer> SubmitAsync(TItem item, CancellationToken cancel = default)
    {
        var waiting = new Waiting(item);
        await queue.Writer.WriteAsync(waiting, cancel);
        return await waiting.Answer.Task;
    }

    /// <summary>Takes no more, finishes what was taken.</summary>
    public async ValueTask DisposeAsync()
    {
        queue.Writer.TryComplete();
        using (stop)
        {
            stop.CancelAfter(TimeSpan.FromSeconds(10));
            await Task.WhenAll(writers);
        }
    }

    private async Task WriteAsync()
    {
        var batch = new List<Waiting>(maxBatch);
        while (await queue.Reader.WaitToReadAsync(CancellationToken.None))
        {
            batch.Clear();
            while (batch.Count < maxBatch && queue.Reader.TryRead(out var next))
            {
                batch.Add(next);
            }

            if (batch.Count > 0)
            {
                await FlushAsync(batch);
            }
        }
    }

    private async Task FlushAsync(List<Waiting> batch)
    {
        try
        {
            var answers = await flush(batch.ConvertAll(w => w.Item), stop.Token);
            for (var i = 0; i < batch.Count; i++)
            {
                batch[i].Answer.TrySetResult(answers[i]);
            }
        }
        catch (Exception error)
        {
            foreach (var waiting in batch)
            {
                waiting.Answer.TrySetException(error);
            }
        }
    }

    private sealed class Waiting(TItem item)
    {
        public TItem Item { get; } = item;

        public TaskCompletionSource<TAnswer> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
