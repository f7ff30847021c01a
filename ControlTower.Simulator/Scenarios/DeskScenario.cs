using ControlTower.Simulator.Faults;
using ControlTower.Simulator.Ledger;
using ControlTower.Simulator.Shopify;
using ControlTower.Simulator.Traffic;

namespace ControlTower.Simulator.Scenarios;

/// <summary>
/// A morning at an exceptions desk, the same each time: an order whose answer is lost after the ERP took it, and whose look-ups fail for a while; 214 orders with a tax code that the
/// ERP was never given; orders to collect at a store that the ERP knows by another code; a refund that the shop tells twice. Begins when shops tell a tower about orders, and never
/// again over the same journals.
/// </summary>
public sealed class DeskScenario
{
    public const string Name = "desk";

    /// <summary>Orders whose tax code the ERP lacks.</summary>
    public const int Untaxed = 214;

    /// <summary>The code of children's clothes in the shop's country, missing in the ERP; <c>ZERO</c> is there and says the same.</summary>
    public const string MissingGroup = "VAT0";

    public const int ToCollect = 3;

    public const string Store = "UK-LON1";

    /// <summary>What the ERP calls <see cref="Store"/>.</summary>
    public const string StoreInErp = "UK-OXFORD";

    // A tower that asks ten times in vain asks a person; whoever asks after that gets an answer.
    private const int FailedLookUps = 11;

    private const string Erp = "bc-eu";

    private static readonly TimeSpan Regret = TimeSpan.FromSeconds(2);
    private static readonly string[] Told = ["orders/create", "orders/updated", "refunds/create"];

    private readonly Estate estate;
    private readonly Shop mainland;
    private readonly Shop island;
    private readonly Queue<Func<Task<bool>>> steps = [];
    private ShopOrder? unanswered;
    private ShopOrder? regretted;

    public DeskScenario(Estate estate)
    {
        (this.estate, mainland, island) = (estate, estate.Shop("eu")!, estate.Shop("uk")!);
        if (estate.Shops.All(shop => shop.OrderCount == 0)) steps = new([BeginAsync, FillAsync, RefundAsync]);
    }

    /// <summary>What the ERP of this scenario calls a location of the shops.</summary>
    public static string InErp(EstateOptions options, string location) => options.Scenario == Name && location == Store ? StoreInErp : location;

    /// <summary>The ERP of this scenario was never given this tax code.</summary>
    public static bool Lacks(EstateOptions options, string taxGroup) => options.Scenario == Name && taxGroup == MissingGroup;

    /// <summary>Goes on where it is due. Called in short rounds.</summary>
    public async Task RoundAsync()
    {
        if (steps.TryPeek(out var step) && await step()) steps.Dequeue();
    }

    private async Task<bool> BeginAsync()
    {
        if (!new[] { mainland, island }.All(IsTold)) return false;
        // The name of the shop's first order, which is not placed yet: its faults must be there before it.
        var name = $"{mainland.Market.OrderPrefix}-{mainland.Market.FirstOrderNumber}";
        estate.Faults(Erp)!.Add(new Fault
        {
            Kind = FaultKinds.LostAnswer, Path = "salesOrders", Count = 1, Then = new Fault { Kind = FaultKinds.ErrorBefore, On = "reads", Path = name, Count = FailedLookUps },
        });
        unanswered = await mainland.PlaceAsync(Plain with { Sku = "NL-JKT-M-NVY", Country = "DE", Quantity = 1 });
        return true;
    }

    private async Task<bool> FillAsync()
    {
        if (!IsPosted(unanswered!)) return false;
        // Told twice under one id, the second time with other bytes.
        estate.ShopFaults[mainland.Market.SystemId].Add(new Fault { Kind = FaultKinds.WebhookRetold, Path = "refunds/create", Count = 1 });
        regretted = await mainland.PlaceAsync(Plain with { Sku = "NL-TEE-M-BLK", Country = "DE", Quantity = 2 });
        var kids = Traffic.Range.Of(island.Market.Brand).Where(article => article.Style.Kids).ToList();
        await Task.WhenAll(
        [
            .. Enumerable.Range(0, Untaxed).Select(i => island.PlaceAsync(Plain with { Sku = kids[i % kids.Count].Sku, Quantity = 1 + (i % 3) })),
            .. Enumerable.Range(0, ToCollect).Select(_ => island.PlaceAsync(Plain with { Sku = "NL-HOD-M-NVY", Quantity = 1, ClickAndCollect = true })),
        ]);
        return true;
    }

    private async Task<bool> RefundAsync()
    {
        if (estate.Options.Clock.GetUtcNow() < regretted!.CreatedAt + Regret || !IsPosted(regretted)) return false;
        await mainland.RefundAsync(regretted.Id, new Dictionary<long, int> { [regretted.Lines[0].Id] = 1 }, shipping: false, "Ordered one too many", null);
        return true;
    }

    private bool IsPosted(ShopOrder order) => estate.Ledger(Erp, 0)!.Any(e => e.Kind == "order-posted" && e.ExternalDocumentNumber?.StartsWith(order.Name + "-", StringComparison.Ordinal) == true);

    private static bool IsTold(Shop shop) => shop.Read(() => Told.All(topic => shop.Subscriptions.For(topic).Count > 0));

    // Everybody buys for the first time: the same basket twice is no coincidence that a tower would ask about.
    private static Wishes Plain => new() { Guest = true, Discount = false, ClickAndCollect = false, ShipFromStore = false };
}
