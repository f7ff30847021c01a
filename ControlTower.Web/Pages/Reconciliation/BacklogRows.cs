using ControlTower.Data.Reconciliation;

namespace ControlTower.Web.Pages.Reconciliation;

/// <summary>A list as it was read at once.</summary>
public sealed record BacklogRead(IReadOnlyList<ReconItemRow> Rows, long Count, decimal Value);

/// <summary>
/// The rows of a list that are shown: its first so many. Questions overlap, because the page asks again while a person asks for more: an answer to an older question, or one about fewer rows or another list,
/// is left out, so that no row is lost and none stands twice.
/// </summary>
/// <param name="read">The first so many of what is asked for.</param>
public sealed class BacklogRows(Func<ReconFilter, int, Task<BacklogRead>> read)
{
    private int most = ReconQueries.PageSize;
    private int list;
    private long asked;
    private long shown;

    public IReadOnlyList<ReconItemRow> Rows { get; private set; } = [];

    public long Count { get; private set; }

    public decimal Value { get; private set; }

    /// <summary>Another list is asked for from now on: its first page.</summary>
    public void Turn() => (most, list) = (ReconQueries.PageSize, list + 1);

    public void More() => most += ReconQueries.PageSize;

    /// <returns>-1 if it is not shown.</returns>
    public int IndexOf(long? id) => Rows.ToList().FindIndex(r => r.Id == id);

    /// <returns>False if the answer came too late to be shown.</returns>
    public async Task<bool> LoadAsync(ReconFilter filter)
    {
        var (turn, size, of) = (++asked, most, list);
        var found = await read(filter, size);
        if (turn < shown || size != most || of != list)
        {
            return false;
        }

        shown = turn;
        (Rows, Count, Value) = (found.Rows, found.Count, found.Value);
        return true;
    }
}
