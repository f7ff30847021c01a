using System.Globalization;
using System.Text.Json;
using ControlTower.Data.Canonical;
using ControlTower.Data.Triage;
using ControlTower.Sync.Connectors;

namespace ControlTower.Sync.Gateway;

/// <summary>
/// Puts the target's own words in the place of ours, as people mapped them for the connection: the one place where mappings take effect. Each is applied once; what comes out of a
/// mapping is not mapped again. Pure.
/// </summary>
public sealed class Remapping
{
    private static readonly Remapping None = new(new Dictionary<string, string>());

    private readonly IReadOnlyDictionary<string, string> known;

    private Remapping(IReadOnlyDictionary<string, string> known) => this.known = known;

    /// <param name="json">As in <see cref="Data.Outbox.ClaimedDelivery.Mappings"/>.</param>
    public static Remapping Of(string? json) => json is null ? None : new Remapping(JsonSerializer.Deserialize(json, Flows.DeliveryJson.Default.DictionaryStringString)!);

    public VendorCommand Apply(VendorCommand command) => known.Count == 0 ? command : command switch
    {
        PostSalesOrder post => post with { Order = Order(post.Order), Allocations = Places(post.Allocations) },
        UpdateSalesOrder update => update with { Order = Order(update.Order), Allocations = Places(update.Allocations) },
        ShipSalesOrder ship => ship with { Order = Order(ship.Order) },
        FulfilOrder fulfil => fulfil with { Lines = [.. fulfil.Lines.Select(l => l with { Sku = Word(MappingKind.Sku, l.Sku) })] },
        PostCreditMemo credit => credit with { Lines = [.. credit.Lines.Select(l => l with { Sku = Word(MappingKind.Sku, l.Sku), Taxes = Taxes(l.Taxes) })] },
        _ => command,
    };

    /// <summary>A tax by its rate, as mappings name it: <c>0.19</c>.</summary>
    public static string Rate(decimal rate) => rate.ToString("0.####", CultureInfo.InvariantCulture);

    /// <summary>The buyer as mappings name them; null where the channel gives them no id.</summary>
    public static string? Customer(Order order) => order.Buyer.Id is { Length: > 0 } id ? $"{order.Key.Source}/{id}" : null;

    private Order Order(Order order) => order with
    {
        Lines = [.. order.Lines.Select(l => l with { Sku = Word(MappingKind.Sku, l.Sku), Taxes = Taxes(l.Taxes) })],
        Shipping = [.. order.Shipping.Select(s => s with { Taxes = Taxes(s.Taxes) })],
        Buyer = known.GetValueOrDefault($"{MappingKind.Customer}/{Customer(order)}") is { } number ? order.Buyer with { Number = number } : order.Buyer,
        PickupLocation = order.PickupLocation is { } place ? Word(MappingKind.Location, place) : null,
    };

    // A code that a person wrote into this very document may be mapped by its name, and else stands.
    private IReadOnlyList<TaxLine> Taxes(IReadOnlyList<TaxLine> taxes) =>
        [.. taxes.Select(t => t with { Code = t.Code is { } code ? Word(MappingKind.Tax, code) : known.GetValueOrDefault($"{MappingKind.Tax}/{Rate(t.Rate)}") })];

    private IReadOnlyList<Allocation> Places(IReadOnlyList<Allocation> allocations) =>
        [.. allocations.Select(a => a with { Sku = Word(MappingKind.Sku, a.Sku), Location = Word(MappingKind.Location, a.Location) })];

    private string Word(string kind, string ours) => known.GetValueOrDefault($"{kind}/{ours}", ours);
}
