using System.Globalization;

namespace ControlTower.Web.Shared;

/// <summary>Addresses of promotions.</summary>
public static partial class Links
{
    public const string Promotions = "/promotions";
    public const string NewPromotion = "/promotions/new";
    public const string PromotionStores = "/promotions/stores";
    public const string PromotionSequence = "/promotions/sequence";

    /// <summary>The route of every release.</summary>
    public const string ReleaseOfAny = Promotions + "/{id:long}/release";

    /// <summary>The route of every plan.</summary>
    public const string PlanOfAny = Promotions + "/{id:long}";

    public static string Promotion(long id) => string.Create(CultureInfo.InvariantCulture, $"{Promotions}/{id}");

    public static string Release(long id) => string.Create(CultureInfo.InvariantCulture, $"{Promotions}/{id}/release");
}
