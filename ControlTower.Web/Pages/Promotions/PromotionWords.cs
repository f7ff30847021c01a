using System.Globalization;
using ControlTower.Data.Canonical;
using ControlTower.Data.Promotions;
using ControlTower.Web.Shared;

namespace ControlTower.Web.Pages.Promotions;

/// <summary>How promotions, their plans and their windows are told.</summary>
internal static class PromotionWords
{
    private static readonly TimeSpan LastMoment = TimeSpan.FromSeconds(1);

    public static IReadOnlyList<OfferKind> Kinds { get; } = Enum.GetValues<OfferKind>();

    /// <summary>Where it stands, by icon and word.</summary>
    public static (Status Status, string Word) State(PromotionState state, RevisionState newest) => state switch
    {
        PromotionState.Planned => newest switch
        {
            RevisionState.Review => (Status.Wait, "Under review"),
            RevisionState.Changes => (Status.Warn, "Changes asked for"),
            _ => (Status.Off, "Draft"),
        },
        PromotionState.Scheduled => (Status.Wait, "Scheduled"),
        PromotionState.Releasing => (Status.Run, "Releasing"),
        PromotionState.Live => (Status.Proven, "Live"),
        PromotionState.Ending => (Status.Run, "Ending"),
        PromotionState.Ended => (Status.Ok, "Ended"),
        PromotionState.RollingBack => (Status.Run, "Rolling back"),
        PromotionState.RolledBack => (Status.Ok, "Rolled back"),
        PromotionState.Expired => (Status.Bad, "Expired"),
        _ => (Status.Off, "Cancelled"),
    };

    public static (Status Status, string Word) Revision(RevisionState state) => state switch
    {
        RevisionState.Draft => (Status.Off, "Draft"),
        RevisionState.Review => (Status.Wait, "Under review"),
        RevisionState.Changes => (Status.Warn, "Changes asked for"),
        RevisionState.Approved => (Status.Ok, "Approved"),
        _ => (Status.Off, "Replaced"),
    };

    public static string Kind(OfferKind kind) => kind switch
    {
        OfferKind.Percent => "Percent off the price",
        OfferKind.Amount => "Amount off the price",
        OfferKind.Fixed => "Fixed price",
        OfferKind.CompareAt => "Said to be reduced from",
        OfferKind.CheckoutPercent => "Percent off at the checkout",
        OfferKind.CheckoutAmount => "Amount off at the checkout",
        _ => "Buy some, get some",
    };

    /// <summary>As <c>Type: Jackets</c>.</summary>
    public static string Facet(CatalogFacet facet) => $"{(facet.Name.Length > 0 ? char.ToUpperInvariant(facet.Name[0]) + facet.Name[1..] : facet.Name)}: {facet.Value}";

    /// <summary>The offer in a few words, as <c>−30%</c>.</summary>
    public static string Offer(OfferKind kind, decimal percent) => kind switch
    {
        _ when percent == 0 => Kind(kind),
        OfferKind.Percent => $"\u2212{Number(percent)}%",
        OfferKind.CheckoutPercent => $"\u2212{Number(percent)}% at the checkout",
        OfferKind.BuyXGetY => $"Buy some, get some {(percent == 100 ? "free" : $"\u2212{Number(percent)}%")}",
        _ => Kind(kind),
    };

    /// <summary>A wall clock: <c>Thu 26 Nov 13:16</c>.</summary>
    public static string Wall(DateTime at) => at.ToString("ddd d MMM HH:mm", CultureInfo.InvariantCulture);

    /// <summary>The end as people say it: midnight is the last second of the day before.</summary>
    public static string WallEnd(DateTime ends) => ends.TimeOfDay == TimeSpan.Zero && ends > DateTime.MinValue ? (ends - LastMoment).ToString("ddd d MMM HH:mm:ss", CultureInfo.InvariantCulture) : Wall(ends);

    public static string Window(DateTime starts, DateTime ends) => $"{Wall(starts)} to {WallEnd(ends)}";

    public static string Number(decimal number) => number.ToString("0.##", CultureInfo.InvariantCulture);

    /// <summary>A count with its noun, as <c>1 store</c>.</summary>
    public static string Many(long count, string what) => $"{Say.Count(count)} {what}{(count == 1 ? "" : "s")}";

    public static string Price(decimal? amount, string? currency) => amount is { } value && currency is not null ? Say.Money(new Money(value, currency)) : Say.None;

    public static SystemRef System(string id, string name, string kind, string role) =>
        new(id, name, role == "erp" ? SystemKind.Erp : kind is "square" ? SystemKind.Till : kind is "poslog" ? SystemKind.File : SystemKind.Shop);

    public static string OnBreach(OnBreach breach) => breach switch
    {
        Data.Canonical.OnBreach.RollBack => "Roll back",
        Data.Canonical.OnBreach.Ask => "Go on, ask before the next stage",
        _ => "Hold, ask a person",
    };

    public static string OnBudget(OnBreach breach) => breach switch
    {
        Data.Canonical.OnBreach.RollBack => "Roll back",
        Data.Canonical.OnBreach.Ask => "Go on, ask a person",
        _ => "Hold, ask a person",
    };

    public static (string Name, string Unit) Guard(GuardKind kind) => kind switch
    {
        GuardKind.TillRefusals => ("Dearer at tills than intended", "% of promoted lines, at most"),
        GuardKind.Margin => ("Margin on promoted lines", "% of net sales, at least"),
        GuardKind.OrderRate => ("Orders with promoted lines", "per hour, at least"),
        GuardKind.UsualOrders => ("Orders, against what is usual", "% of the same hour in the four weeks before, at least"),
        GuardKind.ChannelErrors => ("Refused or unanswered by channels", "% of prices, at most"),
        _ => ("Changed by somebody else", "% of proven prices, at most"),
    };

    public static string Hold(StageHold hold, int minutes, string? team) => hold switch
    {
        StageHold.Minutes => $"{Many(minutes, "minute")} after the stage before",
        StageHold.Person => $"when {(string.IsNullOrWhiteSpace(team) ? "a person" : team)} advances it{(minutes > 0 ? $", within {Many(minutes, "minute")}" : "")}",
        _ => "as soon as the stage before is proven",
    };
}
