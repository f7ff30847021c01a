using ControlTower.Data.Canonical;

namespace ControlTower.Sync.Flows.ReturnToRefund;

/// <summary>The policy decides, and what it allows is claimed of the order: in pieces and in money, all or nothing. Its undo is in <see cref="Ending"/>.</summary>
internal static class Authorising
{
    public const string OrderAwaited = "order-awaited";
    private const string NoOrder = "order-not-found";
    private const int MostTries = 3;
    private const string NotPossible = "return-not-possible";

    /// <summary>What a channel tells overtakes the order that it is about: nobody is asked before it was looked for so often.</summary>
    private const int LooksBeforeAsking = 4;

    private const int LongestPauseSeconds = 300;
    private const int FirstPauseSeconds = 10;

    public static void Advance(ReturnDraft draft)
    {
        if (draft.State.Look == LookState.None)
        {
            draft.State = draft.State with { Look = LookState.Asked };
            draft.Do(new LocalEffect.SeeOrder(draft.State.Of));
        }
    }

    public static Verdict LookAgain(ReturnDraft draft)
    {
        if (draft.State.IsOver() || (draft.State.Look == LookState.Seen && draft.State.Claim == ClaimState.Held && draft.State.Invoiced))
        {
            return Verdict.Ignored;
        }

        draft.State = draft.State with { Look = LookState.None, Looks = draft.State.Looks + 1 };
        return Verdict.Applied;
    }

    // Mostly the order, or its invoice, is there within the minute; what takes longer is looked for every five.
    private static TimeSpan Pause(ReturnState state) => TimeSpan.FromSeconds(Math.Min(LongestPauseSeconds, FirstPauseSeconds << Math.Min(state.Looks, 5)));

    public static Verdict Learn(ReturnDraft draft, SoldOrder? order)
    {
        if (draft.State.Look != LookState.Asked)
        {
            return Verdict.Duplicate;
        }

        if (order is null)
        {
            draft.State = draft.State with { Look = LookState.Missing };
            draft.Wake(OrderAwaited, Pause(draft.State));
            if (draft.State.By is not null || draft.State.Looks >= LooksBeforeAsking)
            {
                draft.ReportOnce(new Problem(FailureKind.Missing, NoOrder,
                    $"The tower does not know order {draft.State.Of.Id}, so it cannot tell what was sold or paid. The return goes on by itself when the order is heard of; else refuse it.", "order",
                    draft.State.Of.Source));
            }

            return Verdict.Applied;
        }

        draft.Settle(NoOrder);
        Know(draft, order);
        if (draft.State.Claim == ClaimState.None)
        {
            Judge(draft, order);
        }
        else if (!order.Invoiced)
        {
            draft.Wake(OrderAwaited, Pause(draft.State));
        }

        return Verdict.Applied;
    }

    public static Verdict Claimed(ReturnDraft draft, string? broken)
    {
        if (draft.State.Claim != ClaimState.Asked)
        {
            return Verdict.Duplicate;
        }

        if (broken is not null && draft.State.ClaimTries < MostTries)
        {
            // Another return of this very batch was faster: looked at again, the policy can say what is left.
            draft.State = draft.State with { Claim = ClaimState.None, Lines = [], Look = LookState.None, ClaimTries = draft.State.ClaimTries + 1 };
            return Verdict.Applied;
        }

        if (broken is not null)
        {
            draft.State = draft.State with
            {
                Claim = ClaimState.None,
                Lines = [],
                Decision = new ReturnDecision(Ruling.Denied, [new Ground(broken, "The order's limits refuse this return: it would be more than was sold or captured.")]),
            };
            Deny(draft);
            return Verdict.Applied;
        }

        draft.State = draft.State with { Claim = ClaimState.Held };
        draft.Settle(NotPossible);
        draft.Note("return.authorised", detail: $"{draft.State.Lines.Sum(l => (long)l.Quantity)} pieces, {new Money(draft.State.Claimed(), draft.State.Currency)}");
        PayingBack.SettleEarlier(draft);
        if (!draft.State.Invoiced)
        {
            draft.Wake(OrderAwaited, Pause(draft.State));
        }

        return Verdict.Applied;
    }

    private static void Know(ReturnDraft draft, SoldOrder order)
    {
        var first = draft.State.OrderFlow == 0;
        draft.State = draft.State with
        {
            Look = LookState.Seen,
            Name = first ? $"{order.Name}-R{order.Returns + 1}" : draft.State.Name,
            OrderFlow = order.FlowId,
            Currency = order.Currency,
            TaxesIncluded = order.TaxesIncluded,
            Erp = draft.State.Erp ?? order.Erp,
            PostedAs = order.PostedAs,
            Invoiced = order.Invoiced,
        };
        if (first)
        {
            draft.Refer("return-of", order.Name);
            draft.Refer("return-of", order.Key.Id);
            draft.Refer("return-name", draft.State.Name);
        }
    }

