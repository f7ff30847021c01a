namespace ControlTower.Data.Triage;

/// <summary>What a batch does to each of its cases.</summary>
public enum BatchKind
{
    /// <summary>Sends again, in stages; a case counts as proven when its target was read back.</summary>
    Retry,
    Resolve,
    Discard,

    /// <summary>Into somebody's hands, or out of everybody's.</summary>
    Assign,

    /// <summary>Off the board.</summary>
    Snooze,

    /// <summary>Back on the board.</summary>
    Wake,
}

/// <summary>What is asked of a batch. All but a retry send nothing: each case is changed as it was frozen, or left.</summary>
public sealed record BatchOrder(BatchKind Kind)
{
    public static BatchOrder Retry { get; } = new(BatchKind.Retry);

    /// <summary>For <see cref="BatchKind.Assign"/>: who looks into them; null for nobody.</summary>
    public Guid? Assignee { get; init; }

    public string? AssigneeName { get; init; }

    /// <summary>For <see cref="BatchKind.Assign"/>: name or address of the ticket; null keeps what is there.</summary>
    public string? Ticket { get; init; }

    /// <summary>For <see cref="BatchKind.Snooze"/>: when they come back, null when they change. For <see cref="BatchKind.Assign"/>: on hold until then, null for not.</summary>
    public DateTimeOffset? Until { get; init; }

    /// <summary>The word under which the kind is stored.</summary>
    internal static string Word(BatchKind kind) => kind.ToString().ToLowerInvariant();

    internal static BatchKind Parse(string word) => Enum.Parse<BatchKind>(word, ignoreCase: true);

    /// <summary>Which cases the act fits, as a condition on <c>exception_case c</c>.</summary>
    internal static string Fit(BatchKind kind) => kind switch
    {
        BatchKind.Retry => "c.state = 'open' and c.code <> 'id-reused'",
        BatchKind.Assign => "c.state in ('open', 'retrying')",
        BatchKind.Wake => "c.state in ('open', 'retrying') and c.shelf is not null",
        _ => "c.state = 'open'",
    };
}
