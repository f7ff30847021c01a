namespace ControlTower.Sync.Connectors.Shopify;

/// <summary>
/// Every GraphQL document that is sent. Page sizes keep each within the 1,000 points that one query may cost, counted in the vendor's plainest way
/// (an object one point, a page its size times its node).
/// </summary>
internal static class ShopifyDocuments
{
    public const string Shop = "query Shop { shop { id name myshopifyDomain currencyCode } }";

    public const string OrdersUpdated = """
        query OrdersUpdated($after: String, $query: String!) {
          orders(first: 3, after: $after, query: $query, sortKey: UPDATED_AT) { pageInfo { hasNextPage endCursor } nodes { ...Statement lineItems(first: 10) { ...Lines } refunds(first: 2) { ...Paid refundLineItems(first: 4) { ...Returned } } fulfillments(first: 2) { ...Parcel fulfillmentLineItems(first: 6) { ...Packed } } } }
        }

        """ + Fragments;

    public const string OrderById = """
        query OrderById($id: ID!) {
          order(id: $id) { ...Statement lineItems(first: 30) { ...Lines } refunds(first: 5) { ...Paid refundLineItems(first: 10) { ...Returned } } fulfillments(first: 5) { ...Parcel fulfillmentLineItems(first: 12) { ...Packed } } }
        }

        """ + Fragments;

    public const string OrderLines = """
        query OrderLines($id: ID!, $after: String!) { order(id: $id) { lineItems(first: 80, after: $after) { ...Lines } } }

        """ + Lines;

    public const string Acknowledgement = """
        query Acknowledgement($id: ID!) { order(id: $id) { id tags metafield(namespace: "controltower", key: "erp_number") { value } } }
        """;

    public const string Acknowledge = """
        mutation Acknowledge($id: ID!, $tags: [String!]!, $metafields: [MetafieldsSetInput!]!) {
          tagsAdd(id: $id, tags: $tags) { node { id } userErrors { field message } }
          metafieldsSet(metafields: $metafields) { metafields { id } userErrors { field message code } }
        }
        """;

    public const string Fulfilment = """
        query Fulfilment($id: ID!) {
          order(id: $id) {
            id
            fulfillmentOrders(first: 8) { nodes { id status assignedLocation { location { id } } lineItems(first: 30) { nodes { id sku remainingQuantity } } } }
            fulfillments(first: 10) { id status trackingInfo(first: 3) { number } fulfillmentLineItems(first: 30) { nodes { quantity lineItem { sku } } } }
          }
        }
        """;

    public const string Fulfil = """
        mutation Fulfil($fulfillment: FulfillmentInput!) {
          fulfillmentCreate(fulfillment: $fulfillment) { fulfillment { id name status } userErrors { field message } }
        }
        """;

    public const string Refundable = """
        query Refundable($id: ID!) {
          order(id: $id) {
            id
            transactions(first: 30) { id kind status gateway amountSet { shopMoney { amount } } parentTransaction { id } }
            refunds(first: 30) { id note totalRefundedSet { shopMoney { amount } } transactions(first: 3) { nodes { status amountSet { shopMoney { amount } } } } }
          }
        }
        """;

    public const string Refund = """
        mutation Refund($input: RefundInput!, $key: String!) {
          refundCreate(input: $input) @idempotent(key: $key) { refund { id } userErrors { field message } }
        }
        """;

    public const string ReturnById = """
        query ReturnById($id: ID!) {
          return(id: $id) {
            id status createdAt closedAt requestApprovedAt decline { note } order { id }
            returnLineItems(first: 30) { pageInfo { hasNextPage } nodes { id quantity ... on ReturnLineItem { returnReason fulfillmentLineItem { lineItem { id } } } } }
            exchangeLineItems(first: 1) { nodes { id } }
            refunds(first: 10) { nodes { id note createdAt totalRefundedSet { shopMoney { amount currencyCode } } } }
          }
        }
        """;

    public const string ApproveReturn = """
        mutation ApproveReturn($input: ReturnApproveRequestInput!) { returnApproveRequest(input: $input) { return { id } userErrors { field message code } } }
        """;

    public const string CloseReturn = """
        mutation CloseReturn($id: ID!) { returnClose(id: $id) { return { id } userErrors { field message code } } }
        """;

