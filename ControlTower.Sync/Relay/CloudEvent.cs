using System.ComponentModel;
using System.Globalization;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;
using ControlTower.Data.EventLog;

namespace ControlTower.Sync.Relay;

/// <summary>
/// One entry of the event log as a CloudEvent 1.0. (<c>source</c>, <c>id</c>) names it for ever: a receiver that has seen it drops the repeat. <c>sequence</c> rises by one with each event
/// of the same <c>partitionkey</c>, which is the flow.
/// </summary>
/// <param name="Type">Such as <c>controltower.order.posted.v1</c>. A change that would break a receiver gets a new number.</param>
/// <param name="Subject">The flow by the ids of the system that it comes from: <c>order-to-cash/shopify-eu/5021</c>.</param>
/// <param name="Sequence">Ten digits, so that it sorts as text, as the CloudEvents extension asks.</param>
public sealed record CloudEvent(
    [property: Description("With source, names the event for ever: drop what you have seen.")] string Id,
    [property: Description("The tower that tells it.")] string Source,
    [property: Description("What happened, and the version of this form.")] string Type,
    [property: Description("The flow by the ids of the system that it comes from: kind, connection, id.")] string Subject,
    [property: Description("When the tower wrote it down.")] DateTimeOffset Time,
    [property: Description("The flow: equal for all events of one.")] string PartitionKey,
    [property: Description("Rises by one with each event of the same flow; sorts as text.")] string Sequence,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull), Description("The trace of what led to it.")] string? TraceId,
    FlowStep Data)
{
    [Description("Of CloudEvents.")]
    public string SpecVersion => "1.0";

    [Description("Of data.")]
    public string DataContentType => "application/json";

    /// <param name="source">Of this tower, from <see cref="RelayOptions.Source"/>.</param>
    public static CloudEvent Of(LoggedEvent e, string source)
    {
        var flow = e.FlowId.ToString(CultureInfo.InvariantCulture);
        var sourceId = FlowStep.Named(e.SourceId);
        return new CloudEvent(
            $"{flow}/{e.Step}", source, EventTypes.TypeOf(e.Type), $"{e.Kind}/{e.Source}/{sourceId ?? flow}", e.At.ToUniversalTime(), flow,
            e.Step.ToString("D10", CultureInfo.InvariantCulture), e.TraceId,
            new FlowStep(e.FlowId, e.Kind, e.Brand, e.Source, sourceId, e.Step, e.Stage, e.System, FlowStep.Named(e.Reference)));
    }
}

/// <summary>
/// What is said of the step: ids, kinds and numbers. <see cref="LoggedEvent.Detail"/> is free text, some of it from vendors, and stays here; so does all that the order's documents hold.
/// Who needs more asks the tower or the shop by the id, with a right of their own.
/// </summary>
/// <param name="Reference">Number of a document in <paramref name="System"/>.</param>
public sealed partial record FlowStep(
    [property: Description("Number of the flow in the tower.")] long Flow,
    [property: Description("Of the flow.")] string Kind,
    [property: Description("Empty where the flow has none.")] string Brand,
    [property: Description("The connection where the flow's subject was born.")] string Source,
    [property: Description("Its id there; null where that does not read like an id.")] string? SourceId,
    [property: Description("From 1, without a gap.")] int Step,
    [property: Description("Where the flow stands now.")] string Stage,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull), Description("The connection where it happened; missing for the tower itself.")] string? System,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull), Description("Number of a document there.")] string? Reference)
{
    /// <summary>The value if it reads like an id or a number. What a shop has put in its place, a name or an address of mail, does not leave.</summary>
    public static string? Named(string? value) => value is not null && Name.IsMatch(value) ? value : null;

    // A digit, and none of the signs that sentences and addresses of mail need.
    [GeneratedRegex(@"\A(?=.{0,200}[0-9])[A-Za-z0-9#/:._|=-]{1,200}\z", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Name { get; }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(FlowStep))]
internal sealed partial class FlowStepJson : JsonSerializerContext;
