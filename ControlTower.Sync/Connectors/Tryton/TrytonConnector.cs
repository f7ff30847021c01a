using System.Collections.Concurrent;
using System.Globalization;

namespace ControlTower.Sync.Connectors.Tryton;

/// <summary>
/// Tryton 6.0 over JSON-RPC. Settings: <c>baseUrl</c>, <c>database</c>, <c>user</c>; <c>partyMode</c> (<c>buyer</c> or <c>collective</c> with <c>party</c>, a party's code);
/// <c>warehouse</c> (a warehouse's code, for orders without a known location); <c>webShop</c>, <c>paymentTerm</c>, <c>paymentMethod</c> (names; else the first);
/// <c>taxNames</c> (<c>20=VAT 20%;5.5=VAT 5.5%</c> where several taxes share a rate); <c>roundingLine</c> and <c>forceAssign</c> (<c>true</c> or <c>false</c>).
/// Secret: <c>password</c>.
/// </summary>
public sealed class TrytonConnector : IConnector, IDisposable
{
    internal const string InvoicesFeed = "invoices";
    internal const string ShipmentsFeed = "shipments";

    private readonly ConcurrentDictionary<string, TrytonState> states = new(StringComparer.Ordinal);

    public string Kind => "tryton";

    public SystemRole Role => SystemRole.Erp;

    public int PriceBatch => TrytonListPrices.Batch;

    public PriceAbilities Prices(ConnectionProfile profile) => PriceAbilities.Everywhere;

    public string? NotPlanned => "The tower does not read which products Tryton lists, so a plan has no price there to start from.";

    /// <summary>Lines of a <c>sale.price_list</c> are formulas over the product's price and hold for quantities and categories: there is no price of one product to read, set and bring back.</summary>
    public string? NoPriceLists => "A price list of Tryton is a list of formulas, not of prices that could be set and brought back.";

    public IReadOnlyList<SettingField> Fields => TrytonFields.All;

    public IReadOnlyList<SettingProblem> Check(ConnectionProfile profile)
    {
        var check = new SettingsCheck(profile).Address("baseUrl").Text("database", longest: 63).Text("user").Secret("password").Currency()
            .OneOf("partyMode", "buyer", "collective")
            .Text("warehouse", required: false)
            .Text("webShop", required: false)
            .Text("paymentTerm", required: false)
            .Text("paymentMethod", required: false)
            .Text("taxNames", required: false, longest: 1000)
            .OneOf("roundingLine", "true", "false")
            .OneOf("forceAssign", "true", "false")
            .Number("concurrency", 1, 16)
            .Number("pollSeconds", 1, 3600);
        return (profile.Settings.GetValueOrDefault("partyMode") == "collective" ? check.Text("party") : check).Problems;
    }

    /// <summary>Tryton states no limits. One server process works on about one sale at a time, so little is gained by sending more at once.</summary>
    public VendorLimits Limits(ConnectionProfile profile) => new(Concurrency: (int)Number(profile, "concurrency", 2));

    /// <summary>Tryton 6.0 pushes nothing: whatever comes in its name is not from it.</summary>
    public Receipt Receive(RawRequest request, ConnectionProfile profile, DateTimeOffset now) => new Receipt.Forged("Tryton sends no webhooks.");

    public Translation Translate(StoredMessage message, ConnectionProfile profile) => TrytonTranslator.Translate(message);

    public IVendorClient Connect(ConnectionProfile profile, HttpClient http, TimeProvider clock)
    {
        // A changed address or user is another session; a changed password shows at the next sign-in.
        var key = $"{profile.Id}\n{profile.Setting("baseUrl")}\n{profile.Setting("database")}\n{profile.Setting("user")}";
        return new TrytonClient(profile, new TrytonRpc(profile, http, clock, states.GetOrAdd(key, _ => new TrytonState())));
    }

    public IReadOnlyList<FeedPlan> Feeds(ConnectionProfile profile)
    {
        var pace = TimeSpan.FromSeconds(Number(profile, "pollSeconds", 30));
        return [new FeedPlan(InvoicesFeed, pace, TimeSpan.FromMinutes(2)), new FeedPlan(ShipmentsFeed, pace, TimeSpan.FromMinutes(2)), LedgerFeeds.Plan(LedgerFeeds.Invoices)];
    }

    public void Dispose()
    {
        foreach (var state in states.Values)
        {
            state.Dispose();
        }
    }

    private static double Number(ConnectionProfile profile, string name, double otherwise)
        => profile.Settings.TryGetValue(name, out var text) && double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value) ? value : otherwise;
}
