namespace ControlTower.Sync.Connectors.Stripe;

/// <param name="OrderKey">Member of a payment's metadata in which the shop notes its order.</param>
internal sealed record StripeSettings(Uri BaseUrl, string OrderKey)
{
    /// <summary>Pinned: a newer version may rename what is read here.</summary>
    public const string ApiVersion = "2026-10-28.endive";

    public const string Key = "secretKey";
    public const string Webhook = "webhookSecret";
    public const string PreviousWebhook = "previousWebhookSecret";
    public const string OrderMetadata = "orderMetadata";
    public const string UsualOrderKey = "order_id";

    private const string Production = "https://api.stripe.com";

    public static IReadOnlyList<SettingField> Fields { get; } =
    [
        new(Key, "Secret key", "Stripe Dashboard, Developers, API keys. A restricted key that may read balance, balance transactions, charges, disputes, payouts and webhook endpoints is enough.", FieldKind.Secret)
        {
            Required = true,
        },
        new(Webhook, "Signing secret of the webhook", "Dashboard, Developers, Webhooks: add an endpoint with the address below for all payout events, then copy its signing secret.", FieldKind.Secret)
        {
            Required = true,
        },
        new(OrderMetadata, "Order in the metadata", "Name of the metadata in which the shop notes its order. order_id if empty.") { Example = UsualOrderKey },
        new(PreviousWebhook, "Previous signing secret", "Only while the secret is being replaced: events signed with either are taken.", FieldKind.Secret) { Rare = true },
        new("baseUrl", "Address", "Only for a proxy of your own; api.stripe.com if empty.", FieldKind.Address) { Rare = true, Example = Production },
    ];

    public static StripeSettings Of(ConnectionProfile profile) => new(
        new Uri((profile.Settings.GetValueOrDefault("baseUrl") is { Length: > 0 } given ? given : Production).TrimEnd('/') + "/"),
        profile.Settings.GetValueOrDefault(OrderMetadata) is { Length: > 0 } key ? key : UsualOrderKey);

    public static IReadOnlyList<SettingProblem> Problems(ConnectionProfile profile) => new SettingsCheck(profile)
        .Address("baseUrl", required: false)
        .Text(OrderMetadata, required: false, longest: 40)
        .Secret(Key, shortest: 10)
        .Secret(Webhook, shortest: 16)
        .Secret(PreviousWebhook, required: false, shortest: 16)
        .Currency()
        .Problems;
}
