using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using ControlTower.Data.Canonical;
using ControlTower.Sync.Flows.OrderToCash;

namespace ControlTower.Sync.Flows.JournalToBooks;

/// <summary>What is known of one entry. Members may be added with a default, never renamed.</summary>
public sealed record JournalState
{
    public JournalEntry? Entry { get; init; }

    public string By { get => field ?? ""; init; }

    public DateTimeOffset AskedAt { get; init; }

    public string? Erp { get; init; }

    public ErrandState Post { get; init; }

    public string? Number { get; init; }

    /// <summary>Nobody keeps books for it; reported.</summary>
    public bool Homeless { get; init; }
}

[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault, UseStringEnumConverter = true)]
[JsonSerializable(typeof(JournalState))]
public sealed partial class JournalStateJson : JsonSerializerContext;

/// <summary>One entry of the ledger from the wish to the books: asked for once, posted under its key, looked up before it is posted again.</summary>
public sealed class JournalToBooksFlow : IFlow<JournalState>
{
    public const string Name = "journal";
    public const string Asked = "asked";
    public const string Booked = "booked";

    private const string NoBooks = "no-erp";
    private const string Document = "journal";

    public string Kind => Name;

    public JsonTypeInfo<JournalState> StateJson => JournalStateJson.Default.JournalState;

    public OrderKey? SubjectOf(CanonicalEvent what) => (what as JournalAsked)?.Key;

    public bool CanStart(CanonicalEvent what) => what is JournalAsked;

    public Decision<JournalState> Decide(JournalState? state, FlowEvent what, FlowContext context) => (state, what) switch
    {
        (null, FlowEvent.Told { What: JournalAsked asked }) => Begin(asked, context),
        (null, _) => new Decision<JournalState> { State = null!, Verdict = Verdict.Parked },
        (_, FlowEvent.Told) => Still(state, Verdict.Duplicate),
        ({ Homeless: true }, FlowEvent.Retried) when context.Erp is { } erp => Post(state with { Homeless = false, Erp = erp }, context) with { Solved = [NoBooks] },
        (_, FlowEvent.Delivered { Kind: DeliveryKind.PostJournal } done) when state.Post != ErrandState.Done => new Decision<JournalState>
        {
            State = state with { Post = ErrandState.Done, Number = done.As.Number ?? done.As.Reference },
            Verdict = Verdict.Applied,
            Facts = [new Fact("journal.booked", Booked, state.Erp, done.As.Number ?? done.As.Reference)],
            References = done.As.Number is { Length: > 0 and <= 200 } number ? [new FlowReference("journal", number)] : [],
        },
        (_, FlowEvent.Refused { Kind: DeliveryKind.PostJournal } refused) when state.Post == ErrandState.Open => new Decision<JournalState>
        {
            State = state with { Post = ErrandState.Refused }, Verdict = Verdict.Applied, Facts = [new Fact("journal.refused", Asked, state.Erp, Detail: refused.Why.Code)],
        },
        _ => Still(state, Verdict.Ignored),
    };

    public FlowSummary Summarize(JournalState state) => new(
        state.Post == ErrandState.Done ? Booked : Asked,
        state.Post == ErrandState.Done ? FlowStatus.Done : state.Post == ErrandState.Refused || state.Homeless ? FlowStatus.Attention : FlowStatus.Open,
        state.Entry?.Document ?? "", new Money(state.Entry?.Value ?? 0m, state.Entry?.Currency ?? "XXX"), state.AskedAt, 0);

    private static Decision<JournalState> Begin(JournalAsked asked, FlowContext context)
    {
        var state = new JournalState { Entry = asked.Entry, By = asked.By, AskedAt = asked.At, Erp = context.Erp };
        return context.Erp is not null ? Post(state, context) : new Decision<JournalState>
        {
            State = state with { Homeless = true },
            Verdict = Verdict.Applied,
            Facts = [new Fact("journal.asked", Asked, null, asked.Entry.Document, asked.By)],
            Problems = [new Problem(FailureKind.Missing, NoBooks, "No ERP keeps the books of this connection. Choose one in its settings, then try again.", "postsTo", context.Key.Source)],
        };
    }

    private static Decision<JournalState> Post(JournalState state, FlowContext context)
    {
        var key = PostingKey.Derive(context.Brand, context.Key, state.Entry!.Document, Document);
        return new Decision<JournalState>
        {
            State = state with { Post = ErrandState.Open },
            Verdict = Verdict.Applied,
            Facts = [new Fact("journal.asked", Asked, state.Erp, state.Entry.Document, state.By)],
            Deliveries = [new DeliveryIntent(DeliveryKind.PostJournal, state.Erp!, key, 0, new Money(state.Entry.Value, state.Entry.Currency), new DeliveryArguments(Journal: state.Entry))],
            References = [new FlowReference("posting-key", key.Value), new FlowReference("payout", state.Entry.Document)],
        };
    }

    private static Decision<JournalState> Still(JournalState state, Verdict verdict) => new() { State = state, Verdict = verdict };
}
