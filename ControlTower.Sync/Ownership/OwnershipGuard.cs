using ControlTower.Data.Canonical;
using ControlTower.Data.Ownership;
using ControlTower.Sync.Connectors;

namespace ControlTower.Sync.Ownership;

/// <summary>What comes of a message by the rules.</summary>
/// <param name="Taken">Events that go on.</param>
/// <param name="Writes">For the log, each with its verdict.</param>
public sealed record GuardedMessage(IReadOnlyList<CanonicalEvent> Taken, IReadOnlyList<NewOwnershipWrite> Writes)
{
    public bool IsQuarantined => Writes.Any(w => w.Verdict == Judgement.Quarantined);
}

/// <summary>May this system say this? Asked of each write before it has an effect. Pure but for the picture of the rules that it is given.</summary>
public static class OwnershipGuard
{
    /// <summary>Judges what a message says. A message of which one part waits for a person waits whole: half of it would be true of neither.</summary>
    /// <param name="decided">What a person has decided about a write that would wait; null: nobody has. Not asked about what is never taken.</param>
    public static GuardedMessage Judge(RuleBook book, ConnectionProfile from, long messageId, IReadOnlyList<CanonicalEvent> events, Func<NewOwnershipWrite, string?>? decided = null)
    {
        var (taken, writes) = (new List<CanonicalEvent>(events.Count), new List<NewOwnershipWrite>(events.Count));
        foreach (var one in events)
        {
            var left = one;
            foreach (var (domain, field, value, without) in Words(one))
            {
                var where = new OwnershipContext(domain, field, from.Brand, from.Region ?? "", from.Id, Store(one), from.Id);
                var judgement = book.Judge(where);
                var verdict = judgement.Verdict(ownerHasWord: false);
                var write = new NewOwnershipWrite(where, (one.Order ?? one.Return)?.ToString() ?? one.Posting?.ToString() ?? "", null, value, null, verdict, judgement.Number, messageId);
                var word = Judgement.IsTaken(verdict) || judgement.Stance == Stance.Blocked ? null : decided?.Invoke(write);
                if (word is null)
                {
                    writes.Add(write);
                }

                if (left is not null && word != "accepted" && !Judgement.IsTaken(verdict))
                {
                    left = without(left);
                }
            }

            if (left is not null)
            {
                taken.Add(left);
            }
        }

        return new GuardedMessage(taken, writes);
    }

    /// <summary>Whether the same word again is the same thing told again, as every reading of an order tells its shipments, and not another that looks alike.</summary>
    public static bool IsFact(NewOwnershipWrite write) => write.Where.Field is "cancellation" or "shipment" or "invoice" or "refund" or "approval" or "closing" && write.Subject.Length > 0;

    /// <summary>What an item's or a customer's fields are to the connection that states them.</summary>
    public static List<FieldVerdicts> Fields(RuleBook book, ConnectionProfile from, params ReadOnlySpan<string> domains)
    {
        var list = new List<FieldVerdicts>();
        foreach (var domain in domains)
        {
            foreach (var field in OwnershipDomains.Find(domain)!.Fields)
            {
                var judgement = book.Judge(new OwnershipContext(domain, field.Id, from.Brand, from.Region ?? "", from.Id, "", from.Id));
                var owners = book.For(domain, field.Id, from.Brand, from.Region ?? "", from.Id, "")?.Rule.Owners ?? [];
                list.Add(new FieldVerdicts(domain, field.Id, judgement.Verdict(ownerHasWord: true), judgement.Verdict(ownerHasWord: false), judgement.Number, string.Join(' ', owners)));
            }
        }

        return list;
    }

    /// <summary>Whether a channel is told this of its ERP, which it is where the ERP owns it and the channel does not, and what is done with what the channel changes by itself.</summary>
    public static OwnedPart Part(RuleBook book, ConnectionProfile channel, string domain, string field)
    {
        var erp = book.Judge(new OwnershipContext(domain, field, channel.Brand, channel.Region ?? "", channel.Id, "", channel.PostsTo ?? ""));
        return new OwnedPart(field, erp.Stance == Stance.Owns && !Owns(book, channel, domain, field), OwnVerdict(book, channel, domain, field) switch
        {
            Judgement.Blocked => "enforce",
            Judgement.Quarantined => "quarantine",
            _ => "allow",
        });
    }

