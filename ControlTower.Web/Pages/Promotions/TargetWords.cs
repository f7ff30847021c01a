using ControlTower.Sync.Connectors;
using ControlTower.Sync.Promotions;

namespace ControlTower.Web.Pages.Promotions;

/// <summary>What a channel can do for promotions, in words.</summary>
internal static class TargetWords
{
    private static readonly (PriceAbilities Ability, string Words)[] All =
    [
        (PriceAbilities.Everywhere, "prices"), (PriceAbilities.Places, "prices by store"), (PriceAbilities.CompareAt, "compare-at price"), (PriceAbilities.AutomaticDiscount, "discounts at the checkout"),
        (PriceAbilities.DiscountCode, "codes"), (PriceAbilities.BuyXGetY, "buy some, get some"), (PriceAbilities.PriceLists, "price lists"),
    ];

    public static string Can(PromotionTarget target) => string.Join(", ", All.Where(a => target.Can.HasFlag(a.Ability)).Select(a => a.Words)) + (target.Currency is { } currency ? $" in {currency}" : "");
}
