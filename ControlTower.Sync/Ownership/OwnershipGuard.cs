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
    /// <param name="accepted">A person has let it in.</param>
    public static GuardedMessage Judge(RuleBook book, ConnectionProfile from, long messageId, IReadOnlyList<CanonicalEvent> events, bool accepted = false)
    {
        var (taken, writes) = (new List<CanonicalEvent>(events.Count), new List<NewOwnershipWrite>(events.Count));
        foreach (var one in events)
        {
            if (Place(one) is not var (domain, field, value))
            {
                taken.Add(one);
                continue;
            }

            var where = new OwnershipContext(domain, field, from.Brand, from.Region ?? "", from.Id, Store(one), from.Id);
            var judgement = book.Judge(where);
            var verdict = judgement.Verdict(ownerHasWord: false);
            if (verdict == Judgement.Quarantined && accepted)
            {
                taken.Add(one);
                continue;
            }

            writes.Add(new NewOwnershipWrite(where, (one.Order ?? one.Return)?.ToString() ?? one.Posting?.ToString() ?? "", null, value, null, verdict, judgement.Number, messageId));
            if (Judgement.IsTaken(verdict))
            {
                taken.Add(one);
            }
        }

        return new GuardedMessage(taken, writes);
    }

    /// <summary>What an item's or a customer's fields are to the connection that states them.</summary>
    public static List<FieldVerdicts> Fields(RuleBook book, ConnectionProfile from, params ReadOnlySpan<string> domains)
    {
        var list = new List<FieldVerdicts>();
        foreach (var domain in domains)
        {
            foreach (var field in OwnershipDomains.Find(domain)!.Fields)
            {
                var judgement = book.Judge(new OwnershipContext(domain, field.Id, from.Brand, from.Region ?? "", from.Id, "", from.Id));
                list.Add(new FieldVerdicts(domain, field.Id, judgement.Verdict(ownerHasWord: true), judgement.Verdict(ownerHasWord: false), judgement.Number));
            }
        }

        return list;
    }

    /// <summary>Whether a channel is told this of its ERP: the ERP owns it there, and the channel does not.</summary>
    public static bool IsOfTheErp(RuleBook book, ConnectionProfile channel, string domain, string field)
    {
        var where = new OwnershipContext(domain, field, channel.Brand, channel.Region ?? "", channel.Id, "", channel.PostsTo ?? "");
        return book.Judge(where).Stance == Stance.Owns && !Owns(book, channel, domain, field);
    }

    /// <summary>Whether a channel's own word holds: then it is not told another.</summary>
    public static bool Owns(RuleBook book, ConnectionProfile channel, string domain, string field) =>
        book.Judge(new OwnershipContext(domain, field, channel.Brand, channel.Region ?? "", channel.Id, "", channel.Id)).Stance == Stance.Owns;

    // What our own people say through the tower has had its permission; it is no other system's word.
    private static (string Domain, string Field, string? Value)? Place(CanonicalEvent what) => what switch
    {
        OrderStated stated => (OwnershipDomains.Order, "contents", stated.Statement.Total.ToString()),
        OrderCancelled => (OwnershipDomains.Order, "cancellation", null),
        ShipmentConfirmed shipped => (OwnershipDomains.Order, "shipment", shipped.ShipmentId),
        InvoicePosted invoiced => (OwnershipDomains.Financial, "invoice", invoiced.Total.ToString()),
        RefundRecorded { Echo: null } refunded => (OwnershipDomains.Financial, "refund", refunded.Amount.ToString()),
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