    /// <summary>Whether prices that the channel changed by itself are set right: where the rules refuse them; not where a person decides; else as its settings say.</summary>
    public static bool Heals(RuleBook book, ConnectionProfile channel) => OwnVerdict(book, channel, OwnershipDomains.Price, "price") switch
    {
        Judgement.Blocked => true,
        Judgement.Quarantined => false,
        _ => PricePublishing.Heals(channel),
    };

    private static string OwnVerdict(RuleBook book, ConnectionProfile channel, string domain, string field) =>
        book.Judge(new OwnershipContext(domain, field, channel.Brand, channel.Region ?? "", channel.Id, "", channel.Id)).Verdict(ownerHasWord: true);

    /// <summary>Whether a channel's own word holds: then it is not told another.</summary>
    public static bool Owns(RuleBook book, ConnectionProfile channel, string domain, string field) =>
        book.Judge(new OwnershipContext(domain, field, channel.Brand, channel.Region ?? "", channel.Id, "", channel.Id)).Stance == Stance.Owns;

    // What an event says of owned data, each with what is left of the event if that is not taken. A statement may say more than one thing.
    private static IEnumerable<(string Domain, string Field, string? Value, Func<CanonicalEvent, CanonicalEvent?> Without)> Words(CanonicalEvent what)
    {
        if (Place(what) is var (domain, field, value))
        {
            yield return (domain, field, value, _ => null);
        }

        if (what is OrderStated { Statement.CancelledAt: not null })
        {
            yield return (OwnershipDomains.Order, "cancellation", null, left => (OrderStated)left with { Statement = ((OrderStated)left).Statement with { CancelledAt = null, CancelReason = null } });
        }

        if (what is ReturnStated { By: null, Approved: true })
        {
            yield return (OwnershipDomains.Return, "approval", "approved", left => (ReturnStated)left with { Approved = false });
        }
    }

    // What our own people say through the tower has had its permission; it is no other system's word.
    private static (string Domain, string Field, string? Value)? Place(CanonicalEvent what) => what switch
    {
        OrderStated stated => (OwnershipDomains.Order, "contents", stated.Statement.Total.ToString()),
        OrderCancelled => (OwnershipDomains.Order, "cancellation", null),
        ShipmentCancelled calledOff => (OwnershipDomains.Order, "shipment", calledOff.ShipmentId),
        ShipmentConfirmed shipped => (OwnershipDomains.Order, "shipment", shipped.ShipmentId),
        InvoicePosted invoiced => (OwnershipDomains.Financial, "invoice", $"{invoiced.InvoiceNumber}, {invoiced.Total}"),
        RefundRecorded { Echo: null } refunded => (OwnershipDomains.Financial, "refund", $"{refunded.RefundId}, {refunded.Amount}"),
        ReturnStated { By: null } => (OwnershipDomains.Return, "request", null),
        ReturnApproved { By: null } => (OwnershipDomains.Return, "approval", "approved"),
        ReturnRefused { By: null } => (OwnershipDomains.Return, "approval", "refused"),
        ReturnCancelled { By: null } => (OwnershipDomains.Return, "closing", "cancelled"),
        ReturnReceived { By: null } received => (OwnershipDomains.Return, "receipt", received.Location),
        ReturnInspected { By: null } inspected => (OwnershipDomains.Return, "receipt", inspected.Location),
        ReturnRefunded => (OwnershipDomains.Return, "refund", null),
        ReturnClosed => (OwnershipDomains.Return, "closing", "closed"),
        _ => null,
    };

    private static string Store(CanonicalEvent what) => what switch
    {
        ReturnStated { Store: { } store } => store,
        ReturnReceived received => received.Location,
        ReturnInspected inspected => inspected.Location,
        OrderStated { Statement.PickupLocation: { } pickup } => pickup,
        _ => "",
    };
}
