namespace ControlTower.Data.Kpis;

/// <summary>
/// How long spans were: a histogram whose classes grow by two in a hundred (as DDSketch, Masson, Rim and Lee, VLDB 2019), so a quantile is right to one in a hundred of itself. Several add up to one, in any order. The classes are
/// cut by <c>kpi_mark_of</c>.
/// </summary>
public sealed class KpiSketch
{
    private static readonly double Growth = Math.Log(1.01 / 0.99);

    private readonly SortedDictionary<int, long> marks = [];

    public long N { get; private set; }

    public void Add(int mark, long n)
    {
        marks[mark] = marks.GetValueOrDefault(mark) + n;
        N += n;
    }

    /// <summary>The length that a share of all does not exceed, by the nearest rank; null of nothing.</summary>
    public double? Quantile(double share)
    {
        if (N == 0)
        {
            return null;
        }

        var rank = Math.Max(1, (long)Math.Ceiling((share * N) - 1e-9));
        foreach (var (mark, n) in marks)
        {
            if ((rank -= n) <= 0)
            {
                return Length(mark);
            }
        }

        throw new InvalidOperationException("A sketch counts fewer than it holds.");
    }

    /// <summary>How many are longer than this, to one in a hundred of the length.</summary>
    public long Beyond(double seconds)
    {
        var last = Mark(seconds);
        return marks.Where(m => m.Key > last).Sum(m => m.Value);
    }

    /// <summary>The class of a length, as <c>kpi_mark_of</c> has it.</summary>
    internal static int Mark(double seconds) => seconds <= 1 ? 0 : (int)Math.Min(32_000, Math.Ceiling(Math.Log(seconds) / Growth));

    // The middle of a class, which is at most one in a hundred from each of its ends.
    private static double Length(int mark) => mark == 0 ? 1 : Math.Exp(mark * Growth) * 0.99;
}