    public const string StockLevels = """
        query StockLevels($query: String!, $location: ID!, $after: String) {
          inventoryItems(first: 50, query: $query, after: $after) { pageInfo { hasNextPage endCursor } nodes { id legacyResourceId sku inventoryLevel(locationId: $location) { id quantities(names: ["available"]) { name quantity } } } }
        }
        """;

    public const string SetStock = """
        mutation SetStock($input: InventorySetQuantitiesInput!, $key: String!) {
          inventorySetQuantities(input: $input) @idempotent(key: $key) { inventoryAdjustmentGroup { id } userErrors { code field message } }
        }
        """;

    public const string Variants = $$"""
        query Variants($query: String, $after: String) {
          shop { currencyCode taxesIncluded }
          productVariants(first: 250, after: $after, query: $query, sortKey: ID) { pageInfo { hasNextPage endCursor } nodes { {{Listing}} } }
        }
        """;

    public const string VariantsById = $$"""
        query VariantsById($ids: [ID!]!) { shop { currencyCode taxesIncluded } nodes(ids: $ids) { ... on ProductVariant { {{Listing}} } } }
        """;

    // 25 products with 30 collections each: 827 points, of 1,000 that one document may cost. A product in more than 30 collections is known in the first 30.
    public const string Collections = """
        query Collections($after: String) {
          products(first: 25, after: $after, sortKey: ID) { pageInfo { hasNextPage endCursor } nodes { id collections(first: 30) { nodes { title } } } }
        }
        """;

    // 190 prices of one list: 956 points, of 1,000 that one document may cost.
    public const string PriceLists = """
        query PriceLists($after: String, $prices: String) {
          priceLists(first: 1, after: $after, sortKey: ID) {
            pageInfo { hasNextPage endCursor }
            nodes { id name currency prices(first: 190, after: $prices) { pageInfo { hasNextPage endCursor } nodes { originType price { amount currencyCode } compareAtPrice { amount } variant { id } } } }
          }
        }
        """;

    public const string PriceListPrices = """
        query PriceListPrices($list: ID!, $first: Int!, $query: String!) {
          priceList(id: $list) { id prices(first: $first, query: $query) { nodes { originType price { amount currencyCode } compareAtPrice { amount } variant { id } } } }
        }
        """;

    /// <summary>Adding a price replaces the one that is fixed already.</summary>
    public const string AddFixedPrices = """
        mutation AddFixedPrices($list: ID!, $prices: [PriceListPriceInput!]!) {
          priceListFixedPricesAdd(priceListId: $list, prices: $prices) { prices { variant { id } } userErrors { code field message } }
        }
        """;

    public const string DeleteFixedPrices = """
        mutation DeleteFixedPrices($list: ID!, $variants: [ID!]!) {
          priceListFixedPricesDelete(priceListId: $list, variantIds: $variants) { deletedFixedPriceVariantIds userErrors { code field message } }
        }
        """;

    public const string SetListings = """
        mutation SetListings($product: ID!, $variants: [ProductVariantsBulkInput!]!) {
          productVariantsBulkUpdate(productId: $product, variants: $variants) { productVariants { id price compareAtPrice barcode } userErrors { code field message } }
        }
        """;

    public const string Customers = """
        query Customers($query: String, $after: String, $loyal: Boolean!, $namespace: String, $key: String!) {
          customers(first: 190, after: $after, query: $query, sortKey: ID) {
            pageInfo { hasNextPage endCursor }
            nodes {
              id firstName lastName updatedAt defaultEmailAddress { emailAddress } defaultPhoneNumber { phoneNumber }
              loyalty: metafield(namespace: $namespace, key: $key) @include(if: $loyal) { value }
            }
          }
        }
        """;

    public const string Payouts = """
        query Payouts($after: String, $query: String!) {
          shopifyPaymentsAccount {
            payouts(first: 100, after: $after, query: $query, sortKey: ISSUED_AT) {
              pageInfo { hasNextPage endCursor } nodes { id issuedAt status transactionType externalTraceId net { amount currencyCode } }
            }
          }
        }
        """;

