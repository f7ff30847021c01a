namespace ControlTower.Sync.Connectors.Vendure;

/// <summary>The GraphQL documents sent to Vendure's Admin API. A test holds each against the published schema.</summary>
internal static class VendureQueries
{
    // The history counts what Vendure itself noted about the order, our own notes left out, so that an acknowledgement does not look like a change.
    public const string OrderFields = """
        fragment OrderFields on Order {
          id code state active orderPlacedAt updatedAt currencyCode total totalWithTax taxSummary { description taxRate }
          customer { id firstName lastName emailAddress phoneNumber }
          shippingAddress { fullName company streetLine1 streetLine2 city province postalCode countryCode phoneNumber }
          billingAddress { fullName company streetLine1 streetLine2 city province postalCode countryCode phoneNumber }
          lines {
            id quantity orderPlacedQuantity unitPrice unitPriceWithTax proratedUnitPrice proratedUnitPriceWithTax proratedLinePrice proratedLinePriceWithTax
            taxLines { description taxRate } productVariant { id sku name }
          }
          shippingLines {
            id price priceWithTax discountedPrice discountedPriceWithTax
            discounts { adjustmentSource amount amountWithTax } shippingMethod { id code name }
          }
          surcharges { id sku description price priceWithTax taxLines { description taxRate } }
          payments { id createdAt method amount state refunds { id createdAt total state reason lines { orderLineId quantity } } }
          fulfillments { id createdAt updatedAt state method trackingCode lines { orderLineId quantity } }
          modifications { id }
          history(options: { take: 1, filter: { type: { notEq: "ORDER_NOTE" } } }) { totalItems }
        }
        """;

    public const string Orders = "query Orders($options: OrderListOptions!) { orders(options: $options) { totalItems items { ...OrderFields } } }\n" + OrderFields;

    public const string Order = "query Order($id: ID!) { order(id: $id) { ...OrderFields } }\n" + OrderFields;

    public const string Test = "query Test { orders(options: { take: 1 }) { totalItems } }";

    public const string Variants = """
        query Variants($options: ProductVariantListOptions) {
          productVariants(options: $options) { items { id sku name enabled price priceWithTax currencyCode updatedAt facetValues { name facet { name } } product { id name enabled updatedAt collections { name } facetValues { name facet { name } } } } }
        }
        """;

    public const string Prices = """
        query Prices($options: ProductVariantListOptions!) {
          activeChannel { pricesIncludeTax }
          productVariants(options: $options) { items { id prices { currencyCode price } } }
        }
        """;

    public const string SetPrices = "mutation SetPrices($input: [UpdateProductVariantInput!]!) { updateProductVariants(input: $input) { id } }";

    public const string Promotions = """
        query Promotions($options: PromotionListOptions!) {
          promotions(options: $options) { items { id name enabled startsAt endsAt couponCode conditions { code args { name value } } actions { code args { name value } } } }
        }
        """;

    public const string Language = "query Language { activeChannel { defaultLanguageCode } }";

    public const string CreatePromotion = "mutation CreatePromotion($input: CreatePromotionInput!) { createPromotion(input: $input) { ... on Promotion { id } ... on ErrorResult { errorCode message } } }";

    public const string UpdatePromotion = "mutation UpdatePromotion($input: UpdatePromotionInput!) { updatePromotion(input: $input) { ... on Promotion { id } ... on ErrorResult { errorCode message } } }";

    public const string Customers = """
        query Customers($options: CustomerListOptions) { customers(options: $options) { items { id firstName lastName emailAddress phoneNumber updatedAt } } }
        """;

    public const string Login = """
        mutation Login($username: String!, $password: String!) {
          login(username: $username, password: $password) { __typename ... on ErrorResult { errorCode message } }
        }
        """;

    public const string Notes = """
        query Notes($id: ID!) {
          order(id: $id) { id code history(options: { take: 100, filter: { type: { eq: "ORDER_NOTE" } }, sort: { createdAt: DESC } }) { items { id data } } }
        }
        """;

    public const string AddNote = "mutation AddNote($input: AddNoteToOrderInput!) { addNoteToOrder(input: $input) { id code } }";

    /// <param name="field">A custom field's name, checked to be a plain GraphQL name.</param>
    public static string CustomField(string field) => $"query CustomField($id: ID!) {{ order(id: $id) {{ id code customFields {{ {field} }} }} }}";

    public static string SetCustomField(string field)
        => $"mutation SetCustomField($input: UpdateOrderInput!) {{ setOrderCustomFields(input: $input) {{ id code customFields {{ {field} }} }} }}";

    public const string Fulfillable = """
        query Fulfillable($id: ID!) {
          order(id: $id) {
            id code state lines { id quantity productVariant { id sku } }
            fulfillments { id state method trackingCode lines { orderLineId quantity } }
          }
        }
        """;

    public const string Fulfil = """
        mutation Fulfil($input: FulfillOrderInput!) {
          addFulfillmentToOrder(input: $input) {
            __typename ... on Fulfillment { id state } ... on ErrorResult { errorCode message } ... on CreateFulfillmentError { fulfillmentHandlerError }
          }
        }
        """;

    public const string Ship = """
        mutation Ship($id: ID!, $state: String!) {
          transitionFulfillmentToState(id: $id, state: $state) {
            __typename ... on Fulfillment { id state } ... on FulfillmentStateTransitionError { errorCode message transitionError }
          }
        }
        """;

    public const string Refundable = """
        query Refundable($id: ID!) {
          order(id: $id) { id code state payments { id createdAt amount state refunds { id total state reason transactionId } } }
        }
        """;

    public const string Refund = """
        mutation Refund($input: RefundOrderInput!) {
          refundOrder(input: $input) {
            __typename ... on Refund { id total state reason transactionId } ... on ErrorResult { errorCode message } ... on RefundStateTransitionError { transitionError }
          }
        }
        """;

    public const string SettleRefund = """
        mutation SettleRefund($input: SettleRefundInput!) {
          settleRefund(input: $input) { __typename ... on Refund { id state } ... on ErrorResult { errorCode message } ... on RefundStateTransitionError { transitionError } }
        }
        """;

    public const string StockLevels = """
        query StockLevels($options: ProductVariantListOptions!) {
          productVariants(options: $options) { items { id sku stockLevels { stockLocationId stockOnHand stockAllocated } } }
        }
        """;

    public const string SetStock = "mutation SetStock($input: [UpdateProductVariantInput!]!) { updateProductVariants(input: $input) { id } }";
}
