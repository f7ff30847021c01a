namespace ControlTower.Data.Triage;

/// <summary>How a batch is carried out.</summary>
/// <param name="Stages">How many cases each stage has; the last repeats. A stage begins when all of the one before is settled.</param>
/// <param name="PerSecond">Cases sent per second at most.</param>
/// <param name="FailureLimit">Share of failures among what is settled, 0 to 1; above it the batch stops by itself. 0 stops at the first failure, 1 never.</param>
public sealed record BatchPlan(IReadOnlyList<int> Stages, int PerSecond, decimal FailureLimit)
{
    public const int MostStages = 12;
    public const int LargestStage = 5_000;
    public const int Fastest = 100;

    public static BatchPlan Standard { get; } = new([1, 2, 5, 20, 100], 8, 0.10m);

    /// <summary>Of acts that send nothing: a slice is one transaction, and nothing can fail that would stop the rest.</summary>
    public static BatchPlan Act { get; } = new([1_000], 1_000, 1m);

    /// <summary>What is wrong with it, by field; empty if it can be carried out.</summary>
    public IReadOnlyDictionary<string, string> Problems()
    {
        var problems = new Dictionary<string, string>(StringComparer.Ordinal);
        if (Stages.Count is 0 or > MostStages || Stages.Any(size => size is < 1 or > LargestStage))
        {
            problems["stages"] = $"Give 1 to {MostStages} stages of 1 to {LargestStage} cases each, such as 1, 2, 5, 20, 100.";
        }

        if (PerSecond is < 1 or > Fastest)
        {
            problems["rate"] = $"Give 1 to {Fastest} cases per second.";
        }

        if (FailureLimit is < 0 or > 1)
        {
            problems["limit"] = "Give a share from 0 to 100%.";
        }

        return problems;
    }

    /// <summary>How many stages so many cases need.</summary>
    public int StagesFor(int count) => StageOf(count);

    public int StageOf(int ordinal)
    {
        var (stage, end) = (0, 0);
        while (stage < Stages.Count)
        {
            end += Stages[stage++];
            if (ordinal <= end)
            {
                return stage;
            }
        }

        return stage + ((ordinal - end + Stages[^1] - 1) / Stages[^1]);
    }

    /// <summary>First and last ordinal of a stage, the last as if there were no end.</summary>
    public (int First, int Last) RangeOf(int stage)
    {
        var before = Stages.Take(stage - 1).Sum() + (Math.Max(0, stage - 1 - Stages.Count) * Stages[^1]);
        return (before + 1, before + (stage <= Stages.Count ? Stages[stage - 1] : Stages[^1]));
    }
}
