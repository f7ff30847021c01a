namespace ControlTower.Data.Canonical;

/// <summary>
/// What a promotion is to do, as a merchandiser writes it. Times are wall clocks: each store's own, and for a whole connection the connection's; they are stored as written and turned into instants
/// only by <see cref="PromotionWindow"/>.
/// </summary>
/// <param name="Connections">Channels and ERPs that show it, by id.</param>
/// <param name="Stores">Places with a price of their own, at connections that can have that. Empty: one price for each connection.</param>
/// <param name="PriceGroup">The price group that tills need for it; null: none.</param>
/// <param name="Starts">First moment on the wall.</param>
/// <param name="Ends">First moment on the wall at which it is over: midnight of the next day for "until the end of the day".</param>
/// <param name="PriceLists">At a channel of which some are named the promotion changes prices of these lists, in their currencies, and leaves the variants' own as they are.</param>
/// <param name="Stages">In order. A price belongs to the first stage that names its connection and its store.</param>
public sealed record PromotionPlan(
    string Name,
    PromotionOffer Offer,
    PromotionProducts Products,
    IReadOnlyList<string> Connections,
    IReadOnlyList<string> Stores,
    DateTime Starts,
    DateTime Ends,
    IReadOnlyList<PromotionStage> Stages,
    PromotionRules Rules,
    string? PriceGroup = null,
    IReadOnlyList<PlanPriceList>? PriceLists = null);

/// <param name="Connection">One of the plan's, by id.</param>
/// <param name="List">The channel's own name of the list.</param>
public sealed record PlanPriceList(string Connection, string List);

/// <summary>A price list of a channel as the place of a price. It is apart from the price for everywhere: neither stands over the other.</summary>
public static class PriceListPlace
{
    private const string Prefix = "list:";

    public static string Of(string list) => Prefix + list;

    public static bool Is(string place) => place.StartsWith(Prefix, StringComparison.Ordinal);

    /// <summary>The channel's own name of the list; null if the place is none.</summary>
    public static string? List(string place) => Is(place) ? place[Prefix.Length..] : null;
}

public enum OfferKind
{
    /// <summary>So many percent off the present price.</summary>
    Percent,

    /// <summary>An amount off the present price.</summary>
    Amount,

    /// <summary>This price.</summary>
    Fixed,

    /// <summary>The price stays; it is said to be reduced from another.</summary>
    CompareAt,

    /// <summary>Percent off at the channel's checkout; prices stay.</summary>
    CheckoutPercent,

    /// <summary>An amount off each piece at the channel's checkout; prices stay.</summary>
    CheckoutAmount,

    /// <summary>Buy some, get some for <see cref="PromotionOffer.Percent"/> less, at the channel's checkout.</summary>
    BuyXGetY,
}

/// <param name="Percent">0 &lt; p &lt; 100 off; for <see cref="OfferKind.BuyXGetY"/> up to 100.</param>
/// <param name="Amounts">By currency, for kinds that are an amount: off, fixed, or compared at.</param>
/// <param name="ShowFormer">The former price is shown as the compare-at price, where a channel has one.</param>
/// <param name="Ending">Prices end like this, such as 0.95; never more than the reckoned price. Null: as reckoned.</param>
/// <param name="EndingUnit">What repeats: 1 for "x.95", 10 for "x9.95".</param>
/// <param name="Code">For checkout kinds: what the buyer types; null: automatic.</param>
public sealed record PromotionOffer(
    OfferKind Kind,
    decimal Percent = 0,
    IReadOnlyDictionary<string, decimal>? Amounts = null,
    bool ShowFormer = true,
    decimal? Ending = null,
    decimal EndingUnit = 1,
    string? Code = null,
    int Buy = 0,
    int Get = 0)
{
    /// <summary>Prices are left as they are; the channel takes it off at its checkout.</summary>
    public bool IsAtCheckout => Kind is OfferKind.CheckoutPercent or OfferKind.CheckoutAmount or OfferKind.BuyXGetY;
}

/// <summary>Which SKUs: those named, those that the rule finds, less those left out. The rule is asked when the plan is checked and frozen when it is sent for approval.</summary>
/// <param name="Prices">Prices of single SKUs, over what the offer says.</param>
public sealed record PromotionProducts(
    IReadOnlyList<string> Skus, ProductRule? Rule = null, IReadOnlyList<string>? Without = null, IReadOnlyList<SkuPrice>? Prices = null);

