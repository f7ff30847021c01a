namespace ControlTower.Web.Live;

/// <summary>One question with many keys, such as a figure over a scope: each key is asked once for all who look at it, and forgotten when nobody does.</summary>
public sealed class SharedQueries<TKey, T>(Func<TKey, SharedQuery<T>> make) : IDisposable
    where TKey : notnull
    where T : class
{
    private readonly Lock gate = new();
    private readonly Dictionary<TKey, SharedQuery<T>> open = [];

    /// <summary>Looks at a key until the look is disposed; see <see cref="SharedQuery{T}.Watch"/>.</summary>
    public SharedLook<T> Look(TKey key, Action changed)
    {
        // Within the lock, so that a question which the last one leaves is not thrown away under somebody who comes.
        lock (gate)
        {
            var query = open.TryGetValue(key, out var known) ? known : open[key] = make(key);
            var watch = query.Watch(changed);
            return new SharedLook<T>(query, () => Leave(key, query, watch));
        }
    }

    /// <summary>Asks everything that somebody looks at again: what is measured by the clock moves without news.</summary>
    public Task AskAllAsync()
    {
        lock (gate)
        {
            return Task.WhenAll(open.Values.Select(query => query.AskAsync()));
        }
    }

    public void Dispose()
    {
        lock (gate)
        {
            foreach (var query in open.Values)
            {
                query.Dispose();
            }

            open.Clear();
        }
    }

    private void Leave(TKey key, SharedQuery<T> query, IDisposable watch)
    {
        lock (gate)
        {
            watch.Dispose();
            if (!query.IsWatched && open.TryGetValue(key, out var known) && ReferenceEquals(known, query))
            {
                open.Remove(key);
                query.Dispose();
            }
        }
    }
}

/// <summary>Somebody's look at a shared question.</summary>
public sealed class SharedLook<T>(SharedQuery<T> query, Action leave) : IDisposable
    where T : class
{
    private int left;

    public Shown<T> Now => query.Now;

    public Task AskAsync() => query.AskAsync();

    public void Dispose()
    {
        if (Interlocked.Exchange(ref left, 1) == 0)
        {
            leave();
        }
    }
}

/// <summary>A look that goes from key to key as a page's address does.</summary>
public sealed class MovingLook<TKey, T>(SharedQueries<TKey, T> queries, Action changed) : IDisposable
    where TKey : notnull
    where T : class
{
    private TKey? at;
    private SharedLook<T>? look;
    private bool ended;

    public Shown<T> Now => look?.Now ?? Shown<T>.Nothing;

    public T? Value => Now.Value;

    public void At(TKey key)
    {
        if (ended || (look is not null && EqualityComparer<TKey>.Default.Equals(at, key)))
        {
            return;
        }

        var before = look;
        (at, look) = (key, queries.Look(key, changed));
        before?.Dispose();
    }

    public Task AskAsync() => look?.AskAsync() ?? Task.CompletedTask;

    public void Dispose()
    {
        ended = true;
        look?.Dispose();
    }
}
