using ControlTower.Data.Operations;
using ControlTower.Web.Shared;

namespace ControlTower.Web.Pages.Operations;

/// <summary>How the data stand, in an icon and a word.</summary>
public sealed record IntegrityWords(Status Status, string Word)
{
    /// <summary>The schedule looks each minute, and a check may take ten.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(15);

    /// <param name="every">From one check to the next; zero if only people ask.</param>
    public static IntegrityWords Of(IntegrityPicture picture, TimeSpan every, DateTimeOffset now) => picture switch
    {
        { AskedAt: { } asked } when now - asked > Patience => new(Status.Warn, "Overdue: asked for and not done"),
        { AskedAt: not null } => new(Status.Run, "Checking, within a minute or two"),
        { Last: null } => new(Status.Wait, "Never checked"),
        { Last.Failure: not null } => new(Status.Bad, "Could not be checked"),
        { Last.Violations.Count: > 0 and var broken } => new(Status.Bad, broken == 1 ? "1 promise is broken" : $"{broken} promises are broken"),
        { Last: { } last } when every > TimeSpan.Zero && now - last.FinishedAt > every + Patience => new(Status.Warn, "Overdue"),
        _ => new(Status.Ok, "All hold"),
    };
}
