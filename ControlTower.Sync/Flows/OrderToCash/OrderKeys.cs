using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using ControlTower.Data.Canonical;

namespace ControlTower.Sync.Flows.OrderToCash;

/// <summary>
/// The keys under which an order's documents are posted. Each is derived from what the business calls the document (order, kind, the version, shipment or invoice it is
/// about), never from when or how often it was asked for.
/// </summary>
internal readonly struct OrderKeys(FlowContext context, string name)
{
    public PostingKey SalesOrder => Derive("sales-order");

    public PostingKey Cancellation => Derive("sales-order-cancel");

    public PostingKey Acknowledgement => Derive("acknowledgement");

    /// <summary>The shop's whole shipment, told to the ERP.</summary>
    public PostingKey Shipment => Derive("shipment");

    public PostingKey Update(long document) => Derive("sales-order-update", document);

    public PostingKey Fulfilment(string shipmentId) => Derive("fulfilment", Revision(shipmentId));

    public PostingKey Payment(string invoiceId) => Derive("payment", Revision(invoiceId));

    private PostingKey Derive(string type, long revision = 1) => PostingKey.Derive(context.Brand, context.Key, name, type, revision);

    // An ordinal would depend on the order in which shipments were heard of.
    private static long Revision(string id) => BinaryPrimitives.ReadInt64BigEndian(SHA256.HashData(Encoding.UTF8.GetBytes(id))) & long.MaxValue;
}