    /// <summary>Transfers are the payouts themselves, which are read by their own list.</summary>
    public const string BalanceTransactions = """
        query BalanceTransactions($after: String, $query: String!) {
          shopifyPaymentsAccount {
            balanceTransactions(first: 100, after: $after, query: $query, sortKey: PROCESSED_AT, hideTransfers: true) {
              pageInfo { hasNextPage endCursor }
              nodes {
                id type test transactionDate sourceId sourceOrderTransactionId adjustmentReason amount { amount currencyCode } fee { amount currencyCode }
                associatedOrder { id name } associatedPayout { id }
              }
            }
          }
        }
        """;

    public const string Subscriptions = """
        query Subscriptions($after: String) { webhookSubscriptions(first: 100, after: $after) { pageInfo { hasNextPage endCursor } nodes { id topic uri } } }
        """;

    public const string Subscribe = """
        mutation Subscribe($topic: WebhookSubscriptionTopic!, $subscription: WebhookSubscriptionInput!) {
          webhookSubscriptionCreate(topic: $topic, webhookSubscription: $subscription) { webhookSubscription { id } userErrors { field message } }
        }
        """;

    public const string Unsubscribe = """
        mutation Unsubscribe($id: ID!) { webhookSubscriptionDelete(id: $id) { deletedWebhookSubscriptionId userErrors { field message } } }
        """;

    /// <summary>All of them, for the check against the vendor's schema.</summary>
    public static IReadOnlyList<string> All { get; } =
    [
        Shop, OrdersUpdated, OrderById, OrderLines, Acknowledgement, Acknowledge, Fulfilment, Fulfil, Refundable, Refund, ReturnById, ApproveReturn, CloseReturn, StockLevels, SetStock,
        Variants, VariantsById, Collections, PriceLists, PriceListPrices, AddFixedPrices, DeleteFixedPrices, SetListings, Customers, Payouts, BalanceTransactions, Subscriptions, Subscribe, Unsubscribe, .. DiscountDocuments.All,
    ];

    private const string Listing = "id sku barcode title price compareAtPrice updatedAt product { id title status updatedAt productType vendor tags }";

    private const string Lines = """
        fragment Lines on LineItemConnection {
          pageInfo { hasNextPage endCursor }
          nodes {
            id sku title quantity currentQuantity requiresShipping originalUnitPriceSet { shopMoney { amount currencyCode } }
            discountAllocations { allocatedAmountSet { shopMoney { amount } } } taxLines { title rate priceSet { shopMoney { amount } } }
          }
        }

        """;

    private const string Fragments = Lines + """
        fragment Statement on Order {
          id name createdAt processedAt updatedAt cancelledAt cancelReason test taxesIncluded currencyCode displayFinancialStatus displayFulfillmentStatus email phone paymentGatewayNames
          customer { id firstName lastName }
          customAttributes { key value }
          billingAddress { ...Place } shippingAddress { ...Place }
          currentTotalPriceSet { ...Shop } currentTotalTaxSet { ...Shop } currentTotalDiscountsSet { ...Shop } currentShippingPriceSet { ...Shop }
          totalPriceSet { ...Shop } totalTaxSet { ...Shop } totalDiscountsSet { ...Shop } totalShippingPriceSet { ...Shop } totalOutstandingSet { ...Shop }
          shippingLines(first: 3) { nodes { code title source deliveryCategory isRemoved originalPriceSet { ...Shop } taxLines { title rate priceSet { ...Shop } } discountAllocations { allocatedAmountSet { ...Shop } } } }
        }
        fragment Shop on MoneyBag { shopMoney { amount currencyCode } }
        fragment Place on MailingAddress { name firstName lastName address1 address2 city provinceCode zip countryCodeV2 }
        fragment Paid on Refund { id createdAt processedAt note return { id } totalRefundedSet { ...Shop } }
        fragment Returned on RefundLineItemConnection { nodes { quantity restockType subtotalSet { ...Shop } lineItem { id sku } } }
        fragment Parcel on Fulfillment { id status createdAt updatedAt trackingInfo(first: 1) { company number url } }
        fragment Packed on FulfillmentLineItemConnection { pageInfo { hasNextPage } nodes { quantity lineItem { id sku } } }
        """;
}
