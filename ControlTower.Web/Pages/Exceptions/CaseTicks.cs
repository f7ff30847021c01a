namespace ControlTower.Web.Pages.Exceptions;

/// <summary>Which rows are ticked. A tick is on a case, not on a place: it stays when the list is read again.</summary>
public sealed class CaseTicks
{
    private readonly HashSet<long> ticked = [];
    private long? last;

    public int Count => ticked.Count;

    /// <summary>Another number after each change.</summary>
    public int Version { get; private set; }

    public IReadOnlyCollection<long> Ids => ticked;

    public bool Has(long id) => ticked.Contains(id);

    public void Toggle(long id)
    {
        if (!ticked.Remove(id))
        {
            ticked.Add(id);
        }

        last = id;
        Version++;
    }

    /// <summary>Ticks everything from the row touched last to this one.</summary>
    public void Range(long id, IReadOnlyList<long> order)
    {
        var (from, to) = (IndexOf(order, last ?? id), IndexOf(order, id));
        if (from < 0 || to < 0)
        {
            Toggle(id);
            return;
        }

        for (var i = Math.Min(from, to); i <= Math.Max(from, to); i++)
        {
            ticked.Add(order[i]);
        }

        last = id;
        Version++;
    }

    public void All(IEnumerable<long> ids)
    {
        foreach (var id in ids)
        {
            ticked.Add(id);
        }

        Version++;
    }

    public void Clear()
    {
        ticked.Clear();
        last = null;
        Version++;
    }

    public void Remove(IEnumerable<long> ids)
    {
        ticked.ExceptWith(ids);
        if (ticked.Count == 0)
        {
            // Emptied, the set still has holes, and what is ticked next would come out of it in their order.
            ticked.Clear();
        }

        Version++;
    }

    private static int IndexOf(IReadOnlyList<long> order, long id)
    {
        for (var i = 0; i < order.Count; i++)
        {
            if (order[i] == id)
            {
                return i;
            }
        }

        return -1;
    }
}
