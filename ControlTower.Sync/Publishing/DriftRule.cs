namespace ControlTower.Sync.Publishing;

/// <summary>What counts as drift, and how much is kept back where it is found again and again. The one place of both rules. Pure.</summary>
public static class DriftRule
{
    /// <summary>Most pieces that are kept back from a channel because of drift.</summary>
    public const int MostKept = 10;

    private const int FoundInRow = 2;
    private const int CleanInRow = 3;

    /// <summary>Within tolerance: off by at most a hundredth of what is expected, so below 100 pieces not at all.</summary>
    /// <param name="drift">What is shown less what is expected.</param>
    public static bool IsExact(int drift, int expected) => Math.Abs((long)drift) * 100 <= expected;

    /// <summary>
    /// Pieces kept back after a check. Only a channel that shows more than there is can sell what is not there: from the second such check in a row the buffer grows by what was too much. After
    /// each third clean check in a row it is halved.
    /// </summary>
    /// <param name="found">Checks in a row that found drift, this one included.</param>
    /// <param name="clean">Checks in a row that found none, this one included.</param>
    public static int Buffer(int kept, int drift, int found, int clean) =>
        drift > 0 && found >= FoundInRow ? (int)Math.Min(MostKept, kept + (long)drift)
        : clean > 0 && clean % CleanInRow == 0 ? kept / 2
        : kept;
}
