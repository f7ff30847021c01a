using System.Text.Json;
using ControlTower.Data.Outbox;
using ControlTower.Sync.Flows;
using ControlTower.Sync.Flows.OrderToCash;

namespace ControlTower.Tests.Simulation;

/// <summary>The comparison at the end: nothing lost, nothing doubled, nothing left open, whatever happened on the way.</summary>
internal static class Books
{
    public static void Check(Rig rig)
    {
        BrokenPromise.Unless(!rig.Tower.Outbox.Deliveries.Any() && rig.Tower.Outbox.Postings.All(p => p.State is "confirmed" or "withdrawn") && !rig.Tower.Inbox.Work.Any(), "Something is left open or unknown.");
        foreach (var order in rig.Estate.Orders)
        {
            var row = rig.Tower.Flows.Single(f => f.SourceId == order.Key.Id);
            var state = JsonSerializer.Deserialize(row.State!, OrderStateJson.Default.OrderState)!;
            BrokenPromise.Unless(state.Version == order.NewestVersion, $"Order {order.Key.Id} ends at version {state.Version} of {order.NewestVersion}.");
            BrokenPromise.Unless(!rig.Tower.Holding.Contains(row.Id), $"Order {order.Key.Id} still holds goods.");
            Check(rig, order, row.Id, state);
        }
    }

    /// <summary>What is left to do, in words.</summary>
    public static string Left(Rig rig) =>
        $"Left: {string.Join("; ", rig.Tower.Outbox.Deliveries.Select(d => $"{d.Wanted.Kind} {d.Wanted.Key} {d.State} due {d.DueAt:O}"))} | "
        + $"{string.Join("; ", rig.Tower.Inbox.Work.Select(w => $"{w.EventId} tried {w.Attempts} due {w.DueAt:O}"))} | {string.Join("; ", rig.Tower.Cases)} at {rig.Tower.Now:O}";

    private static void Check(Rig rig, OrderLife order, long flow, OrderState state)
    {
        var id = order.Key.Id;
        if (order.Life.Cancelled && !order.ErpShipped)
        {
            BrokenPromise.Unless(state.Cancelled, $"Order {id} was cancelled in the shop and is {OrderStages.Of(state)}.");
            BrokenPromise.Unless(order.Book is null || order.BookCancelled, $"Order {id} was cancelled and is still in the ERP.");
            BrokenPromise.Unless(order.Paid == 0m && order.Invoices == 0, $"Order {id} was cancelled and has been booked.");
            return;
        }

        BrokenPromise.Unless(!order.Life.Cancelled || rig.Tower.Cases.ContainsKey($"flow/{flow}/cancel-after-shipment"), $"Order {id} was cancelled after its goods left, and nobody was told.");
        BrokenPromise.Unless(order.Book is { } && !order.BookCancelled, $"Order {id} was bought and is not in the ERP.");
        BrokenPromise.Unless(order.Book!.Totals.Total == order.Life.Final.Totals.Total, $"Order {id} is in the ERP for {order.Book.Totals.Total}, not {order.Life.Final.Totals.Total}.");
        BrokenPromise.Unless(order.Invoices == 1, $"Order {id} was invoiced {order.Invoices} times.");
        BrokenPromise.Unless(order.Paid == (order.IsPaid ? order.Book.Totals.Total : 0m), $"Order {id} of {order.Book.Totals.Total} was booked as paid with {order.Paid}.");
        BrokenPromise.Unless(order.Life.ShopShips || order.Life.Cancelled || order.TimesToldShop == order.Life.Parts, $"The shop heard of {order.TimesToldShop} of {order.Life.Parts} shipments of {id}.");
        BrokenPromise.Unless(OrderStages.StatusOf(state) == (order.IsPaid ? FlowStatus.Done : FlowStatus.Open), $"Order {id} ends {OrderStages.Of(state)}, {OrderStages.StatusOf(state)}.");
    }
}
