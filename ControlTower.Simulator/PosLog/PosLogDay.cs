using ControlTower.Simulator.Traffic;
using Range = ControlTower.Simulator.Traffic.Range;

namespace ControlTower.Simulator.PosLog;

/// <summary>A day at the tills of some stores. The same values give the same file, byte for byte.</summary>
public sealed record PosLogDay
{
    public int Seed { get; init; } = 1;

    public DateOnly Date { get; init; } = new(2026, 11, 20);

    public string Brand { get; init; } = "northlane";

    public string Currency { get; init; } = "EUR";

    public decimal TaxRate { get; init; } = 0.19m;

    public int Stores { get; init; } = 3;

    public int TillsPerStore { get; init; } = 2;

    public int Transactions { get; init; } = 100;

    /// <summary>Share of transactions that are no sale: returns with and without receipt, exchanges, practice, void, suspended and cancelled ones, and opened drawers.</summary>
    public double Other { get; init; } = 0.2;

    internal IEnumerable<PosLogTicket> Tickets()
    {
        var range = Range.Of(Brand).Where(a => !a.Ghost).ToList();
        var sold = new Dictionary<(int Store, int Till), PosLogTicket>();
        for (var i = 0; i < Transactions; i++)
        {
            var dice = new Dice(Seed, Date.DayNumber, i);
            var (store, till) = (1 + (i % Stores), 1 + (i / Stores % TillsPerStore));
            var kind = dice.Chance(Other) ? Enum.GetValues<PosLogTicketKind>()[dice.Between(1, 8)] : PosLogTicketKind.Sale;
            sold.TryGetValue((store, till), out var before);
            if (kind is PosLogTicketKind.Return && before is null)
            {
                kind = PosLogTicketKind.Sale;
            }

            var lines = kind is PosLogTicketKind.Return ? [before!.Lines[0]] : Lines(dice, range, kind is PosLogTicketKind.Exchange ? 2 : dice.Between(1, 4));
            var ticket = new PosLogTicket(kind, store, till, 1 + (i / (Stores * TillsPerStore)), Date.ToDateTime(new TimeOnly(9, 0)).AddSeconds(36_000.0 * i / Transactions), lines, before, dice.Chance(0.2));
            if (kind is PosLogTicketKind.Sale)
            {
                sold[(store, till)] = ticket;
            }

            yield return ticket;
        }
    }

    private List<PosLogTicketLine> Lines(Dice dice, IReadOnlyList<Article> range, int count)
    {
        var lines = new List<PosLogTicketLine>();
        for (var i = 0; i < count; i++)
        {
            var article = dice.Pick(range);
            var (price, quantity) = (Range.Price(article.Style, Currency), dice.Chance(0.8) ? 1 : 2);
            var off = dice.Chance(0.15) ? Math.Round(price * quantity * 0.1m, 2) : 0m;
            var amount = (price * quantity) - off;
            lines.Add(new PosLogTicketLine(i + 1, article, quantity, price, off, amount, Math.Round(amount - (amount / (1 + TaxRate)), 2)));
        }

        return lines;
    }
}

internal enum PosLogTicketKind { Sale, Return, BlindReturn, Exchange, Training, Voided, Suspended, Cancelled, Drawer }

internal sealed record PosLogTicketLine(int Number, Article Article, int Quantity, decimal Price, decimal Off, decimal Amount, decimal Tax);

internal sealed record PosLogTicket(
    PosLogTicketKind Kind, int Store, int Till, long Sequence, DateTime At, IReadOnlyList<PosLogTicketLine> Lines, PosLogTicket? Before, bool IsSplit)
{
    public string StoreId => $"S{Store:D3}";

    public bool ComesBack(PosLogTicketLine line) => Kind is PosLogTicketKind.Return or PosLogTicketKind.BlindReturn || (Kind is PosLogTicketKind.Exchange && line.Number == 1);

    public decimal Total => Lines.Sum(l => ComesBack(l) ? -l.Amount : l.Amount);

    public decimal Tax => Lines.Sum(l => ComesBack(l) ? -l.Tax : l.Tax);
}
