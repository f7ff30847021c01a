using System.Text.Json;
using ControlTower.Data.Canonical;

namespace ControlTower.Sync.Connectors.Shopify;

/// <summary>What can still be fulfilled of an order, and what was. Read from the answer to <see cref="ShopifyDocuments.Fulfilment"/>.</summary>
internal sealed class FulfilmentView
{
    private FulfilmentView(IReadOnlyList<OpenLine> open, bool held, IReadOnlyList<Parcel> parcels) => (Open, Held, Parcels) = (open, held, parcels);

    public IReadOnlyList<OpenLine> Open { get; }

    /// <summary>True if something is on hold or scheduled for later.</summary>
    public bool Held { get; }

    public IReadOnlyList<Parcel> Parcels { get; }

    public static FulfilmentView Of(JsonElement order)
    {
        var open = new List<OpenLine>();
        var held = false;
        foreach (var unit in order.Items("fulfillmentOrders", "nodes"))
        {
            var status = unit.Text("status");
            held |= status is "ON_HOLD" or "SCHEDULED";
            if (status is "OPEN" or "IN_PROGRESS" && unit.Text("id") is { } id)
            {
                open.AddRange(unit.Items("lineItems", "nodes")
                    .Select(l => new OpenLine(id, unit.Text("assignedLocation", "location", "id") ?? "", l.Text("id") ?? "", VendorText.Plain(l.Text("sku"), 100) ?? "", (int)(l.Amount("remainingQuantity") ?? 0)))
                    .Where(l => l.Remaining > 0 && l.LineId.Length > 0));
            }
        }

        IReadOnlyList<Parcel> parcels = [.. order.Items("fulfillments").Where(f => f.Text("status") is "SUCCESS" or "OPEN" or "PENDING").Select(f => new Parcel(
            f.Text("id") ?? "",
            [.. f.Items("trackingInfo").Select(t => t.Text("number")).OfType<string>()],
            f.Items("fulfillmentLineItems", "nodes")
                .GroupBy(l => VendorText.Plain(l.Text("lineItem", "sku"), 100) ?? "", StringComparer.Ordinal)
                .ToDictionary(g => g.Key, g => g.Sum(l => (int)(l.Amount("quantity") ?? 0)), StringComparer.Ordinal)))];
        return new FulfilmentView(open, held, parcels);
    }

    /// <summary>What the command asks for, less what parcels with its tracking number already carry. Without lines it asks for all that is open.</summary>
    public Dictionary<string, int> Wanted(FulfilOrder command)
    {
        var wanted = (command.Lines.Count == 0 ? Open.Select(l => new ShipmentLine(l.Sku, l.Remaining)) : command.Lines)
            .GroupBy(l => l.Sku, StringComparer.Ordinal)
            .ToDictionary(g => g.Key, g => g.Sum(l => l.Quantity), StringComparer.Ordinal);
        if (command.Lines.Count > 0)
        {
            foreach (var (sku, quantity) in Marked(command).SelectMany(p => p.Quantities))
            {
                if (wanted.TryGetValue(sku, out var still))
                {
                    wanted[sku] = still - quantity;
                }
            }
        }

        return wanted.Where(w => w.Value > 0).ToDictionary(w => w.Key, w => w.Value, StringComparer.Ordinal);
    }

    public IEnumerable<Parcel> Marked(FulfilOrder command)
        => Parcels.Where(p => command.Tracking?.Number is { Length: > 0 } number && p.TrackingNumbers.Contains(number, StringComparer.OrdinalIgnoreCase));

    /// <summary>A parcel that carries exactly what the command asks for.</summary>
    public Parcel? Twin(FulfilOrder command)
    {
        var lines = command.Lines.GroupBy(l => l.Sku, StringComparer.Ordinal).ToDictionary(g => g.Key, g => g.Sum(l => l.Quantity), StringComparer.Ordinal);
        return Parcels.FirstOrDefault(p => lines.Count > 0 && p.Quantities.Count == lines.Count && p.Quantities.All(q => lines.GetValueOrDefault(q.Key) == q.Value));
    }

    internal sealed record OpenLine(string UnitId, string Location, string LineId, string Sku, int Remaining);

    internal sealed record Parcel(string Id, IReadOnlyList<string> TrackingNumbers, IReadOnlyDictionary<string, int> Quantities);
}
