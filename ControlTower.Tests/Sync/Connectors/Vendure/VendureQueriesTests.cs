using System.Text;
using ControlTower.Sync.Connectors.Vendure;
using ControlTower.Tests.Support;
using Xunit;

namespace ControlTower.Tests.Sync.Connectors.Vendure;

public sealed class VendureQueriesTests
{
    private static readonly PublishedSchema Published = new(() => Encoding.UTF8.GetString(GoldenFiles.Bytes("Vendor", "vendure-3.7", "admin-api.graphql")));

    // The two documents about a custom field fit only a shop that has the field.
    public static TheoryData<string> Documents =>
    [
        VendureQueries.Orders, VendureQueries.Order, VendureQueries.Test, VendureQueries.Login, VendureQueries.Notes, VendureQueries.AddNote, VendureQueries.Fulfillable,
        VendureQueries.Fulfil, VendureQueries.Ship, VendureQueries.Refundable, VendureQueries.Refund, VendureQueries.SettleRefund, VendureQueries.StockLevels, VendureQueries.SetStock,
        VendureQueries.Variants, VendureQueries.Customers, VendureQueries.Prices, VendureQueries.SetPrices,
        VendureQueries.Promotions, VendureQueries.Language, VendureQueries.CreatePromotion, VendureQueries.UpdatePromotion,
    ];

    [Theory]
    [MemberData(nameof(Documents))]
    public async Task Each_document_fits_the_published_schema(string document) => Assert.Empty(await Published.ObjectionsAsync(document));

    [Fact]
    public async Task A_field_that_Vendure_lacks_is_objected_to()
        => Assert.NotEmpty(await Published.ObjectionsAsync(VendureQueries.Order.Replace("orderPlacedQuantity", "placedQuantity", StringComparison.Ordinal)));
}
