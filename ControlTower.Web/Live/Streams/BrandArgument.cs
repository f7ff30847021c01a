using System.Text.Json;
using System.Text.Json.Serialization;
using ControlTower.Data.Canonical;
using ControlTower.Web.Pages.Connections;

namespace ControlTower.Web.Live.Streams;

/// <summary>The argument <c>brand</c>: one that a connection has, or none for all.</summary>
public sealed class BrandArgument(ConnectionsFeed connections, TimeProvider clock)
{
    // Whoever asks for what is not there again and again must not make the node ask for everybody.
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(2);

    public const string Name = "brand";

    /// <exception cref="StreamArgumentException">No connection has it.</exception>
    public async Task<string?> OfAsync(IReadOnlyDictionary<string, string> arguments)
    {
        if (!arguments.TryGetValue(Name, out var brand))
            return null;
        if (Known(brand) != true && !(clock.GetUtcNow() - connections.All.Now.At < Fresh))
            await connections.All.AskAsync();
        return Known(brand) switch
        {
            true => brand,
            false => throw new StreamArgumentException(Name, "No connection has this brand."),
            _ => throw new StreamArgumentException(Name, "The brands could not be read: the database did not answer. Ask again."),
        };
    }

    private bool? Known(string brand) => connections.All.Now.Value?.Any(status => status.Brand == brand);
}

/// <summary>Whether the figures are fresh; the item <c>$feed</c> of a stream. While it is not live, the other items are what was known last.</summary>
/// <param name="Since">Since when not; null while it is live.</param>
public sealed record FeedItem(bool Live, DateTimeOffset? Since)
{
    public const string Key = "$feed";

    public static JsonElement Of(params ReadOnlySpan<Fault?> faults)
    {
        DateTimeOffset? since = null;
        foreach (var fault in faults)
            since = fault is not null && (since is null || fault.Since < since) ? fault.Since : since;
        return JsonSerializer.SerializeToElement(new FeedItem(since is null, since), StreamJson.Default.FeedItem);
    }
}

/// <summary>A stage of a flow, as the stream <c>flows</c> tells it.</summary>
/// <param name="Oldest">Since when the one that is there longest has been there; null in an empty stage.</param>
/// <param name="StuckShare">Share by value of what is stuck or late, 0 to 1.</param>
public sealed record StageItem(
    string Flow, string Stage, string Name, string State, long Count, IReadOnlyList<Money> Values, DateTimeOffset? Oldest, int LimitSeconds, long Stuck, long Late, double StuckShare);

/// <summary>A connection, as the stream <c>connections</c> tells it.</summary>
/// <param name="State"><c>closed</c>, <c>half-open</c>, <c>open</c>, <c>paused</c> or <c>disabled</c>.</param>
/// <param name="Waiting">Postings that were put off because it was away.</param>
/// <param name="Draining"><c>empty</c>, <c>draining</c> or <c>not-draining</c>.</param>
/// <param name="EmptyAt">When nothing will wait any more, to the minute; null where no time can be given honestly.</param>
public sealed record ConnectionItem(
    string Id, string Name, string Kind, string Role, string Brand, string? Region, string State, DateTimeOffset Since, long Waiting, IReadOnlyList<Money> WaitingValues, DateTimeOffset? Oldest,
    string Draining, DateTimeOffset? EmptyAt, long Held, long Unknown);

/// <summary>An incident, as the stream <c>incidents</c> tells it.</summary>
/// <param name="Began">The first harmed transaction.</param>
/// <param name="Drained">When the last harmed transaction was completed or written off; null while one waits.</param>
/// <param name="Unsettled">Harmed transactions that wait.</param>
public sealed record IncidentItem(
    long Id, string Kind, string Title, string Severity, string Status, string Brand, string System, DateTimeOffset Began, DateTimeOffset Detected, DateTimeOffset? Restored, DateTimeOffset? Drained, string? Lead,
    string StakeholderStatus, long Affected, long Unsettled);

/// <summary>A key figure of the last 24 hours, as the stream <c>kpis</c> tells it.</summary>
/// <param name="Unit"><c>seconds</c>, <c>share</c> (0 to 1), <c>count</c> or <c>money</c>.</param>
/// <param name="Value">Null where nothing was measured, and of money.</param>
/// <param name="N">What it was measured over.</param>
/// <param name="Open">Of it, what still lasts.</param>
/// <param name="CompleteTo">Up to when its source is complete, to the minute; null: it never said anything.</param>
public sealed record KpiItem(
    string Id, string Title, string Measure, string Unit, double? Value, long N, long Open, IReadOnlyList<Money> Amounts, double? Target, bool? OnTarget, DateTimeOffset? CompleteTo);

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(FeedItem))]
[JsonSerializable(typeof(StageItem))]
[JsonSerializable(typeof(ConnectionItem))]
[JsonSerializable(typeof(IncidentItem))]
[JsonSerializable(typeof(KpiItem))]
internal sealed partial class StreamJson : JsonSerializerContext;