/// <summary>All that is given must hold.</summary>
/// <param name="Collections">Products by their title, in any case: all their variants.</param>
/// <param name="SkuBegins">How the SKU begins, in any case.</param>
/// <param name="TitleHas">A word of the product's or the variant's title, in any case.</param>
/// <param name="InCollections">Titles of collections, in any case: products that are in one of them.</param>
/// <param name="Facets">Attributes, in any case: one of the values given for each name.</param>
/// <param name="PriceFrom">Of the present price, in the connection's currency.</param>
public sealed record ProductRule(
    IReadOnlyList<string>? Collections = null, string? SkuBegins = null, string? TitleHas = null, decimal? PriceFrom = null, decimal? PriceTo = null, IReadOnlyList<string>? InCollections = null,
    IReadOnlyList<CatalogFacet>? Facets = null)
{
    public bool IsEmpty => Collections is not { Count: > 0 } && InCollections is not { Count: > 0 } && Facets is not { Count: > 0 } && string.IsNullOrWhiteSpace(SkuBegins) && string.IsNullOrWhiteSpace(TitleHas) && PriceFrom is null && PriceTo is null;
}

public sealed record SkuPrice(string Sku, string Currency, decimal Price);

public enum StageHold
{
    /// <summary>Begins as soon as the stage before is proven; the first one at its hour.</summary>
    None,

    /// <summary>Begins so many minutes after the stage before is proven; not the first one.</summary>
    Minutes,

    /// <summary>Waits until a person advances it; the first one from its hour on, until it expires.</summary>
    Person,
}

/// <param name="Connections">Empty: all of the plan.</param>
/// <param name="Stores">Empty: all of the plan.</param>
/// <param name="Minutes">For so long it waits after the stage before; of one that a person advances: for so long they have, 0 for as long as they like.</param>
/// <param name="Team">Who is asked to advance it, in words.</param>
public sealed record PromotionStage(
    string Name, IReadOnlyList<string> Connections, IReadOnlyList<string> Stores, StageHold Hold = StageHold.None, int Minutes = 0, string? Team = null, string? Instructions = null);

/// <summary>What is done when something is off.</summary>
public enum OnBreach
{
    /// <summary>Nothing more is written until a person goes on.</summary>
    Pause,

    RollBack,

    /// <summary>What was begun goes on; the next stage waits for a person's word.</summary>
    Ask,
}

public enum OverlapRule
{
    LowestPrice,

    /// <summary>This promotion's price, whatever the other's is. Between two that say so, the one that starts later; at the same hour the newer.</summary>
    ThisOne,
}

/// <param name="Parity">Share of prices read back as intended, in percent, that a stage needs before the next one begins.</param>
/// <param name="StartWithin">Minutes after its start within which it must have begun, or it expires.</param>
/// <param name="MarginFloor">Percent of the price without tax that must be left above cost; null: no floor.</param>
/// <param name="Budget">Most that it may cost in <see cref="BudgetCurrency"/>: what was taken off, summed over what was sold in every currency at the stored rates. Null: no cap.</param>
/// <param name="OnBudget">What is done when the budget is used up. A person who lets it go on then is not asked again.</param>
public sealed record PromotionRules(
    decimal Parity = 99.5m,
    OnBreach OnBreach = OnBreach.Pause,
    int StartWithin = 120,
    OverlapRule Overlap = OverlapRule.LowestPrice,
    decimal? MarginFloor = null,
    decimal? Budget = null,
    string? BudgetCurrency = null,
    IReadOnlyList<PromotionGuard>? Guards = null,
    OnBreach OnBudget = OnBreach.RollBack);

public enum GuardKind
{
    /// <summary>Percent of promoted lines sold at tills for more than the promotional price.</summary>
    TillRefusals,

    /// <summary>Margin on promoted lines, in percent of net sales, below this.</summary>
    Margin,

    /// <summary>Orders with promoted lines per hour below this; of a reduction at the checkout, orders that it took something off.</summary>
    OrderRate,

    /// <summary>Orders with promoted SKUs in an hour, as percent of what the same hour of the four weeks before brought, below this.</summary>
    UsualOrders,

    /// <summary>Percent of prices that channels refused or did not answer for.</summary>
    ChannelErrors,

    /// <summary>Percent of proven prices found changed by somebody else.</summary>
    Drift,
}

/// <param name="Limit">In the unit of the kind.</param>
/// <param name="Action">Pause or roll back.</param>
public sealed record PromotionGuard(GuardKind Kind, decimal Limit, OnBreach Action);
