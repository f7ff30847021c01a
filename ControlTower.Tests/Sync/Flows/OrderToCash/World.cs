using System.Globalization;
using ControlTower.Data.Canonical;
using ControlTower.Sync.Flows;
using Xunit;

namespace ControlTower.Tests.Sync.Flows.OrderToCash;

/// <summary>
/// A shop, an ERP and a warehouse around one flow. Messages and outcomes lie in a bag; a scheduler draws what happens next. With a random one they come in any order
/// and more than once; with none, everything is told as it happens.
/// </summary>
internal sealed class World(Life life, Random? random)
{
    private const int MostCopies = 6;
    private const int MostSteps = 2_000;

    private readonly Queue<CanonicalEvent> unsaid = new(life.ShopSays);
    private readonly List<CanonicalEvent> bag = [];
    private readonly List<FlowEvent> outcomes = [];
    private readonly HashSet<PostingKey> refusedOnce = [];
    private int copies;
    private int shippedParts;
    private bool invoiced;
    private bool shopShipped;
    private bool shopCancelled;

    public FlowBench Bench { get; } = new();

    /// <summary>The ERP's book: what it holds of the order, null if it does not have it.</summary>
    public Order? Book { get; private set; }

    public bool BookCancelled { get; private set; }
    public decimal Paid { get; private set; }
    public int ShipCommands { get; private set; }
    public HashSet<string> ToldShop { get; } = [];

    public bool ErpShipped => shippedParts > 0;

    public World Run()
    {
        Bench.Stock = reserve => random?.Next(6) == 0 && !life.ShopShips
            ? new FlowEvent.NotReserved([new Shortage(reserve.Lines[0].Sku, reserve.Lines[0].Quantity, 1)])
            : new FlowEvent.Reserved([.. reserve.Lines.Select(l => new ControlTower.Sync.Connectors.Allocation(l.OrderLineId, l.Sku, "east", l.Quantity))]);
        for (var step = 0; Possible() is { Count: > 0 } actions; step++)
        {
            Assert.True(step < MostSteps, $"The life does not come to an end: {FlowBench.Json(Bench.State!)} bag: {string.Join("; ", bag)} open: {string.Join("; ", Bench.OpenKinds)}");
            actions[random?.Next(actions.Count) ?? 0]();
            Assert.True(Bench.Asked.Where(a => a.Kind == DeliveryKind.PostSalesOrder).Select(a => a.Key).Distinct().Count() <= 1, "Two sales orders were asked for.");
        }

        return this;
    }

    private List<Action> Possible()
    {
        List<Action> actions = [];
        actions.AddRange(outcomes.Select(o => (Action)(() => Take(outcomes, o, () => Bench.Feed(o)))));
        actions.AddRange(Bench.Open.Values.Where(i => !Bench.Sent.Contains(i.Key)).Select(i => (Action)(() => Send(i))));
        actions.AddRange(bag.Select(m => (Action)(() => Tell(m))));
        if (Bench.State is { } state)
        {
            actions.AddRange(Bench.Deadlines.Keys.Where(d => d == "stock-retry").Select(d => (Action)(() => Bench.Feed(new FlowEvent.Due(d)))));
            if (state.ShippedBy is null && life.ShopShips && !shopShipped)
            {
                actions.Add(ShipFromShop);
            }
        }

        if (Book is { } book && !BookCancelled && !life.ShopShips && shippedParts < life.Parts && Settled(book) && (!life.Cancelled || life.ErpMayShipCancelled))
        {
            actions.Add(() => ShipFromErp(book));
        }

        if (unsaid.Count > 0)
        {
            actions.Add(Say);
        }

        if (actions.Count == 0 && Bench.Deadlines.ContainsKey("missing-shipments"))
        {
            actions.Add(() =>
            {
                Bench.Deadlines.Clear();
                Bench.Feed(new FlowEvent.Due("missing-shipments"));
            });
        }

        return actions;
    }

    private void Say()
    {
        var next = unsaid.Dequeue();
        shopCancelled |= next is OrderCancelled or OrderStated { Statement.CancelledAt: not null };
        bag.Add(next);
    }

    private bool Settled(Order book) => book.Lines[0].Quantity == life.Final.Lines[0].Quantity;

    private void Tell(CanonicalEvent message)
    {
        if (random is not null && copies < MostCopies && random.Next(4) == 0)
        {
            copies++;
        }
        else
        {
            bag.Remove(message);
        }

        if (Bench.Tell(message) == Verdict.Parked)
        {
            bag.Add(message);
        }
    }

