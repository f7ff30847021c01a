using System.Text.Json;
using ControlTower.Data.Canonical;
using ControlTower.Data.Outbox;
using ControlTower.Sync.Connectors;
using ControlTower.Sync.Flows;

namespace ControlTower.Sync.Gateway;

/// <summary>Builds the command of a delivery from what was stored with it: the same row gives the same command on every attempt.</summary>
public static class CommandComposer
{
    /// <exception cref="InvalidOperationException">The row lacks what its kind needs: a defect, shown as a case.</exception>
    public static VendorCommand Compose(ClaimedDelivery claim) => Remapping.Of(claim.Mappings).Apply(AsAsked(claim));

    private static VendorCommand AsAsked(ClaimedDelivery claim)
    {
        var key = new PostingKey(claim.Key);
        var order = new OrderKey(claim.Source, claim.SourceId);
        var args = claim.Arguments is null ? new DeliveryArguments() : JsonSerializer.Deserialize(claim.Arguments, DeliveryJson.Default.DeliveryArguments)!;
        return Enum.Parse<DeliveryKind>(claim.Kind) switch
        {
            DeliveryKind.PostSalesOrder => new PostSalesOrder(key, Document(claim), args.Allocations ?? []),
            DeliveryKind.UpdateSalesOrder => new UpdateSalesOrder(key, Need(args.PostedAs, claim), Need(args.ErpReference, claim), Document(claim), args.Allocations ?? []),
            DeliveryKind.CancelSalesOrder => new CancelSalesOrder(key, Need(args.PostedAs, claim), Need(args.ErpReference, claim), args.Reason),
            DeliveryKind.AcknowledgeOrder => new AcknowledgeOrder(key, order, Need(args.ErpNumber, claim)),
            DeliveryKind.ShipSalesOrder => new ShipSalesOrder(key, Need(args.PostedAs, claim), Need(args.ErpReference, claim), Document(claim), Need(args.At, claim)),
            DeliveryKind.FulfilOrder => new FulfilOrder(key, order, args.Lines ?? [], args.Tracking),
            DeliveryKind.PostPayment => new PostPayment(
                key, Need(args.PostedAs, claim), Need(args.InvoiceId, claim), Need(args.InvoiceNumber, claim), Need(args.Amount, claim), args.Method ?? "", Need(args.At, claim)),
            DeliveryKind.PostCreditMemo => new PostCreditMemo(key, Need(args.PostedAs, claim), Need(args.Credits, claim), Need(args.At, claim), args.Amount),
            DeliveryKind.RefundPayment => new RefundPayment(key, Need(args.Order, claim), Need(args.Amount, claim), Need(args.Credits, claim)),
            DeliveryKind.CloseReturn => new CloseReturn(key, Need(args.Order, claim), Need(args.ReturnId, claim)),
            DeliveryKind.PostJournal => new PostJournal(key, Need(args.Journal, claim)),
            var other => throw new InvalidOperationException($"No command for a delivery of kind {other}."),
        };
    }

    private static Order Document(ClaimedDelivery claim) => claim.Document is { } json
        ? JsonSerializer.Deserialize(json, CanonicalJson.Default.Order)!
        : throw new InvalidOperationException($"Delivery {claim.Key} names version {claim.DocumentVersion} of its order, which is not stored.");

    private static T Need<T>(T? value, ClaimedDelivery claim)
        where T : class => value ?? throw new InvalidOperationException($"Delivery {claim.Key} ({claim.Kind}) lacks an argument.");

    private static T Need<T>(T? value, ClaimedDelivery claim)
        where T : struct => value ?? throw new InvalidOperationException($"Delivery {claim.Key} ({claim.Kind}) lacks an argument.");
}
