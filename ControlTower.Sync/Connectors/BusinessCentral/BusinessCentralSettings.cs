using System.Globalization;

namespace ControlTower.Sync.Connectors.BusinessCentral;

/// <summary>What a Business Central connection is told.</summary>
/// <param name="Root">Address of the API, ending in <c>/api/v2.0/</c>; made of <c>baseUrl</c>, tenant and environment unless <c>apiUrl</c> gives it whole.</param>
/// <param name="Company">Address of the company below it, ending in a slash.</param>
/// <param name="SalesTaxAccount">Where tax that the shop computed on top of its prices is booked as a line of its own; null if the ERP computes it itself.</param>
/// <param name="ShippingAccount">Number of the account, item or charge that shipping is booked to; null if the shops never charge it.</param>
/// <param name="PaymentJournal">Code of a payment journal that nobody else uses: foreign lines in it are removed before a payment is posted.</param>
/// <param name="Journal">Code of a general journal that nobody else uses: foreign lines in it are removed before an entry is posted.</param>
/// <param name="Accounts">Accounts of the ledger by what they are for, see <see cref="LedgerAccounts"/>.</param>
/// <param name="ShipmentsFromInvoices">For tenants whose user may not read posted shipments: an invoice then says that the goods left.</param>
internal sealed record BusinessCentralSettings(
    Uri Root, Guid CompanyId, Uri Company, Uri TokenAddress, string ClientId, bool CustomerPerBuyer,
    string ShippingLineType, string? ShippingAccount, string? SalesTaxAccount, LocationUse Locations, string PaymentJournal, string Journal, IReadOnlyDictionary<string, string> Accounts, bool ShipmentsFromInvoices, int Concurrency)
{
    public const string Scope = "https://api.businesscentral.dynamics.com/.default";

    public static BusinessCentralSettings Of(ConnectionProfile profile)
    {
        var settings = profile.Settings;
        var tenant = Uri.EscapeDataString(profile.Setting("tenantId"));
        var address = settings.GetValueOrDefault("baseUrl") is { Length: > 0 } given ? given.TrimEnd('/') : "https://api.businesscentral.dynamics.com";
        var root = new Uri(settings.GetValueOrDefault("apiUrl") is { Length: > 0 } whole
            ? $"{whole.TrimEnd('/')}/"
            : $"{address}/v2.0/{tenant}/{Uri.EscapeDataString(profile.Setting("environment"))}/api/v2.0/");
        var company = Guid.Parse(profile.Setting("companyId"), CultureInfo.InvariantCulture);
        return new BusinessCentralSettings(
            root,
            company,
            new Uri(root, $"companies({company:D})/"),
            new Uri(settings.GetValueOrDefault("tokenUrl") is { Length: > 0 } url ? url : $"https://login.microsoftonline.com/{tenant}/oauth2/v2.0/token"),
            profile.Setting("clientId"),
            settings.GetValueOrDefault("customerMode") == "perBuyer",
            settings.GetValueOrDefault("shippingLineType") is { Length: > 0 } type ? type : "Account",
            settings.GetValueOrDefault("shippingAccount"),
            settings.GetValueOrDefault("salesTaxAccount"),
            settings.GetValueOrDefault("locations") switch { "required" => LocationUse.Required, "ignore" => LocationUse.Ignore, _ => LocationUse.Match },
            settings.GetValueOrDefault("paymentJournal") is { Length: > 0 } journal ? journal : "TOWER",
            settings.GetValueOrDefault("journal") is { Length: > 0 } general ? general : "TOWER",
            LedgerAccounts.Of(profile),
            InvoicesTellShipments(profile),
            int.TryParse(settings.GetValueOrDefault("concurrency"), CultureInfo.InvariantCulture, out var n) && n > 0 ? n : 5);
    }

    public static bool InvoicesTellShipments(ConnectionProfile profile) => profile.Settings.GetValueOrDefault("shipmentsFrom") == "invoices";

    public static IReadOnlyList<SettingProblem> Problems(ConnectionProfile profile) => new SettingsCheck(profile)
        .Address("baseUrl", required: false)
        .Address("tokenUrl", required: false)
        .Address("apiUrl", required: false)
        .Text("tenantId")
        .Text("environment")
        .Text("companyId", rule: text => Guid.TryParse(text, CultureInfo.InvariantCulture, out var id) && id != Guid.Empty ? null : "Enter the company's id, a GUID.")
        .Text("clientId")
        .OneOf("customerMode", "collective", "perBuyer")
        .Text("customerNumber", required: false, longest: 60)
        .OneOf("shippingLineType", "Account", "Item", "Charge")
        .Text("shippingAccount", required: false, longest: 20)
        .OneOf("locations", "match", "required", "ignore")
        .Text("salesTaxAccount", required: false, longest: 20)
        .Text("paymentJournal", required: false, longest: 10)
        .Text("journal", required: false, longest: 10)
        .Accounts(profile, longest: 20)
        .OneOf("shipmentsFrom", "shipments", "invoices")
        .Number("concurrency", 1, 100)
        .Secret("clientSecret", shortest: 8)
        .Secret("webhookSecret", shortest: 24)
        .Currency()
        .Problems;
}

internal enum LocationUse
{
    /// <summary>Named on the line where the ERP has a location of that code.</summary>
    Match,

    /// <summary>A location that the ERP does not have is a refusal.</summary>
    Required,

    Ignore,
}