    private void Send(DeliveryIntent intent)
    {
        Bench.Sent.Add(intent.Key);
        if (intent.Kind is DeliveryKind.CancelSalesOrder or DeliveryKind.UpdateSalesOrder && shippedParts > 0)
        {
            Refuse(intent, "already-shipped");
        }
        else if (intent.Kind == DeliveryKind.FulfilOrder && shopCancelled)
        {
            Refuse(intent, "nothing-to-fulfil");
        }
        else if (random?.Next(8) == 0 && refusedOnce.Add(intent.Key))
        {
            Refuse(intent, "closed-period");
        }
        else
        {
            CarryOut(intent);
        }
    }

    private void Refuse(DeliveryIntent intent, string code)
    {
        FlowEvent refusal = new FlowEvent.Refused(intent.Kind, intent.Key, new ControlTower.Sync.Connectors.Outcome.Refused(FailureKind.Refused, code, "No."));
        outcomes.Add(new Held(intent.Key, refusal));
    }

    private void CarryOut(DeliveryIntent intent)
    {
        var document = Bench.Documents[intent.DocumentVersion];
        (string, string)[] facts = [];
        switch (intent.Kind)
        {
            case DeliveryKind.PostSalesOrder:
                Assert.Null(Book);
                Book = document;
                facts = [("total", document.Totals.Total.ToString(CultureInfo.InvariantCulture))];
                break;
            case DeliveryKind.UpdateSalesOrder:
                Assert.NotNull(Book);
                Book = document;
                break;
            case DeliveryKind.CancelSalesOrder:
                Assert.Equal(0, shippedParts);
                BookCancelled = true;
                break;
            case DeliveryKind.FulfilOrder:
                Assert.True(ToldShop.Add(intent.Arguments!.Tracking!.Number!));
                bag.Add(Sample.FromShop($"echo-{ToldShop.Count}", ToldShop.Count == life.Parts, [.. intent.Arguments.Lines!]));
                break;
            case DeliveryKind.ShipSalesOrder:
                ShipCommands++;
                Invoice();
                bag.Add(Sample.FromErp(Bench.SalesOrder, "echo", true, Lines(Book!)));
                facts = [("invoiceId", "INV1"), ("invoiceNumber", "N-INV1"), ("total", Book!.Totals.Total.ToString(CultureInfo.InvariantCulture))];
                break;
            case DeliveryKind.PostPayment:
                Paid += intent.Value.Amount;
                bag.Add(Sample.Invoiced(Bench.SalesOrder, Book!.Totals.Total, Book.Totals.Total - Paid, version: 2));
                break;
            default:
                break;
        }

        // The ERP has it; that we hear of it is another matter.
        outcomes.Add(new Done(intent.Key, facts));
    }

    private void ShipFromErp(Order book)
    {
        var part = shippedParts++;
        var lines = Lines(book);
        var last = shippedParts == life.Parts;
        bag.Add(Sample.FromErp(Bench.SalesOrder, $"S{part}", last, life.Parts == 1 ? lines : [lines[part]]));
        if (last)
        {
            Invoice();
        }
    }

    private void ShipFromShop()
    {
        shopShipped = true;
        var lines = Lines(life.Final);
        for (var part = 0; part < life.Parts; part++)
        {
            bag.Add(Sample.FromShop($"F{part}", part == life.Parts - 1, life.Parts == 1 ? lines : [lines[part]]));
        }
    }

    private void Invoice()
    {
        Assert.False(invoiced);
        invoiced = true;
        bag.Add(Sample.Invoiced(Bench.SalesOrder, Book!.Totals.Total, Book.Totals.Total));
    }

    private void Take(List<FlowEvent> from, FlowEvent what, Action feed)
    {
        from.Remove(what);
        switch (what)
        {
            case Done done:
                Bench.Feed(Bench.Settled(done.Key, done.Facts));
                break;
            case Held held:
                // Refused and held: from here on it may be taken back, or an operator sends it again.
                Bench.Sent.Remove(held.Key);
                Bench.Feed(held.Refusal);
                break;
            default:
                feed();
                break;
        }
    }

    private static ShipmentLine[] Lines(Order order) => [.. order.Lines.Select(l => new ShipmentLine(l.Sku, l.Quantity))];

    private sealed record Done(PostingKey Key, (string, string)[] Facts) : FlowEvent;

    private sealed record Held(PostingKey Key, FlowEvent Refusal) : FlowEvent;
}
