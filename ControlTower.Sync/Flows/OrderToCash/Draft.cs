using ControlTower.Data.Canonical;

namespace ControlTower.Sync.Flows.OrderToCash;

/// <summary>A decision in the making: the state as it becomes, and what follows from it in the order in which it was said.</summary>
internal sealed class Draft(OrderState state, FlowContext context)
{
    private const int LongestReference = 200;

    private readonly List<Fact> facts = [];
    private readonly List<DeliveryIntent> deliveries = [];
    private readonly List<DeliveryKind> withdraw = [];
    private readonly List<DeadlineIntent> deadlines = [];
    private readonly List<LocalEffect> effects = [];
    private readonly List<FlowReference> references = [];
    private readonly List<Problem> problems = [];
    private readonly List<string> solved = [];

    public OrderState State { get; set; } = state;

    public FlowContext Context => context;

    public OrderKeys Keys => new(context, State.Name);

    public Order? Document { get; set; }

    /// <summary>The system that keeps the books of this order.</summary>
    public string? Erp => State.Erp ?? context.Erp;

    public decimal Tolerance => Currencies.FromMinor(context.Policy.TotalTolerance, State.Currency);

    public void Note(string type, string? system = null, string? reference = null, string? detail = null) =>
        facts.Add(new Fact(type, OrderStages.Of(State), system, Cut(reference), Cut(detail)));

    public void Ask(DeliveryKind kind, string target, PostingKey key, DeliveryArguments? arguments = null, decimal? value = null) =>
        deliveries.Add(new DeliveryIntent(kind, target, key, State.Document, new Money(value ?? State.Total, State.Currency), arguments));

    public void TakeBack(DeliveryKind kind)
    {
        if (!withdraw.Contains(kind))
        {
            withdraw.Add(kind);
        }
    }

    public void Do(LocalEffect effect) => effects.Add(effect);

    public void Wake(string deadline, TimeSpan? after) => deadlines.Add(new DeadlineIntent(deadline, after));

    public void Refer(string kind, string? value)
    {
        if (!string.IsNullOrWhiteSpace(value) && value.Length <= LongestReference)
        {
            references.Add(new FlowReference(kind, value));
        }
    }

    public void Report(Problem problem) => problems.Add(problem);

    /// <summary>Reports a contradiction, once per order for as long as it stands. Sorted, so that the state does not depend on which was found first.</summary>
    public void ReportOnce(Problem problem)
    {
        if (!State.Reported.Contains(problem.Code))
        {
            State = State with { Reported = [.. State.Reported.Append(problem.Code).Order(StringComparer.Ordinal)] };
            problems.Add(problem);
        }
    }

    /// <summary>Takes back what <see cref="ReportOnce"/> reported.</summary>
    public void Settle(string code)
    {
        if (State.Reported.Contains(code))
        {
            State = State with { Reported = [.. State.Reported.Where(c => c != code)] };
            solved.Add(code);
        }
    }

    public void Solve(string code) => solved.Add(code);

    public Decision<OrderState> As(Verdict verdict) => new()
    {
        State = State,
        Verdict = verdict,
        Facts = facts,
        Deliveries = deliveries,
        Withdraw = withdraw,
        Deadlines = deadlines,
        Effects = effects,
        References = references,
        Document = Document,
        Problems = problems,
        Solved = solved,
    };

    private static string? Cut(string? text) => text is { Length: > LongestReference } ? text[..LongestReference] : text;
}
