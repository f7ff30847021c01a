using System.Globalization;
using ControlTower.Data.Canonical;
using ControlTower.Data.Promotions;

namespace ControlTower.Sync.Promotions;

/// <summary>What is to be done about a release now.</summary>
public abstract record ReleaseStep
{
    public sealed record Start(int Stage, string Name) : ReleaseStep;

    public sealed record Proven(int Stage, decimal Parity) : ReleaseStep;

    /// <summary>Nothing more is written until a person resumes.</summary>
    /// <param name="Budget">That is used up, if this is about it.</param>
    /// <param name="Stage">Whose share of read-backs is too small, if this is about it.</param>
    public sealed record Hold(string Why, BudgetLimit? Budget = null, int? Stage = null) : ReleaseStep;

    /// <summary>The next stage waits for a person's word.</summary>
    /// <param name="Budget">That is used up, if this is about it.</param>
    /// <param name="Stage">Whose share of read-backs is too small or unknown, if this is about it.</param>
    /// <param name="Guards">The stage that waits because guards cannot be judged, if this is about that.</param>
    public sealed record Ask(string Question, BudgetLimit? Budget = null, int? Stage = null, int? Guards = null) : ReleaseStep;

    /// <summary>The next stage waits for a person to advance it, who is told.</summary>
    /// <param name="Team">Who is asked, in words; null: whoever may.</param>
    public sealed record Call(int Stage, string Name, string? Team) : ReleaseStep;

    /// <summary>The next stage waits until it breaks no rule of sequence any more; it then begins by itself.</summary>
    public sealed record Wait(string Why) : ReleaseStep;

    public sealed record GoBack(string Why) : ReleaseStep;

    /// <summary>All stages are proven.</summary>
    public sealed record Live : ReleaseStep;

    /// <summary>The window is over everywhere.</summary>
    public sealed record End : ReleaseStep;

    public sealed record Finish(PromotionState State) : ReleaseStep;

    public sealed record Expire(string Why) : ReleaseStep;
}

/// <summary>Decides how a release goes on. Pure.</summary>
public static class ReleaseRule
{
    public static IReadOnlyList<ReleaseStep> Decide(ReleaseHeld release)
    {
        var now = release.Now;
        switch (release.State)
        {
            case PromotionState.Ending or PromotionState.RollingBack:
                return release.Stages.All(s => s.GoingBack == 0 && s.Stuck == 0 && s.Open == 0)
                    ? [new ReleaseStep.Finish(release.State == PromotionState.Ending ? PromotionState.Ended : PromotionState.RolledBack)] : [];
            case PromotionState.Scheduled when release.Ends <= now:
                return [new ReleaseStep.Expire("Its window passed before it could begin.")];
            // One that is approved behind its start begins at once.
            case PromotionState.Scheduled when (release.Starts > release.StateAt ? release.Starts : release.StateAt) + TimeSpan.FromMinutes(release.Rules.StartWithin) < now:
                return [new ReleaseStep.Expire(string.Create(CultureInfo.InvariantCulture, $"It could not begin within {release.Rules.StartWithin} minutes of its start."))];
            case PromotionState.Releasing or PromotionState.Live when release.Ends <= now:
                return [new ReleaseStep.End()];
            case PromotionState.Scheduled when release.Held || release.Starts > now:
                return [];
            case PromotionState.Scheduled when release.Stages[0] is { Hold: StageHold.Person } first:
                return release.Question is null ? [new ReleaseStep.Ask($"Stage 1, {first.Name}, waits for a person")] : [];
            case PromotionState.Scheduled:
                return [new ReleaseStep.Start(1, release.Stages[0].Name)];
            default:
                return release.Held ? [] : Forward(release, now);
        }
    }

    /// <summary>The last stage whose prices may take effect now: what is due of the stages before it stands as intended, or a person let it go on. What comes due later is gone through in the same order.</summary>
    public static int MayBegin(ReleaseHeld release) =>
        release.Stages.FirstOrDefault(s => s.StartedAt is null || !s.IsSettled || !(s.Parity * 100 >= release.Rules.Parity || s.Accepted))?.Stage ?? release.Stages.Count;

    private static List<ReleaseStep> Forward(ReleaseHeld release, DateTimeOffset now)
    {
        var steps = new List<ReleaseStep>();
        (StageStand Stage, DateTimeOffset ProvenAt)? before = null;
        foreach (var stage in release.Stages)
        {
            if (stage.StartedAt is null)
            {
                if (release.Question is not null)
                {
                    return steps;
                }

                if (stage.Hold == StageHold.Person)
                {
                    if (Person(release, stage) is { } person)
                    {
                        steps.Add(person);
                    }

                    return steps;
                }

                // What another promotion outdid, or a person took out, proves nothing about the channel.
                if (before is { Stage: { Judged: 0, Cells: > 0, GoingBack: 0, Accepted: false, ProvenAt: null } empty })
                {
                    steps.Add(new ReleaseStep.Ask($"Stage {empty.Stage}, {empty.Name}: none of its prices could be read back, for all are left out or another promotion's. Stage {stage.Stage}, {stage.Name}, waits", Stage: empty.Stage));
                }
                else if (before is not { ProvenAt: var since } || stage.Hold != StageHold.Minutes || now - since >= TimeSpan.FromMinutes(stage.Minutes))
                {
                    steps.Add(new ReleaseStep.Start(stage.Stage, stage.Name));
                }

                return steps;
            }

            if (!stage.IsSettled && stage.ProvenAt is null)
            {
                return steps;
            }

            // A proven stage is judged again: prices whose hour came later are to be shown as well, and what was proven may have been changed since.
            if (!stage.IsSettled || stage.Parity * 100 >= release.Rules.Parity || stage.Accepted)
            {
                if (stage.ProvenAt is null)
                {
                    steps.Add(new ReleaseStep.Proven(stage.Stage, stage.Parity));
                }

                before = (stage, stage.ProvenAt ?? now);
                continue;
            }

            if (release.Question is null)
            {
                steps.Add(Breach(release.Rules.OnBreach, string.Create(
                    CultureInfo.InvariantCulture, $"Stage {stage.Stage}, {stage.Name}: {Math.Floor(stage.Parity * 10_000) / 100:0.##}% of its prices were read back as intended, less than {release.Rules.Parity:0.##}%"), stage: stage.Stage));
            }

            return steps;
        }

        if (release.State == PromotionState.Releasing)
        {
            steps.Add(new ReleaseStep.Live());
        }

        return steps;
    }

    // Whose time is over has not answered, so there is nobody to ask once more.
    private static ReleaseStep? Person(ReleaseHeld release, StageStand stage) => stage switch
    {
        { AskedAt: null } => new ReleaseStep.Call(stage.Stage, stage.Name, stage.Team),
        { Minutes: > 0, AskedAt: { } asked } when release.Now - asked >= TimeSpan.FromMinutes(stage.Minutes) => Breach(
            release.Rules.OnBreach == OnBreach.RollBack ? OnBreach.RollBack : OnBreach.Pause, string.Create(CultureInfo.InvariantCulture, $"Stage {stage.Stage}, {stage.Name}: nobody advanced it within {stage.Minutes} minutes")),
        _ => null,
    };

    public static ReleaseStep Breach(OnBreach what, string why, BudgetLimit? budget = null, int? stage = null) => what switch
    {
        OnBreach.RollBack => new ReleaseStep.GoBack(why),
        OnBreach.Ask => new ReleaseStep.Ask(why, budget, stage),
        _ => new ReleaseStep.Hold(why, budget, stage),
    };
}
