using ControlTower.Data.Flows;

namespace ControlTower.Data.Triage;

/// <summary>Which cases a person wants to see. Lists are alternatives, members are joined with and.</summary>
public sealed record CaseFilter
{
    /// <summary>Of <c>open</c>, <c>retrying</c>, <c>resolved</c>, <c>discarded</c>; empty means the two that need somebody.</summary>
    public IReadOnlyList<string> States { get; init; } = [];

    /// <summary>Failure kinds as stored.</summary>
    public IReadOnlyList<string> Failures { get; init; } = [];

    /// <summary>Connections that refused or sent.</summary>
    public IReadOnlyList<string> Connections { get; init; } = [];

    public IReadOnlyList<string> Brands { get; init; } = [];

    /// <summary>Places at which goods of the order are set aside, or were handed over.</summary>
    public IReadOnlyList<string> Stores { get; init; } = [];

    /// <summary>One cause.</summary>
    public string? Fingerprint { get; init; }

    /// <summary>An id of the order or the case, or words of the title.</summary>
    public OrderSearchText Text { get; init; } = OrderSearchText.None;

    /// <summary>Whose cases; null for everybody's.</summary>
    public Guid? Assignee { get; init; }

    /// <summary>True: only what is on the shelf now; false: only what is not; null: what is not, or all if closed states are asked for.</summary>
    public bool? Shelved { get; init; }

    /// <summary>Only cases of orders that are late within the hour, or are already: as the last look at the clock, a minute ago at most, found them.</summary>
    public bool DueSoon { get; init; }

    /// <summary>Only what was closed because the target was read back.</summary>
    public bool ProvenOnly { get; init; }

    public DateTimeOffset? OpenedFrom { get; init; }

    /// <summary>Opened earlier than that.</summary>
    public DateTimeOffset? OpenedBefore { get; init; }

    /// <summary>Closed since then; makes sense with closed states only, as <see cref="ClosedBefore"/> does.</summary>
    public DateTimeOffset? ClosedFrom { get; init; }

    public DateTimeOffset? ClosedBefore { get; init; }

    /// <summary>Retried at least so often; null for any number.</summary>
    public int? AttemptsFrom { get; init; }

    /// <summary>What the cases are about, of <see cref="CaseType.All"/>.</summary>
    public IReadOnlyList<string> Types { get; init; } = [];

    /// <summary>Cases of this batch only.</summary>
    public long? Batch { get; init; }

    /// <summary>With <see cref="Batch"/>: those that ended so in it, as stored, such as <c>failed</c>; null for all.</summary>
    public string? BatchResult { get; init; }

    public CaseSort Sort { get; init; } = CaseSort.Value;

    public bool? EffectiveShelf => Shelved ?? (EffectiveStates.Any(state => state is "resolved" or "discarded") ? null : false);

    public IReadOnlyList<string> EffectiveStates => States.Count > 0 ? States : ["open", "retrying"];

    /// <summary>Only cases that are being retried.</summary>
    internal bool IsRetrying => EffectiveStates.All(state => state == "retrying");

    /// <summary>Asks for nothing but what open cases are counted by ahead. One person's cases are few and have an index of their own: they are looked at.</summary>
    internal bool IsTallied => EffectiveShelf == false && Assignee is null && !ProvenOnly && ClosedFrom is null && ClosedBefore is null && OpenedFrom is null && OpenedBefore is null && Types.Count == 0 && Stores.Count == 0
        && Batch is null && AttemptsFrom is null && Text.IsEmpty
        && EffectiveStates.All(state => state is "open" or "retrying");
}

public enum CaseSort
{
    /// <summary>What is due within the hour, or past, first; each by money at risk.</summary>
    Value,

    /// <summary>The order that waits longest first.</summary>
    Oldest,
    Newest,
}
