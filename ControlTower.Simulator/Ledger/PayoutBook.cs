using ControlTower.Simulator.Traffic;

namespace ControlTower.Simulator.Ledger;

public enum MovementKind { Charge, Refund, Dispute, Returned }

/// <summary>Something that moved the balance at a payment processor. <paramref name="Source"/> is the payment, or the number of the payout that came back; <paramref name="Round"/> tells which payout carries it.</summary>
public sealed record Movement(MovementKind Kind, long Source, DateTimeOffset At, decimal Amount, decimal Fee, long Round)
{
    public decimal Net => Amount - Fee;
}

/// <summary>Money on its way to the bank.</summary>
public sealed record Payout(long Round, DateTimeOffset IssuedAt, decimal Net, PayoutState State);

public enum PayoutState { Scheduled, Paid, Failed }

/// <summary>
/// What a payment processor makes of payments: each round (a day) pays out what moved the balance in it, less fees; a round later the bank has it, or sends it back. Now and then a buyer's bank takes a
/// payment back. Nothing is stored: the same payments, seed and time give the same book.
/// </summary>
public sealed class PayoutBook
{
    private const double DisputedShare = 1 / 150.0, FailedShare = 1 / 25.0;
    private const decimal Percent = 0.014m;

    private readonly long seed;
    private readonly long round;
    private readonly DateTimeOffset now;

    /// <param name="taken">Payments (above zero) and refunds (below), each with its number.</param>
    /// <param name="decimals">Of the currency.</param>
    public PayoutBook(IEnumerable<(long Id, DateTimeOffset At, decimal Amount)> taken, long seed, TimeSpan every, int decimals, DateTimeOffset now)
    {
        (this.seed, round, this.now) = (seed, every.Ticks, now);
        var open = new SortedDictionary<long, List<Movement>>();
        foreach (var (id, at, amount) in taken)
        {
            Add(open, new Movement(amount > 0 ? MovementKind.Charge : MovementKind.Refund, id, at, amount, amount > 0 ? Fee(amount, decimals) : 0, RoundOf(at)));
            var back = at + (2 * every);
            if (amount > 0 && new Dice(seed, id, 1).Chance(DisputedShare)) Add(open, new Movement(MovementKind.Dispute, id, back, -amount, decimals == 0 ? 1500 : 15, RoundOf(back)));
        }

        while (open.Count > 0)
        {
            var (number, moves) = open.First();
            open.Remove(number);
            Movements.AddRange(moves);
            Close(open, number, moves.Sum(m => m.Net));
        }
    }

    public List<Movement> Movements { get; } = [];

    public List<Payout> Payouts { get; } = [];

    private void Close(SortedDictionary<long, List<Movement>> open, long number, decimal net)
    {
        var (issued, settled) = (Start(number + 1), Start(number + 2));
        if (issued > now || net == 0) return;
        var state = settled > now ? PayoutState.Scheduled : net > 0 && new Dice(seed, number, 2).Chance(FailedShare) ? PayoutState.Failed : PayoutState.Paid;
        Payouts.Add(new Payout(number, issued, net, state));
        if (state == PayoutState.Failed) Add(open, new Movement(MovementKind.Returned, number, settled, net, 0, number + 2));
    }

    private void Add(SortedDictionary<long, List<Movement>> open, Movement movement)
    {
        if (movement.At > now) return;
        if (!open.TryGetValue(movement.Round, out var moves)) open[movement.Round] = moves = [];
        moves.Add(movement);
    }

    private static decimal Fee(decimal amount, int decimals) => Math.Round((amount * Percent) + (decimals == 0 ? 40 : 0.25m), decimals, MidpointRounding.AwayFromZero);

    private long RoundOf(DateTimeOffset at) => at.UtcTicks / round;

    private DateTimeOffset Start(long number) => new(number * round, TimeSpan.Zero);
}
