using ControlTower.Data.Canonical;

namespace ControlTower.Sync.Flows.ReturnToRefund;

/// <summary>A decision in the making: the state as it becomes, and what follows from it in the order in which it was said.</summary>
internal sealed class ReturnDraft(ReturnState state, FlowContext context)
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

    public ReturnState State { get; set; } = state;

    public FlowContext Context => context;

    public string? Erp => State.Erp ?? context.Erp;

    public PostingKey Key(string document) => PostingKey.Derive(context.Brand, context.Key, State.Name, document);

    public void Note(string type, string? system = null, string? reference = null, string? detail = null) =>
        facts.Add(new Fact(type, ReturnStages.Of(State), system, Cut(reference), Cut(detail)));

    public void Ask(DeliveryKind kind, string target, PostingKey key, decimal value, DeliveryArguments arguments) =>
        deliveries.Add(new DeliveryIntent(kind, target, key, 0, new Money(value, State.Currency), arguments));

    public void TakeBack(DeliveryKind kind) => withdraw.Add(kind);

    public void Do(LocalEffect effect) => effects.Add(effect);

    public void Wake(string deadline, TimeSpan? after) => deadlines.Add(new DeadlineIntent(deadline, after));

    public void Refer(string kind, string? value)
    {
        if (!string.IsNullOrWhiteSpace(value) && value.Length <= LongestReference)
        {
            references.Add(new FlowReference(kind, value));
        }
    }

    /// <summary>Reports a problem, once for as long as it stands.</summary>
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

    public Decision<ReturnState> As(Verdict verdict) => new()
    {
        State = State,
        Verdict = verdict,
        Facts = facts,
        Deliveries = deliveries,
        Withdraw = withdraw,
        Deadlines = deadlines,
        Effects = effects,
        References = references,
        Problems = problems,
        Solved = solved,
    };

    private static string? Cut(string? text) => text is { Length: > LongestReference } ? text[..LongestReference] : text;
}
