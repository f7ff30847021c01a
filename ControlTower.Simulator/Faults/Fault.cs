namespace ControlTower.Simulator.Faults;

/// <summary>One switched-on misbehaviour of a system. Seconds are real seconds.</summary>
public sealed record Fault
{
    public string Id { get; init; } = "";

    /// <summary>One of <see cref="FaultKinds"/>.</summary>
    public required string Kind { get; init; }

    /// <summary>all, writes or reads. Left out: writes for lost-answer, late-commit, refuse and accepted, else all.</summary>
    public string? On { get; init; }

    /// <summary>Only requests whose path or query contains this text; of webhooks, whose topic does.</summary>
    public string? Path { get; init; }

    /// <summary>How many requests it still hits; null has no end.</summary>
    public int? Count { get; init; }

    /// <summary>Share of matching requests that it hits.</summary>
    public double Share { get; init; } = 1;

    /// <summary>slow: delay. throttle, unavailable: Retry-After. late-commit: commit after this long. webhook-delay, webhook-reorder: window.</summary>
    public double Seconds { get; init; }

    /// <summary>Switches itself off after this many seconds.</summary>
    public double? Lasts { get; init; }

    /// <summary>Retry-After as an HTTP date instead of seconds.</summary>
    public bool RetryAfterDate { get; init; }

    /// <summary>refuse: unknown-sku, closed-period, blocked-customer or a text of your own.</summary>
    public string? Reason { get; init; }

    /// <summary>html, wrong-json, cut-json, accepted: whether the request takes effect. Left out: yes for the JSON kinds, no for the others.</summary>
    public bool? Commits { get; init; }

    /// <summary>webhook-duplicate: how often each event is delivered.</summary>
    public int Copies { get; init; } = 2;

    /// <summary>Switched on by the first request that this one hits.</summary>
    public Fault? Then { get; init; }

    public DateTimeOffset? Until { get; init; }

    /// <summary>How many requests it has hit.</summary>
    public int Hits { get; init; }

    public string Reach => On ?? (Kind is FaultKinds.LostAnswer or FaultKinds.LateCommit or FaultKinds.Refuse or FaultKinds.Accepted ? "writes" : "all");

    public bool TakesEffect => Commits ?? Kind is not (FaultKinds.Html or FaultKinds.Accepted);

    public IReadOnlyList<string> Problems()
    {
        var problems = new List<string>();
        if (!FaultKinds.All.Contains(Kind)) problems.Add($"kind must be one of {string.Join(", ", FaultKinds.All)}");
        if (On is not (null or "all" or "writes" or "reads")) problems.Add("on must be all, writes or reads");
        if (Count is < 1) problems.Add("count must be 1 or more");
        if (Share is <= 0 or > 1 || double.IsNaN(Share)) problems.Add("share must be above 0, at most 1");
        if (Seconds is < 0 or > 86400 || double.IsNaN(Seconds)) problems.Add("seconds must be 0 to 86400");
        if (Lasts is <= 0 or > 864000) problems.Add("lasts must be above 0");
        if (Copies is < 1 or > 50) problems.Add("copies must be 1 to 50");
        return Then is null ? problems : [.. problems, .. Then.Problems().Select(problem => "then: " + problem)];
    }
}

public static class FaultKinds
{
    public const string Down = "down";
    public const string Slow = "slow";
    public const string Throttle = "throttle";
    public const string Unavailable = "unavailable";
    public const string ErrorBefore = "error-before-commit";
    public const string LostAnswer = "lost-answer";
    public const string LateCommit = "late-commit";
    public const string Html = "html";
    public const string WrongJson = "wrong-json";
    public const string CutJson = "cut-json";
    public const string Refuse = "refuse";

    /// <summary>202 without a body: it will be done, and nobody ever says that it was.</summary>
    public const string Accepted = "accepted";
    public const string WebhookDuplicate = "webhook-duplicate";
    public const string WebhookReorder = "webhook-reorder";
    public const string WebhookDelay = "webhook-delay";
    public const string WebhookDrop = "webhook-drop";

    /// <summary>Each event is told once more under its id, its note changed.</summary>
    public const string WebhookRetold = "webhook-retold";

    public static IReadOnlyList<string> All { get; } =
    [
        Down, Slow, Throttle, Unavailable, ErrorBefore, LostAnswer, LateCommit, Html, WrongJson, CutJson, Refuse, Accepted,
        WebhookDuplicate, WebhookReorder, WebhookDelay, WebhookDrop, WebhookRetold,
    ];
}
