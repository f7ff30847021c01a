using ControlTower.Data.Flows;
using ControlTower.Data.Inbox;
using ControlTower.Data.Outbox;
using Npgsql;

namespace ControlTower.Sync.Flows;

/// <summary>Which inputs of a batch are still ours. Taking locks their rows in one fixed order: messages, then deliveries, each by id.</summary>
internal sealed class HeldInputs(IEnumerable<long> messages, IEnumerable<long> deliveries)
{
    private readonly HashSet<long> messages = [.. messages];
    private readonly HashSet<long> deliveries = [.. deliveries];

    public static async Task<HeldInputs> TakeAsync(NpgsqlConnection connection, IReadOnlyList<FlowInput> batch, CancellationToken cancel)
    {
        var held = new HeldInputs([], []);
        var messages = batch.OfType<FlowInput.Message>().Select(m => m.Claim).ToList();
        if (messages.Count > 0)
        {
            held.messages.UnionWith(await InboxWork.HoldAsync(connection, [.. messages.Select(m => m.Id)], [.. messages.Select(m => m.Fence)], cancel));
        }

        var deliveries = batch.Select(DeliveryOf).OfType<ClaimedDelivery>().ToList();
        if (deliveries.Count > 0)
        {
            held.deliveries.UnionWith(await OutboxStore.HoldAsync(connection, [.. deliveries.Select(d => d.Id)], [.. deliveries.Select(d => d.Fence)], cancel));
        }

        return held;
    }

    public bool Has(FlowInput input) => input switch
    {
        FlowInput.Message m => messages.Contains(m.Claim.Id),
        _ => DeliveryOf(input) is not { } delivery || deliveries.Contains(delivery.Id),
    };

    public static ClaimedDelivery? DeliveryOf(FlowInput input) => input switch
    {
        FlowInput.Delivered d => d.Claim,
        FlowInput.Refused r => r.Claim,
        _ => null,
    };
}
