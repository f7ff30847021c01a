namespace ControlTower.Sync.Publishing;

/// <param name="Expected">What the channel should show, in pieces.</param>
/// <param name="Published">What the tower last left there; null before the first time.</param>
/// <param name="Level">What it shows now; null if it does not list the SKU there.</param>
/// <param name="Repair">A person wants it set to what is expected.</param>
/// <param name="Heals">The tower may lower by itself what the channel shows too much.</param>
/// <param name="HeardAll">Everything that the channel did before its level moved has been heard: no sale of its own can be on its way to the tower.</param>
public sealed record PublishingFacts(int Expected, int? Published, int? Level, bool Repair, bool Heals, bool HeardAll);

public enum PublishingStep
{
    /// <summary>It shows what it should.</summary>
    Agree,

    /// <summary>It is to be set to what is expected.</summary>
    Write,

    /// <summary>It may have sold what the tower has not heard of yet: looked at again soon.</summary>
    Wait,

    /// <summary>It changed by itself and the tower has nothing to say: a person decides.</summary>
    Adrift,

    /// <summary>It never listed the SKU there.</summary>
    Unlisted,

    /// <summary>It listed the SKU and does not any more.</summary>
    Gone,
}

/// <summary>
/// What to do about a cell. A channel sells by itself, and its level falls before its sale is heard of; raising the level then would sell the same goods again. So a level that the tower did not
/// leave there is raised only after everything of the channel has been heard, and never by itself over what was left there. Lowering is always safe. Pure.
/// </summary>
public static class PublishingRule
{
    public static PublishingStep Decide(PublishingFacts facts)
    {
        if (facts.Level is not { } level)
        {
            return facts.Published is null && !facts.Repair ? PublishingStep.Unlisted : PublishingStep.Gone;
        }

        if (level == facts.Expected)
        {
            return PublishingStep.Agree;
        }

        var wanted = facts.Repair || facts.Published != facts.Expected;
        var mayHaveSold = facts.Published is null || level < facts.Published;
        return wanted && (level > facts.Expected || !mayHaveSold || facts.HeardAll) ? PublishingStep.Write
            : !facts.HeardAll ? PublishingStep.Wait
            : facts.Heals && level > facts.Expected ? PublishingStep.Write // Less than was left there may be a sale whose order holds nothing yet.
            : PublishingStep.Adrift;
    }

    /// <summary>A difference that is nobody's unheard sale and none of the tower's unsent changes.</summary>
    public static bool IsDrift(PublishingFacts facts) => facts.HeardAll && facts.Level is { } level && level != facts.Expected && facts.Published == facts.Expected;
}