    private static void Judge(ReturnDraft draft, SoldOrder order)
    {
        var lines = Lines(draft.State, order);
        var decision = draft.Context.Policy.ReturnRules.Judge(draft.State, order, lines.Sum(l => l.Amount));
        draft.State = draft.State with { Decision = decision };
        if (decision.Ruling == Ruling.Denied)
        {
            Deny(draft);
        }
        else if (decision.Ruling == Ruling.AskPerson && !draft.State.Approved)
        {
            draft.Note("return.asked", detail: string.Join(", ", decision.Grounds.Select(g => g.Code)));
        }
        else if (draft.State.IsMereRequest())
        {
            draft.Note("return.asked", draft.Context.Key.Source);
        }
        else
        {
            draft.State = draft.State with { Claim = ClaimState.Asked, Lines = lines };
            draft.Do(new LocalEffect.Claim(order, [.. lines.Select(l => Claim(l, order))]));
        }
    }

    /// <summary>What the tower itself took is refused. What the channel has agreed to, or what lies here already, needs a person: somebody was promised something.</summary>
    private static void Deny(ReturnDraft draft)
    {
        var state = draft.State;
        var grounds = string.Join(" ", state.Decision!.Grounds.Select(g => g.Text));
        if (state.By is not null && state.Receipts.Count + state.Inspections.Count == 0)
        {
            draft.State = state with { Refused = true, EndedWhy = grounds };
            draft.Note("return.refused", detail: string.Join(", ", state.Decision.Grounds.Select(g => g.Code)));
            return;
        }

        draft.ReportOnce(new Problem(FailureKind.Refused, NotPossible, grounds + (state.AtTill
            ? " The till has given the money back, and nothing is credited in the books. Correct the sale in the channel and retry, or credit it in the ERP by hand and refuse the return here."
            : " Nothing is credited or refunded. Settle it with the buyer and refuse the return, or correct it in the channel; a retry looks again."), "lines", draft.Context.Key.Source));
    }

    private static List<ReturnLine> Lines(ReturnState state, SoldOrder order) =>
        [.. from asked in state.Requested
            join sold in order.Lines on asked.OrderLineId equals sold.Id
            where asked.Quantity > 0
            select Line(asked, sold, order)];

    // Returns that kept a part of what they asked for may hold a cent more than their pieces' share: the last pieces are worth what is left of the line, and the cent goes off the net amount.
    private static ReturnLine Line(ReturnedLine asked, SoldLine sold, SoldOrder order)
    {
        var after = Math.Max(sold.Left - asked.Quantity, 0);
        var share = Worth(sold, order, sold.Left) - Worth(sold, order, after);
        var most = Math.Max(Worth(sold, order, sold.Sold) - sold.ClaimedAmount, 0m);
        IReadOnlyList<TaxLine> taxes = [.. sold.Taxes.Select(t => t with { Amount = Share(t.Amount, sold, after, order.Currency) })];
        if (asked.Worth is { } worth and >= 0m && share > 0m)
        {
            return AsPaid(asked, sold, order, Math.Min(worth, most), share, taxes);
        }

        var amount = Math.Min(share, most);
        return new ReturnLine(
            sold.Id, sold.Sku, sold.Title, asked.Reason, asked.Quantity, sold.UnitPrice, Math.Max(Share(sold.Net, sold, after, order.Currency) - (share - amount), 0m), taxes, amount);
    }

    // The till has paid, and tills round a share in their own way: the books follow what was paid, never at a higher price than the pieces were sold for.
    private static ReturnLine AsPaid(ReturnedLine asked, SoldLine sold, SoldOrder order, decimal paid, decimal share, IReadOnlyList<TaxLine> taxes)
    {
        IReadOnlyList<TaxLine> parts = [.. taxes.Select(t => t with { Amount = new Money(t.Amount * paid / share, order.Currency).Rounded().Amount })];
        var tax = order.TaxesIncluded ? 0m : parts.Sum(t => t.Amount);
        var net = Math.Clamp(paid - tax, 0m, Math.Max(sold.UnitPrice * asked.Quantity, 0m));
        return new ReturnLine(sold.Id, sold.Sku, sold.Title, asked.Reason, asked.Quantity, sold.UnitPrice, net, parts, net + tax);
    }

    private static ClaimLine Claim(ReturnLine line, SoldOrder order)
    {
        var sold = order.Lines.First(l => l.Id == line.Id);
        return new ClaimLine(line.Id, line.Sku, sold.Sold, Worth(sold, order, sold.Sold), line.Quantity, line.Amount);
    }

    // What the pieces leaving are worth is the difference between two shares of the whole, so that all of them together are worth the whole to the cent.
    private static decimal Share(decimal whole, SoldLine sold, int after, string currency) =>
        ReturnGoods.Part(whole, sold.Left, sold.Sold, currency) - ReturnGoods.Part(whole, after, sold.Sold, currency);

    private static decimal Worth(SoldLine sold, SoldOrder order, int pieces) =>
        ReturnGoods.Part(sold.Net, pieces, sold.Sold, order.Currency)
        + (order.TaxesIncluded ? 0m : sold.Taxes.Sum(t => ReturnGoods.Part(t.Amount, pieces, sold.Sold, order.Currency)));
}
