using System.Text.Json;

namespace ControlTower.Sync.Connectors.Square;

/// <summary>Lines name variations of the catalogue by id; the client reads their SKUs along with the order.</summary>
internal sealed class Skus(JsonElement document, ConnectionProfile profile)
{
    /// <summary>Empty if nobody knows: the flow then holds the order and says which line.</summary>
    public string Of(JsonElement line)
        => line.Text("catalog_object_id") is { } id
            ? VendorText.Plain(document.Text("skus", id), 100) ?? ""
            : SquareSettings.Of(profile).CustomAmountSku ?? "";
}
