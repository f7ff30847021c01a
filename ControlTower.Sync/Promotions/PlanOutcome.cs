using System.Globalization;
using ControlTower.Data.Promotions;

namespace ControlTower.Sync.Promotions;

/// <summary>What a release would do with a price of a plan, as its check and its dry run saw it.</summary>
/// <param name="Words">For people, without a full stop.</param>
/// <param name="InTheWay">It would not come to stand as planned.</param>
public sealed record PlanOutcome(string Words, bool InTheWay)
{
    /// <summary>As <see cref="PriceCellRule"/> would decide about what was read. Pure.</summary>
    /// <returns>Null: nothing can be said, for it is an effect of another row, or the dry run has not read it.</returns>
    public static PlanOutcome? Of(PlanCell cell) =>
        cell.Kind == "effect" ? null
        : cell.Flags.FirstOrDefault(Stops) is { } flag ? new($"Not written: {Reason(flag)}", true)
        : cell.Kind == "checkout" ? Reduction(cell)
        : cell.SeenAt is null ? null
        : cell.Seen is not { } seen ? new("Stops: the channel does not list it any more", true)
        : seen == cell.Price ? new("Stands already", false)
        : cell.IsStore ? seen < cell.Price ? new(Say($"Stops: it sells for {seen:0.##} there already"), true) : new(Say($"{seen:0.##} becomes {cell.Price:0.##}"), false)
        : seen != cell.Base ? new(Say($"Stops: it stands at {seen:0.##} and was planned from {cell.Base:0.##}"), true)
        : new(Say($"{seen:0.##} becomes {cell.Price:0.##}"), false);

    /// <summary>Why a row of a plan is not written, by the flag of its check.</summary>
    public static string Reason(string flag) => flag switch
    {
        "missing" => "The channel does not list the SKU",
        "capability" => "The channel cannot show this kind of offer",
        "no-price" => "It has no price there",
        "currency" => "No amount in the channel's currency",
        "list-currency" => "The list fixes it in another currency",
        "zero" => "It would cost nothing or less",
        "passed" => "The window had passed",
        "no-compare" => "The channel has no compare-at price",
        "follows" => "The list follows a price that another promotion changes",
        "not-lower" => "It would not be lower than it was",
        "no-stage" => "No stage releases it",
        "too-many" => "The channel takes fewer items into one reduction",
        "all-stores" => "The channel grants a reduction in all its stores at once",
        _ => flag.Replace('-', ' '),
    };

    private static PlanOutcome? Reduction(PlanCell cell) => cell.DryFound switch
    {
        "none" => new("Would be created", false),
        "other" => new($"Would be changed{(cell.DryDiffers is { } what ? $": {what}" : "")}", false),
        "meant" => new("Stands as meant already", false),
        _ => null,
    };

    private static bool Stops(string flag) => flag is "missing" or "capability" or "no-price" or "currency" or "list-currency" or "zero" or "passed" or "no-compare" or "follows" or "not-lower" or "no-stage" or "too-many" or "all-stores";

    private static string Say(FormattableString words) => words.ToString(CultureInfo.InvariantCulture);
}
