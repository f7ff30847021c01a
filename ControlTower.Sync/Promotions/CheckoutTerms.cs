using System.Text.Json;
using System.Text.Json.Serialization;
using ControlTower.Data.Canonical;
using ControlTower.Data.Promotions;
using ControlTower.Sync.Connectors;

namespace ControlTower.Sync.Promotions;

/// <summary>What a release keeps of a reduction at the checkout, as it was approved.</summary>
/// <param name="Starts">By the wall clock of each store.</param>
internal sealed record CheckoutPlan(string Name, PromotionOffer Offer, IReadOnlyList<string> Items, DateTime Starts = default, DateTime? Ends = null);

internal static class CheckoutTerms
{
    /// <param name="terms">As the cell has them.</param>
    public static DiscountTerms Of(long promotion, string currency, string terms, DateTimeOffset starts, DateTimeOffset ends)
    {
        var plan = JsonSerializer.Deserialize(terms, CheckoutJson.Default.CheckoutPlan)!;
        var offer = plan.Offer;
        var kind = offer.Kind switch { OfferKind.CheckoutAmount => DiscountKind.Amount, OfferKind.BuyXGetY => DiscountKind.BuyXGetY, _ => DiscountKind.Percent };
        return new DiscountTerms(
            PromotionText.Number(promotion), plan.Name, kind, kind == DiscountKind.Amount ? offer.Amounts![currency] : offer.Percent, currency, plan.Items, offer.Code, offer.Buy, offer.Get, starts, ends)
        { WallStarts = plan.Starts, WallEnds = plan.Ends };
    }
}

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, UseStringEnumConverter = true)]
[JsonSerializable(typeof(CheckoutPlan))]
[JsonSerializable(typeof(DiscountTerms))]
internal sealed partial class CheckoutJson : JsonSerializerContext;
