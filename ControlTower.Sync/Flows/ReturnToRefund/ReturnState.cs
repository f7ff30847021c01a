using System.Text.Json.Serialization;
using ControlTower.Data.Canonical;
using ControlTower.Sync.Flows.OrderToCash;

namespace ControlTower.Sync.Flows.ReturnToRefund;

/// <summary>
/// What decisions about one return need. All members are facts that were learnt or asked for; the stage is derived from them (<see cref="ReturnStages"/>), so facts may come in any order.
/// Members may be added with a default, never renamed. A default stands in the getter: the generated reader overwrites an initializer.
/// </summary>
public sealed record ReturnState
{
    /// <summary>Order and ordinal; the return's own id until the order is known. Fixed from then on, because keys carry it.</summary>
    public string Name { get => field ?? ""; init; }

    public long Version { get; init; }
    public OrderKey Of { get; init; }
    public IReadOnlyList<ReturnedLine> Requested { get => field ?? []; init; }
    public DateTimeOffset RequestedAt { get; init; }

    /// <summary>Where it is handed in; null by post.</summary>
    public string? Store { get; init; }

    /// <summary>Who entered it in the tower; null where the channel took it.</summary>
    public string? By { get; init; }

    /// <summary>Their account.</summary>
    public string? ById { get; init; }
    public bool Receipt { get; init; }

    /// <summary>Other goods go out for these: the tower pays nothing of its own accord.</summary>
    public bool Exchange { get; init; }

    /// <summary>A till took it back by itself and pays it itself.</summary>
    public bool AtTill { get; init; }
    public bool Approved { get; init; }
    public string? ApprovedBy { get; init; }

    public LookState Look { get; init; }

    /// <summary>How often the order, or its invoice, was looked for again.</summary>
    public int Looks { get; init; }

    /// <summary>The order's own flow; 0 until it was seen.</summary>
    public long OrderFlow { get; init; }
    public string Currency { get => field ?? "XXX"; init; }
    public bool TaxesIncluded { get; init; }
    public string? Erp { get; init; }
    public PostingKey? PostedAs { get; init; }
    public bool Invoiced { get; init; }
    public ReturnDecision? Decision { get; init; }

    public ClaimState Claim { get; init; }

    /// <summary>How often the order's limits refused a claim that the policy had allowed.</summary>
    public int ClaimTries { get; init; }

    /// <summary>The lines as claimed.</summary>
    public IReadOnlyList<ReturnLine> Lines { get => field ?? []; init; }

    /// <summary>What was not accepted at inspection was given back to the order's limits.</summary>
    public bool Trimmed { get; init; }

    public IReadOnlyList<Receipt> Receipts { get => field ?? []; init; }
    public IReadOnlyList<Inspection> Inspections { get => field ?? []; init; }

    public ErrandState Credit { get; init; }
    public string? CreditNumber { get; init; }
    public ErrandState Refund { get; init; }

    /// <summary>What was, or is being, paid out.</summary>
    public decimal RefundAmount { get; init; }
    public string? RefundReference { get; init; }

    /// <summary>What the tower asked the payment for; 0 while it asked for nothing.</summary>
    public decimal RefundAsked { get; init; }

    /// <summary>Ids of refunds after the first: parts of it, or paid beside it.</summary>
    public IReadOnlyList<string> FurtherRefunds { get => field ?? []; init; }
    public ErrandState Tell { get; init; }

    /// <summary>Why it ends without a refund.</summary>
    public string? EndedWhy { get; init; }
    public bool RefuseRequested { get; init; }
    public bool CancelRequested { get; init; }
    public bool Refused { get; init; }
    public bool Cancelled { get; init; }
    public bool Completed { get; init; }

    /// <summary>Codes of problems that wait for a person.</summary>
    public IReadOnlyList<string> Reported { get => field ?? []; init; }
}

/// <summary>The order is looked at before the policy decides, and again whenever that may change the decision.</summary>
public enum LookState { None, Asked, Missing, Seen }

public enum ClaimState { None, Asked, Held, Released }

/// <param name="Net">For these pieces, in the order's way of stating prices.</param>
/// <param name="Amount">To be paid back for these pieces.</param>
public sealed record ReturnLine(string Id, string Sku, string Title, string Reason, int Quantity, decimal UnitPrice, decimal Net, IReadOnlyList<TaxLine> Taxes, decimal Amount);

/// <param name="Id">Of the event.</param>
/// <param name="Late">Heard after what came was settled: it does not count.</param>
public sealed record Receipt(string Id, string Location, IReadOnlyList<ReceivedLine> Lines, bool Complete, string? By, DateTimeOffset At, bool Late = false);

/// <param name="Id">Of the event.</param>
/// <param name="Booked">The goods lie in the books of the place.</param>
/// <param name="Late">Heard after what came was settled: it does not count.</param>
public sealed record Inspection(string Id, string Location, IReadOnlyList<InspectedLine> Lines, string? By, DateTimeOffset At, bool Booked = false, bool Late = false);

/// <summary>How the state is stored: names of enum members, nothing that is at its default.</summary>
[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault, UseStringEnumConverter = true)]
[JsonSerializable(typeof(ReturnState))]
public sealed partial class ReturnStateJson : JsonSerializerContext;
