using System.Globalization;
using ControlTower.Data.Canonical;
using ControlTower.Data.Reconciliation;
using ControlTower.Sync.Connectors;
using ControlTower.Sync.Flows;
using ControlTower.Sync.Flows.JournalToBooks;
using ControlTower.Sync.Reconciliation;
using Xunit;

namespace ControlTower.Tests.Sync.Reconciliation;

/// <summary>What a payout is in the general ledger, and that it is booked once.</summary>
public sealed class JournalTests
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 3, 12, 0, 0, TimeSpan.Zero);
    private static readonly Dictionary<string, string> Accounts = new(StringComparer.Ordinal) { ["bank"] = "1920", ["clearing"] = "1460", ["fees"] = "6850", ["disputes"] = "6855", ["reserves"] = "1470" };

    [Fact]
    public void A_payout_is_booked_with_its_fees_and_comes_to_nought()
    {
        var (entry, why) = PayoutEntry.Of(Sums(68.87m, (MoneyKind.Charge, 120m, 3.48m), (MoneyKind.ChargeRefund, -20m, 0m), (MoneyKind.Dispute, -12.40m, 15m), (MoneyKind.Fee, -0.25m, 0m)));
        Assert.Null(why);
        Assert.Equal(0m, entry!.Lines.Sum(l => l.Amount));
        Assert.Equal(["1460 -100", "1920 68.87", "6850 3.73", "6855 27.40"], entry.Lines.Select(l => string.Create(CultureInfo.InvariantCulture, $"{l.Account} {l.Amount}")).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void What_cannot_be_booked_says_why()
    {
        Assert.Equal("state", PayoutEntry.Of(Sums(99m, (MoneyKind.Charge, 120m, 3.48m))).Why!.Rule);
        Assert.Equal("state", PayoutEntry.Of(Sums(5m)).Why!.Rule);
        Assert.Equal("state", PayoutEntry.Of(Sums(99m, (MoneyKind.Charge, 120m, 3.48m)) with { Explained = -17m }).Why!.Rule);
        Assert.Equal("state", PayoutEntry.Of(Sums(10m, (MoneyKind.Charge, 10m, 0m)) with { Status = MoneyStatus.Failed }).Why!.Rule);
        Assert.Equal("postsTo", Assert.Single(PayoutEntry.Of(Sums(10m, (MoneyKind.Charge, 10m, 0m)) with { Books = null }).Why!.Problems!).Field);
        Assert.Equal("account:exchange", Assert.Single(PayoutEntry.Of(Sums(9m, (MoneyKind.Charge, 10m, 0m), (MoneyKind.Exchange, -1m, 0m))).Why!.Problems!).Field);
    }

    [Fact]
    public void An_entry_is_asked_for_once_and_posted_under_one_key()
    {
        var flow = new JournalToBooksFlow();
        var entry = PayoutEntry.Of(Sums(10m, (MoneyKind.Charge, 10m, 0m))).Entry!;
        var asked = new FlowEvent.Told(new JournalAsked("journal/po_1", new OrderKey("stripe", "po_1"), entry, "Ida", Noon));
        var begun = flow.Decide(null, asked, With("bc"));
        var delivery = Assert.Single(begun.Deliveries);
        Assert.Equal((DeliveryKind.PostJournal, "bc", entry, 10m), (delivery.Kind, delivery.Target, delivery.Arguments!.Journal, delivery.Value.Amount));
        Assert.Equal(Verdict.Duplicate, flow.Decide(begun.State, asked, With("bc")).Verdict);
        var refused = flow.Decide(begun.State, new FlowEvent.Refused(DeliveryKind.PostJournal, delivery.Key, new Outcome.Refused(FailureKind.Value, "no-account", "No such account.")), With("bc"));
        Assert.Equal(FlowStatus.Attention, flow.Summarize(refused.State).Status);
        var booked = flow.Decide(refused.State, new FlowEvent.Delivered(DeliveryKind.PostJournal, delivery.Key, new Outcome.Accepted("id", "G-1")), With("bc"));
        Assert.Equal((FlowStatus.Done, JournalToBooksFlow.Booked), (flow.Summarize(booked.State).Status, flow.Summarize(booked.State).Stage));
        Assert.Equal(Verdict.Ignored, flow.Decide(booked.State, new FlowEvent.Delivered(DeliveryKind.PostJournal, delivery.Key, new Outcome.Accepted("id", "G-1")), With("bc")).Verdict);
    }

    [Fact]
    public void Without_an_ERP_it_waits_for_a_person_who_chooses_one()
    {
        var flow = new JournalToBooksFlow();
        var asked = new FlowEvent.Told(new JournalAsked("journal/po_1", new OrderKey("stripe", "po_1"), PayoutEntry.Of(Sums(10m, (MoneyKind.Charge, 10m, 0m))).Entry!, "Ida", Noon));
        var begun = flow.Decide(null, asked, With(null));
        Assert.Empty(begun.Deliveries);
        Assert.Equal("no-erp", Assert.Single(begun.Problems).Code);
        var again = flow.Decide(begun.State, new FlowEvent.Retried("Ida"), With("bc"));
        Assert.Equal("bc", Assert.Single(again.Deliveries).Target);
        Assert.Equal(["no-erp"], again.Solved);
    }

    private static PayoutSums Sums(decimal amount, params (MoneyKind Kind, decimal Amount, decimal Fee)[] parts) => new(
        "stripe", "po_1", MoneyStatus.Final, amount, "EUR", new DateOnly(2026, 11, 3), "bc", Accounts, [.. parts.Select(p => (p.Kind, p.Amount, p.Fee, 1))]);

    private static FlowContext With(string? erp) => new(Noon, new OrderKey("stripe", "po_1"), "", erp, new FlowPolicy());
}
