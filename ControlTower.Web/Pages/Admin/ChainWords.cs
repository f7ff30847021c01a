using ControlTower.Data.Audit;
using ControlTower.Data.Operations;
using ControlTower.Web.Shared;

namespace ControlTower.Web.Pages.Admin;

/// <summary>What the last check of the data said of the audit chain, in an icon and a word.</summary>
internal sealed record ChainWords(Status Status, string Word)
{
    /// <summary>As the checker names it.</summary>
    public const string Invariant = "audit-chain-whole";

    public static ChainWords Of(IntegrityRun? run) => run switch
    {
        null => new(Status.Wait, "Chain never verified"),
        { Failure: not null } => new(Status.Warn, "Chain could not be verified"),
        _ when BrokenAt(run) is { } where => new(Status.Bad, $"Chain broken at {where}"),
        _ => new(Status.Ok, "Chain verified"),
    };

    /// <summary>The same for one entry: a check vouches for what was written before it.</summary>
    public static ChainWords Of(IntegrityRun? run, AuditRow row) => run switch
    {
        { Failure: null } when BrokenAt(run) is null => row.At < run.FinishedAt - run.Took ? new(Status.Proven, "Verified with the chain") : new(Status.Wait, "Written after the last check"),
        _ => Of(run),
    };

    private static string? BrokenAt(IntegrityRun run) =>
        run.Violations.FirstOrDefault(violation => violation.Name == Invariant) is { } broken ? string.Join(", ", broken.Sample.Take(3)) : null;
}
