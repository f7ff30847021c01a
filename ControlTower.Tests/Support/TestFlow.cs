using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using ControlTower.Data.Canonical;
using ControlTower.Sync.Flows;

namespace ControlTower.Tests.Support;

/// <param name="Heard">Kinds of events, in the order in which they were told.</param>
public sealed record TestFlowState(IReadOnlyList<string> Heard);

/// <summary>Reserves a piece when it hears of an order and when something was delivered, posts when goods are reserved, and breaks where a test wants it.</summary>
public sealed class TestFlow : IFlow<TestFlowState>
{
    /// <summary>True: the decision about this event of this order throws.</summary>
    public Func<string, FlowEvent, bool> Breaks { get; set; } = (_, _) => false;

    /// <summary>What else happens while an event is decided, such as the death of the process.</summary>
    public Action<string> Meanwhile { get; set; } = _ => { };

    public string Kind => "test";

    public JsonTypeInfo<TestFlowState> StateJson { get; } = (JsonTypeInfo<TestFlowState>)JsonSerializerOptions.Web.GetTypeInfo(typeof(TestFlowState));

    public bool CanStart(CanonicalEvent what) => what is OrderStated;

    public Decision<TestFlowState> Decide(TestFlowState? state, FlowEvent what, FlowContext context)
    {
        Meanwhile(context.Key.Id);
        if (Breaks(context.Key.Id, what))
        {
            throw new TimeoutException("the flow broke");
        }

        return new Decision<TestFlowState>
        {
            State = new TestFlowState([.. state?.Heard ?? [], what.GetType().Name]),
            Verdict = Verdict.Applied,
            Facts = [new Fact($"test.{what.GetType().Name}", "new")],
            Effects = what is FlowEvent.Told or FlowEvent.Delivered ? [new LocalEffect.Reserve([new ReserveLine($"{state?.Heard.Count ?? 0}", "SKU-1", 1)], FulfilmentMode.Ship, null)] : [],
            Deliveries = what is FlowEvent.Reserved && state!.Heard.Count == 1
                ? [new DeliveryIntent(DeliveryKind.PostSalesOrder, EngineWorld.ErpId, new PostingKey($"TEST-KEY-{context.Key.Id}"), 1, new Money(119m, "EUR"))]
                : [],
        };
    }

    public FlowSummary Summarize(TestFlowState state) => new("new", FlowStatus.Open, "test", new Money(119m, "EUR"), DateTimeOffset.UnixEpoch, 1);
}
