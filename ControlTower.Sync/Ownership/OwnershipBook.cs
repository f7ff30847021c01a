using ControlTower.Data.Db;
using ControlTower.Data.Ownership;
using ControlTower.Sync.Connections;
using ControlTower.Sync.Connectors;

namespace ControlTower.Sync.Ownership;

/// <summary>
/// The rules in force, at most <see cref="Pace"/> old: a change of them is felt on every node within that time, and so is the moment in which one begins or ends. When the database cannot say, it throws: nothing is
/// judged by rules that may be gone.
/// </summary>
public sealed class OwnershipBook(TowerDataSources data, ConnectionDirectory connections, TimeProvider clock) : IDisposable
{
    public static readonly TimeSpan Pace = TimeSpan.FromSeconds(1);

    private readonly SemaphoreSlim reading = new(1, 1);
    private Picture? picture;

    public async ValueTask<RuleBook> CurrentAsync(CancellationToken cancel)
    {
        if (Volatile.Read(ref picture) is { } known && clock.GetElapsedTime(known.Looked) < Pace)
        {
            return Standing(known).Book;
        }

        await reading.WaitAsync(cancel);
        try
        {
            if (picture is { } one && clock.GetElapsedTime(one.Looked) < Pace)
            {
                return Standing(one).Book;
            }

            var looked = clock.GetTimestamp();
            // Read before the layers: what changes between the two is looked at again.
            var revision = await OwnershipStore.RevisionAsync(data.Work, cancel);
            var layers = picture is { } before && before.Revision == revision ? before.Layers : await OwnershipStore.LayersAsync(data.Work, cancel);
            var next = new Picture(revision, layers, picture is { } same && same.Revision == revision && !IsOver(same.Book) ? same.Book : RuleBook.At(layers, clock.GetUtcNow(), RoleOf, revision: revision), looked);
            Volatile.Write(ref picture, next);
            return next.Book;
        }
        finally
        {
            reading.Release();
        }
    }

    /// <summary>The rules of another moment, or with a change that is not in force.</summary>
    public async Task<RuleBook> AtAsync(DateTimeOffset at, OwnershipChange? also, CancellationToken cancel) => RuleBook.At(await OwnershipStore.LayersAsync(data.Read, cancel), at, RoleOf, also);

    /// <summary>The role of a source, as rules name it; empty if it is not known.</summary>
    public string RoleOf(string source) =>
        source == OwnershipSources.Tower ? OwnershipSources.TowerRole : source.StartsWith("client:", StringComparison.Ordinal) ? "@api" : connections.Get(source)?.Connector?.Role is { } role ? $"@{role.Word()}" : "";

    public void Dispose() => reading.Dispose();

    private bool IsOver(RuleBook book) => book.Until is { } until && clock.GetUtcNow() >= until;

    private Picture Standing(Picture known)
    {
        if (!IsOver(known.Book))
        {
            return known;
        }

        var next = known with { Book = RuleBook.At(known.Layers, clock.GetUtcNow(), RoleOf, revision: known.Revision) };
        Interlocked.CompareExchange(ref picture, next, known);
        return next;
    }

    private sealed record Picture(long Revision, IReadOnlyList<OwnershipChange> Layers, RuleBook Book, long Looked);
}
