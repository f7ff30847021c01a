using System.Text.Json;
using System.Text.Json.Nodes;
using ControlTower.Data.Canonical;
using ControlTower.Sync.Connectors.Http;

namespace ControlTower.Sync.Connectors.Shopify;

/// <summary>
/// Leaves the ERP's number on the order, as a tag for people and a metafield for programs. Both say the same however often they are said, so no
/// look-up comes before.
/// </summary>
internal sealed class Acknowledgement(GraphCall call)
{
    public async Task<Outcome> SendAsync(AcknowledgeOrder command, CallScope scope, CancellationToken cancel)
    {
        var id = Gid(command.Order);
        var variables = new JsonObject
        {
            ["id"] = id,
            ["tags"] = new JsonArray(Tag(command)),
            ["metafields"] = new JsonArray(new JsonObject
            {
                ["ownerId"] = id,
                ["namespace"] = "controltower",
                ["key"] = "erp_number",
                ["type"] = "single_line_text_field",
                ["value"] = command.ErpNumber,
            }),
        };
        var (data, failure) = await call.WriteAsync(ShopifyDocuments.Acknowledge, variables, scope, cancel).ConfigureAwait(false);
        return failure
            ?? UserErrors.Of(data, "tagsAdd", "metafieldsSet")
            ?? (data.At("tagsAdd", "node") is null || data.Items("metafieldsSet", "metafields").Count == 0
                ? HttpOutcome.Garbled(write: true, "it does not confirm the tag and the metafield")
                : Accepted(command));
    }

    public async Task<LookUp> LookUpAsync(AcknowledgeOrder command, CallScope scope, CancellationToken cancel)
    {
        var (data, failure) = await call.ReadAsync(ShopifyDocuments.Acknowledgement, new JsonObject { ["id"] = Gid(command.Order) }, scope, cancel).ConfigureAwait(false);
        return failure is not null ? HttpOutcome.Undecided(failure)
            : data.At("order") is { ValueKind: JsonValueKind.Object } order
                && order.Text("metafield", "value") == command.ErpNumber && order.Items("tags").Any(t => t.Text() == Tag(command))
                ? new LookUp.Found(Accepted(command))
                : new LookUp.Absent();
    }

    public static string Gid(OrderKey order) => $"gid://shopify/Order/{order.Id}";

    private static Outcome.Accepted Accepted(AcknowledgeOrder command) => new(Gid(command.Order), command.ErpNumber);

    // The vendor's longest tag is 40 characters.
    private static string Tag(AcknowledgeOrder command) => VendorText.Cut($"erp:{command.ErpNumber}", 40);
}
