namespace ControlTower.Sync.Connectors.Shopify;

/// <summary>The documents about discounts. Shopify has a type and two mutations for each way in which one is granted.</summary>
internal static class DiscountDocuments
{
    /// <summary>Items of one discount: what is more is not read, and the vendor takes no more.</summary>
    public const int MostItems = 100;

    /// <summary>The whole list page by page: the search behind a filter lags behind what was just written.</summary>
    public const string List = """
        query Discounts($after: String) {
          shop { currencyCode }
          discountNodes(first: 250, after: $after, sortKey: ID) {
            pageInfo { hasNextPage endCursor }
            nodes { id discount { __typename ... on DiscountAutomaticBasic { title } ... on DiscountAutomaticBxgy { title } ... on DiscountCodeBasic { title } ... on DiscountCodeBxgy { title } } }
          }
        }
        """;

    public const string ById = """
        query Discount($id: ID!) {
          discountNode(id: $id) {
            id
            discount {
              __typename
              ... on DiscountAutomaticBasic { status startsAt endsAt customerGets { ...Gets } }
              ... on DiscountAutomaticBxgy { status startsAt endsAt customerBuys { ...Buys } customerGets { ...Gets } }
              ... on DiscountCodeBasic { status startsAt endsAt codes(first: 2) { nodes { code } } customerGets { ...Gets } }
              ... on DiscountCodeBxgy { status startsAt endsAt codes(first: 2) { nodes { code } } customerBuys { ...Buys } customerGets { ...Gets } }
            }
          }
        }
        fragment Gets on DiscountCustomerGets {
          value { __typename ... on DiscountPercentage { percentage } ... on DiscountAmount { amount { amount } appliesOnEachItem } ... on DiscountOnQuantity { quantity { quantity } effect { ... on DiscountPercentage { percentage } } } }
          items { ... on DiscountProducts { productVariants(first: 101) { nodes { id } } } }
        }
        fragment Buys on DiscountCustomerBuys { value { ... on DiscountQuantity { quantity } } items { ... on DiscountProducts { productVariants(first: 101) { nodes { id } } } } }
        """;

    /// <summary>All of them, for the check against the vendor's schema.</summary>
    public static IReadOnlyList<string> All { get; } =
    [
        List, ById, .. DiscountForm.All.SelectMany(f => new[] { Create(f), Update(f) }), .. DiscountForm.All.Select(TakeOff).Distinct(StringComparer.Ordinal),
    ];

    public static string Create(DiscountForm form) =>
        $"mutation Create($input: {form.Type}Input!) {{ {form.Mutation("Create")}({form.Argument}: $input) {{ {form.Node} {{ id }} userErrors {{ code field message }} }} }}";

    public static string Update(DiscountForm form) =>
        $"mutation Update($id: ID!, $input: {form.Type}Input!) {{ {form.Mutation("Update")}(id: $id, {form.Argument}: $input) {{ {form.Node} {{ id }} userErrors {{ code field message }} }} }}";

    public static string TakeOff(DiscountForm form) => $"mutation TakeOff($id: ID!) {{ {form.Deactivation}(id: $id) {{ {form.Node} {{ id }} userErrors {{ code field message }} }} }}";
}

/// <summary>One of Shopify's kinds of discount that the tower grants.</summary>
internal sealed record DiscountForm(bool HasCode, bool IsBuySome)
{
    public static IReadOnlyList<DiscountForm> All { get; } = [new(false, false), new(false, true), new(true, false), new(true, true)];

    /// <summary>Such as <c>DiscountAutomaticBasic</c>.</summary>
    public string Type => $"{Family}{Shape}";

    public string Node => HasCode ? "codeDiscountNode" : "automaticDiscountNode";

    public string Argument => HasCode ? $"{(IsBuySome ? "bxgy" : "basic")}CodeDiscount" : $"automatic{Shape}Discount";

    public string Deactivation => $"d{Family[1..]}Deactivate";

    private string Family => HasCode ? "DiscountCode" : "DiscountAutomatic";

    private string Shape => IsBuySome ? "Bxgy" : "Basic";

    public string Mutation(string what) => $"d{Type[1..]}{what}";

    /// <summary>The name under which the mutations of this form know a discount, whatever name the list gave it.</summary>
    public string Gid(string id) => $"gid://shopify/{Family}Node/{id[(id.LastIndexOf('/') + 1)..]}";
}
