using ControlTower.Data.Db;
using ControlTower.Data.Live;

namespace ControlTower.Data.Inventory;

/// <summary>
/// Where everybody at once wants the last pair: wishes that come while one batch is written are the next batch, so that a SKU that everybody wants costs one lock and one flush per batch and not per
/// wish. Each caller gets its own answer after the commit. Between nodes the database decides.
/// </summary>
public sealed class StockReserver : IAsyncDisposable
{
    /// <summary>Wishes that may wait; more are told to come later.</summary>
    public const int Room = 8192;

    private readonly Coalescer<HoldRequest, HoldAnswer> queue;

    public StockReserver(StockHoldStore holds, ChangeNotifier? changes = null) => queue = new Coalescer<HoldRequest, HoldAnswer>(
        async (wishes, cancel) =>
        {
            var answers = await holds.HoldAsync(wishes, cancel);
            changes?.Announce(LiveTopics.Stock);
            return answers;
        },
        Room, maxBatch: 256);

    /// <summary>False if too many wait already: nothing was asked.</summary>
    public bool TryHold(HoldRequest wish, out Task<HoldAnswer> answer) => queue.TrySubmit(wish, out answer);

    public ValueTask DisposeAsync() => queue.DisposeAsync();
}
