using ControlTower.Data.Catalog;
using ControlTower.Sync.Connectors;

namespace ControlTower.Sync.Publishing;

/// <summary>What to do about an item. A part that the ERP did not change and that the channel shows differently was changed there: it is left for a person unless the connection says otherwise. Pure.</summary>
public static class PriceRule
{
    /// <param name="shown">What the channel shows now.</param>
    /// <param name="parts">What can be changed at this channel.</param>
    /// <param name="heals">Whatever differs is set right.</param>
    /// <returns>What to ask of the channel; null if nothing is to be changed. <c>Agrees</c> is true if all that the ERP says is shown there.</returns>
    public static (ListingAsked? Change, bool Agrees) Decide(ListingCell cell, Listing shown, ListingParts parts, bool heals)
    {
        var (price, priceAgrees) = Part(cell.Price, cell.LeftPrice, shown.Price, parts.HasFlag(ListingParts.Price), cell.Wanted || heals);
        var (active, activeAgrees) = Part(cell.Active, cell.LeftActive, shown.Active, parts.HasFlag(ListingParts.Active), cell.Wanted || heals);
        var writesBarcode = cell.Barcode is not null && parts.HasFlag(ListingParts.Barcode) && cell.Barcode != shown.Barcode && (cell.Wanted || heals || cell.Barcode != cell.LeftBarcode);
        var barcodeAgrees = cell.Barcode is null || cell.Barcode == shown.Barcode || !parts.HasFlag(ListingParts.Barcode);
        return price is null && active is null && !writesBarcode
            ? (null, priceAgrees && activeAgrees && barcodeAgrees)
            : (new ListingAsked(
                cell.Item, cell.Currency ?? "", shown.Price, shown.Barcode, shown.Active, price, writesBarcode ? cell.Barcode : null, active), false);
    }

    private static (T? To, bool Agrees) Part<T>(T? word, T? left, T? shown, bool can, bool anyway)
        where T : struct =>
        word is not { } to || !can || Equals(to, shown) ? (null, true)
        : anyway || !Equals(word, left) ? (to, false)
        : (null, false);
}
