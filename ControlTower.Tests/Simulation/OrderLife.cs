using System.Globalization;
using ControlTower.Data.Canonical;
using ControlTower.Sync.Connectors;
using ControlTower.Tests.Sync.Flows.OrderToCash;

namespace ControlTower.Tests.Simulation;

/// <summary>A message on its way to the tower.</summary>
internal sealed record Mail(string Connection, string Lane, CanonicalEvent? What, string EventId);

/// <summary>
/// The truth about one order at shop and ERP, whoever hears of it: what the shop says, what the ERP's books hold, what left the house. Every effect happens here once or
/// the promise is broken.
/// </summary>
internal sealed class OrderLife(Life life, OrderKey key, List<Mail> bag)
{
    private readonly Queue<CanonicalEvent> unsaid = new(life.ShopSays);
    private readonly Dictionary<PostingKey, Outcome.Accepted> ledger = [];
    private readonly HashSet<string> toldShop = [];
    private PostingKey salesOrder;
    private int shippedParts;
    private bool shopShipped;
    private bool said;

    public Life Life => life;
    public OrderKey Key => key;
    public Order? Book { get; private set; }
    public bool BookCancelled { get; private set; }
    public decimal Paid { get; private set; }
    public int Invoices { get; private set; }
    public bool ErpShipped => shippedParts > 0;
    public bool IsPaid => life.ShopSays.OfType<OrderStated>().Any(s => s.Statement.Payment == PaymentState.Paid);
    public long NewestVersion => life.ShopSays.OfType<OrderStated>().Max(s => s.Version);
    public int TimesToldShop => toldShop.Count;
    public bool MaySay => unsaid.Count > 0;
    public bool MayShipFromShop => said && life.ShopShips && !shopShipped;

    public bool MayShipFromErp => Book is { } book && !BookCancelled && !life.ShopShips && shippedParts < life.Parts
        && book.Lines[0].Quantity == life.Final.Lines[0].Quantity && (!life.Cancelled || life.ErpMayShipCancelled);

    public LookUp Find(PostingKey posting) => ledger.TryGetValue(posting, out var done) ? new LookUp.Found(done) : new LookUp.Absent();

    /// <summary>Why the books do not allow it; null if they do.</summary>
    public string? Refusal(VendorCommand command) => command is UpdateSalesOrder or CancelSalesOrder && ErpShipped ? "already-shipped" : null;

    /// <exception cref="BrokenPromise">It had been done before, or must not be done.</exception>
    public Outcome.Accepted Commit(VendorCommand command)
    {
        if (command is AcknowledgeOrder)
        {
            return ledger[command.Key] = new Outcome.Accepted($"ack-{key.Id}");
        }

        BrokenPromise.Unless(!ledger.ContainsKey(command.Key), $"{command.GetType().Name} {command.Key.Value} was carried out twice.");
        return ledger[command.Key] = new Outcome.Accepted($"ref-{key.Id}-{ledger.Count}", $"NO-{key.Id}-{ledger.Count}", Do(command));
    }

    public void Say()
    {
        said = true;
        var what = unsaid.Dequeue();
        var id = $"{key.Id}/{what.EventId}";
        Send(what switch
        {
            OrderStated s => new OrderStated(id, s.Statement with { Key = key, Name = $"#{key.Id}" }, s.At),
            OrderCancelled c => new OrderCancelled(id, key, c.Version, c.Reason, c.At),
            RefundRecorded r => new RefundRecorded(id, key, r.Version, r.RefundId, r.Amount, r.Lines, r.At),
            _ => throw new InvalidOperationException($"A shop does not say {what.GetType().Name}."),
        });
    }

    public void ShipFromShop()
    {
        shopShipped = true;
        var lines = Lines(life.Final);
        for (var part = 0; part < life.Parts; part++)
        {
            SendShipment($"F{part}", part == life.Parts - 1, life.Parts == 1 ? lines : [lines[part]]);
        }
    }

    public void ShipFromErp()
    {
        var (part, lines) = (shippedParts++, Lines(Book!));
        Send(Sample.FromErp(salesOrder, $"{key.Id}/S{part}", shippedParts == life.Parts, life.Parts == 1 ? lines : [lines[part]]));
        if (shippedParts == life.Parts)
        {
            Invoice();
        }
    }

    private Dictionary<string, string> Do(VendorCommand command)
    {
        switch (command)
        {
            case PostSalesOrder post:
                BrokenPromise.Unless(Book is null, "Two sales orders for one order.");
                (Book, salesOrder) = (post.Order, post.Key);
                return new() { ["total"] = Text(Book.Totals.Total) };
            case UpdateSalesOrder update:
                BrokenPromise.Unless(!BookCancelled, "An update brought a cancelled order back to life.");
                Book = update.Order;
                break;
            case CancelSalesOrder:
                BookCancelled = true;
                break;
            case ShipSalesOrder:
                Invoice();
                Send(Sample.FromErp(salesOrder, $"{key.Id}/echo", complete: true, Lines(Book!)));
                return new() { ["invoiceId"] = InvoiceId, ["invoiceNumber"] = $"N-{InvoiceId}", ["total"] = Text(Book!.Totals.Total) };
            case FulfilOrder fulfil:
                BrokenPromise.Unless(toldShop.Add(fulfil.Tracking!.Number!), "The customer was told twice of one shipment.");
                SendShipment($"echo-{toldShop.Count}", toldShop.Count == life.Parts, [.. fulfil.Lines]);
                break;
            case PostPayment payment:
                Paid += payment.Amount.Amount;
                BrokenPromise.Unless(Paid <= Book!.Totals.Total, $"{Paid} was booked for an order of {Book.Totals.Total}.");
                Send(Sample.Invoiced(salesOrder, Book.Totals.Total, Book.Totals.Total - Paid, version: 2, InvoiceId));
                break;
            default:
                break;
        }

        return [];
    }

    private string InvoiceId => $"INV-{key.Id}";

    private void Invoice()
    {
        Invoices++;
        Send(Sample.Invoiced(salesOrder, Book!.Totals.Total, Book.Totals.Total, 1, InvoiceId));
    }

    private void SendShipment(string id, bool complete, ShipmentLine[] lines)
    {
        var sample = Sample.FromShop($"{key.Id}/{id}", complete, lines);
        Send(new ShipmentConfirmed(sample.EventId, key, null, sample.Version, sample.ShipmentId, sample.Lines, sample.Tracking, sample.Complete, sample.At));
    }

    private void Send(CanonicalEvent what) => bag.Add(what.Posting is { } posting
        ? new Mail(Estate.Erp, $"order/{posting.Value}", what, what.EventId)
        : new Mail(Estate.Shop, $"order/{key.Id}", what, what.EventId));

    private static ShipmentLine[] Lines(Order order) => [.. order.Lines.Select(l => new ShipmentLine(l.Sku, l.Quantity))];

    private static string Text(decimal amount) => amount.ToString(CultureInfo.InvariantCulture);
}
