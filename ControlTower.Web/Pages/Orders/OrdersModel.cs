using ControlTower.Data.Flows;
using ControlTower.Web.Shared;
using Microsoft.Extensions.Logging;

namespace ControlTower.Web.Pages.Orders;

/// <summary>
/// The list of orders without its markup. The sequence of ids is frozen when the list is opened; rows are read as they come into view and change in place. What comes
/// later is counted, never slipped in.
/// </summary>
public sealed class OrdersModel(OrderQueries queries, StageLimits limits, TimeProvider clock, ILogger<OrdersModel> log) : IDisposable
{
    /// <summary>A list that long is not read by people; they narrow it.</summary>
    public const int Longest = 20_000;

    private const int Ahead = 100;

    private readonly Dictionary<long, OrderRow> rows = [];
    private readonly List<long> ids = [];
    private CancellationTokenSource current = new();
    private OrderCursor? next;
    private long newest;
    private (int Start, int Count) window;

    public OrderFilter Filter { get; private set; } = new();

    public PanelGuard Panel { get; } = new("The list of orders", clock, log);

    /// <summary>Set for a person who may read cases; others are told that an order is held, not why.</summary>
    public bool TellsCauses { get; set; }

    public IReadOnlyList<long> Ids => ids;

    public OrderTotal? Total { get; private set; }

    /// <summary>Of the whole shop, to say how many are outside an empty filter.</summary>
    public long? Everything { get; private set; }

    public OrderFacets Facets { get; private set; } = new([], []);

    /// <summary>Orders of the filter that came after the list was opened; 100 means more than 99.</summary>
    public int NewCount { get; private set; }

    public DateTimeOffset? OpenedAt { get; private set; }

    public bool IsCut => next is null ? false : ids.Count >= Longest;

    /// <summary>Opens a new list; a list that is still being opened is given up.</summary>
    public async Task OpenAsync(OrderFilter filter)
    {
        // Not waited for: until the database has given up the old one, another may be opened.
        _ = current.CancelAsync();
        current = new CancellationTokenSource();
        var cancel = current.Token;
        await Panel.AskAsync(async () =>
        {
            // Before the keys: what commits between the two reads is counted as new although it is listed, which "Show" puts right; the other way round it would be lost.
            var newestNow = await queries.NewestIdAsync(cancel);
            var keys = await queries.KeysAsync(filter, null, OrderQueries.PageSize, cancel);
            var total = await queries.TotalAsync(filter, cancel);
            Facets = await queries.FacetsAsync(cancel);
            Everything = keys.Ids.Count == 0 && filter.Narrows ? (await queries.TotalAsync(new OrderFilter(), cancel)).Count : null;
            cancel.ThrowIfCancellationRequested();
            ids.Clear();
            rows.Clear();
            ids.AddRange(keys.Ids);
            (Filter, next, newest, Total, NewCount, OpenedAt) = (filter, keys.Next, newestNow, total, 0, clock.GetUtcNow());
        });
    }

    /// <summary>The rows of a part of the list, for the virtual table. Reads on where the known ids end.</summary>
    public async Task<IReadOnlyList<OrderListItem>> WindowAsync(int start, int count)
    {
        var cancel = current.Token;
        await Panel.AskAsync(async () =>
        {
            while (next is not null && ids.Count < Math.Min(Longest, start + count + Ahead))
            {
                var page = await queries.KeysAsync(Filter, next, OrderQueries.PageSize, cancel);
                var known = ids.ToHashSet();
                // An order that moved between two pages is listed where it was first seen.
                ids.AddRange(page.Ids.Where(id => !known.Contains(id)));
                next = page.Next;
            }

            window = (start, count);
            await FillAsync(InView().Where(id => !rows.ContainsKey(id)).ToList(), cancel);
        });
        return [.. InView().Select(Item)];
    }

    /// <summary>Asks again for what is in view, for the totals and for news. Old rows stay on screen meanwhile.</summary>
    public async Task RefreshAsync()
    {
        var cancel = current.Token;
        await Panel.AskAsync(async () =>
        {
            var fresh = await queries.RowsAsync(InView(), cancel);
            var news = await queries.NewerAsync(Filter, newest, cancel);
            var total = await queries.TotalAsync(Filter, cancel);
            cancel.ThrowIfCancellationRequested();
            rows.Clear();
            foreach (var row in fresh)
            {
                rows[row.Id] = row;
            }

            (NewCount, Total) = (news, total);
        });
    }

    public void Dispose()
    {
        current.Cancel();
        current.Dispose();
    }

    private List<long> InView() => ids.Skip(window.Start).Take(window.Count).ToList();

    private async Task FillAsync(List<long> missing, CancellationToken cancel)
    {
        foreach (var row in await queries.RowsAsync(missing, cancel))
        {
            rows[row.Id] = row;
        }
    }

    private OrderListItem Item(long id) => rows.TryGetValue(id, out var row)
        ? new OrderListItem(id, row, OrderWords.Standing(TellsCauses ? row : OrderWords.WithoutCause(row), clock.GetUtcNow()), row.IsUnderWay ? limits.For(row.Stage) : null, Fits(row) ? null : "No longer in this filter")
        : new OrderListItem(id, null, null, null, null);

    private bool Fits(OrderRow row) =>
        (Filter.Stages.Count == 0 || Filter.Stages.Contains(row.Stage))
        && (Filter.Statuses.Count == 0 || Filter.Statuses.Contains(row.Status))
        && (Filter.InStageFor is not { } age || (row.IsUnderWay && clock.GetUtcNow() - row.StageSince >= age));
}

/// <summary>A place in the list. <paramref name="Row"/> is null while it is being read; <paramref name="Gone"/> says why it is greyed.</summary>
/// <param name="Limit">What the order may take in its stage; null when it is no longer under way.</param>
public sealed record OrderListItem(long Id, OrderRow? Row, OrderStanding? Standing, TimeSpan? Limit, string? Gone);
