using ControlTower.Data.ApiClients;

namespace ControlTower.Data.Flows;

/// <summary>Which orders a person wants to see. Everything is optional; lists are alternatives, members are joined with and.</summary>
public sealed record OrderFilter
{
    public OrderSearchText Text { get; init; } = OrderSearchText.None;

    public IReadOnlyList<string> Stages { get; init; } = [];

    /// <summary>Of the flow: <c>open</c>, <c>attention</c>, <c>done</c>, <c>cancelled</c>.</summary>
    public IReadOnlyList<string> Statuses { get; init; } = [];

    public IReadOnlyList<string> Brands { get; init; } = [];

    /// <summary>Connection ids of the channels that took the orders.</summary>
    public IReadOnlyList<string> Sources { get; init; } = [];

    /// <summary>Only orders under way that have been in their stage for at least this long.</summary>
    public TimeSpan? InStageFor { get; init; }

    /// <summary>In the order's own currency, major units.</summary>
    public decimal? ValueFrom { get; init; }

    public decimal? ValueTo { get; init; }

    public DateTimeOffset? PlacedFrom { get; init; }

    public DateTimeOffset? PlacedBefore { get; init; }

    /// <summary>Only what this reader may see at all.</summary>
    public ApiReach Reach { get; init; } = ApiReach.Everything;

    /// <summary>The one of this id.</summary>
    public long? Id { get; init; }

    /// <summary>The ids that its channel gave it.</summary>
    public IReadOnlyList<string> SourceIds { get; init; } = [];

    /// <summary>Only orders of which something was logged since.</summary>
    public DateTimeOffset? UpdatedSince { get; init; }

    public OrderSort Sort { get; init; } = OrderSort.Newest;

    /// <summary>True if anything but the order of the list was chosen.</summary>
    public bool Narrows => this with { Sort = OrderSort.Newest, Text = OrderSearchText.None } is var rest
        && (!Text.IsEmpty || rest.Stages.Count + rest.Statuses.Count + rest.Brands.Count + rest.Sources.Count > 0
            || rest.InStageFor is not null || rest.ValueFrom is not null || rest.ValueTo is not null || rest.PlacedFrom is not null || rest.PlacedBefore is not null);
}

public enum OrderSort
{
    Newest,

    /// <summary>Longest in its present stage first.</summary>
    LongestInStage,

    /// <summary>Highest amount first, whatever the currency.</summary>
    Value,

    /// <summary>In the order in which the tower heard of them: what comes is at the end.</summary>
    Heard,
}
