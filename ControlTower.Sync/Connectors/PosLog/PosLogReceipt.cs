using System.Globalization;

namespace ControlTower.Sync.Connectors.PosLog;

/// <summary>Names one transaction for ever: store, till, business day and the till's own number.</summary>
public sealed record PosLogKey(string Store, string Till, DateOnly Day, long Sequence)
{
    public string Id => string.Create(CultureInfo.InvariantCulture, $"{Store}/{Till}/{Day:yyyy-MM-dd}/{Sequence}");

    public string Name => string.Create(CultureInfo.InvariantCulture, $"{Store}-{Till}-{Sequence}");
}

/// <summary>Something wrong with a transaction: what, and what to do about it.</summary>
public sealed record PosLogFault(string Code, string Message, int Line, int Column);

public enum PosLogKind
{
    Sale,
    Return,
    Exchange,

    /// <summary>It takes back an earlier transaction as a whole.</summary>
    PostVoid,

    /// <summary>Money without goods.</summary>
    MoneyOnly,

    /// <summary>Left out: practice at the till.</summary>
    Training,
    Voided,

    /// <summary>Left out: put aside, to come again when it is finished.</summary>
    Suspended,
    Cancelled,

    /// <summary>Left out: a new edition of a transaction that came before.</summary>
    Reentered,

    /// <summary>Left out: no sale at all, such as a sign-on.</summary>
    Control,
}

/// <param name="Included">True: the price holds it. Null: the file does not say.</param>
/// <param name="Rate">As a fraction.</param>
public sealed record PosLogTax(string Title, decimal Amount, decimal Rate, bool? Included);

/// <param name="Amount">For the whole quantity, as the file states it.</param>
/// <param name="Reward">What a reward beside the line took off.</param>
/// <param name="Of">The line of an earlier transaction that comes back.</param>
public sealed record PosLogLine(
    string Id, bool IsReturn, string? Sku, string? Title, decimal Quantity, decimal? UnitPrice, decimal Amount, IReadOnlyList<PosLogTax> Taxes, decimal Reward = 0, PosLogOrigin? Of = null)
{
    /// <summary>Signed: what comes back is negative.</summary>
    public decimal Signed => (IsReturn ? -Amount : Amount) - Reward;
}

public sealed record PosLogOrigin(PosLogKey Key, string? Line);

/// <param name="Amount">Signed: what was given back is negative. Change is taken off.</param>
public sealed record PosLogTender(string Id, string Method, decimal Amount);

/// <summary>A transaction as its till tells it, void lines gone.</summary>
/// <param name="Loose">Tax that belongs to no line.</param>
/// <param name="LooseReward">Rewards that belong to no line.</param>
/// <param name="Rounding">What cash rounding added to what was owed.</param>
/// <param name="Totals">As stated, by type.</param>
public sealed record PosLogReceipt(
    PosLogKey Key, PosLogKind Kind, DateTimeOffset At, string? Currency, string? Customer, IReadOnlyList<PosLogLine> Lines, IReadOnlyList<PosLogTax> Loose, decimal LooseReward,
    IReadOnlyList<PosLogTender> Tenders, decimal Rounding, IReadOnlyDictionary<string, decimal> Totals, int Line, int Column)
{
    public bool IsLeftOut => Kind >= PosLogKind.Training;

    public decimal Goods => Lines.Sum(l => l.Signed) - LooseReward;

    public IEnumerable<(PosLogTax Tax, decimal Signed)> Taxes =>
        Lines.SelectMany(l => l.Taxes.Select(t => (t, l.IsReturn ? -t.Amount : t.Amount))).Concat(Loose.Select(t => (t, t.Amount)));

    public decimal Paid => Tenders.Sum(t => t.Amount);
}
