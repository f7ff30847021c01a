using System.Collections.Frozen;
using ControlTower.Data.Canonical;

namespace ControlTower.Sync.Connectors;

/// <summary>
/// The port of a vendor. A connector is stateless and shared by all its connections; everything that differs per connection is in the
/// <see cref="ConnectionProfile"/>. Connectors see Canonical and their own folder, nothing else.
/// </summary>
public interface IConnector
{
    /// <summary>Stable name, as in the database: <c>shopify</c>, <c>business-central</c>, <c>vendure</c>, <c>tryton</c>, <c>square</c>.</summary>
    string Kind { get; }

    SystemRole Role { get; }

    /// <summary>What a person enters to set up a connection, in the order of the form. Every field that <see cref="Check"/> can complain about is among them.</summary>
    IReadOnlyList<SettingField> Fields => [];

    /// <summary>Most cells of stock in one <see cref="ChangeStock"/>; 0: this vendor is not told its stock.</summary>
    int StockBatch => 0;

    /// <summary>What of its items can be changed here; none: this vendor is not told prices.</summary>
    ListingParts Listings => ListingParts.None;

    /// <summary>Most items of one <see cref="ChangeListings"/>.</summary>
    int ListingBatch => 0;

    /// <summary>What of a promotion this connection can show.</summary>
    PriceAbilities Prices(ConnectionProfile profile) => PriceAbilities.None;

    /// <summary>Why no promotion can be planned for this vendor although it can be told prices, as a sentence; null: it can.</summary>
    string? NotPlanned => null;

    /// <summary>Why promotions cannot set price lists of this vendor, as a sentence; null: they can, where <see cref="Prices"/> says so.</summary>
    string? NoPriceLists => null;

    /// <summary>Most spots of one <see cref="SetPrices"/>.</summary>
    int PriceBatch => 0;

    /// <summary>Most items of one reduction at the checkout; null: no limit is known.</summary>
    int? DiscountItems => null;

    /// <summary>Everything wrong with the settings and secrets of a connection, each entry naming the field and what to do. Empty if usable.</summary>
    IReadOnlyList<SettingProblem> Check(ConnectionProfile profile);

    /// <summary>The vendor's limits for this connection, before the budget of the tower is taken off.</summary>
    VendorLimits Limits(ConnectionProfile profile);

    /// <summary>Verifies a pushed request over its raw bytes and reads dedupe key and lane. Never parses more than it needs; never throws on hostile bytes.</summary>
    Receipt Receive(RawRequest request, ConnectionProfile profile, DateTimeOffset now);

    /// <summary>Pure: stored bytes in, canonical events out. Never throws on hostile bytes: unreadable is an answer.</summary>
    Translation Translate(StoredMessage message, ConnectionProfile profile);

    /// <summary>
    /// Topics of older messages that a reading of this topic makes needless in its lane, itself among them; none for any other topic. Such a reading states all there is of one thing, as it was when
    /// the tower read it. Never covered, and never covering, is what adds to what was: a refund, a shipment, an invoice, a movement of stock. What is pushed covers nothing: it may come late.
    /// </summary>
    IReadOnlySet<string> CoveredBy(string topic) => FrozenSet<string>.Empty;

    /// <summary>What the vendor can be asked to do. <paramref name="http"/> is already governed: each request waits for its budget and is recorded.</summary>
    IVendorClient Connect(ConnectionProfile profile, HttpClient http, TimeProvider clock);

    /// <summary>Whether its ERP takes <see cref="PostJournal"/>.</summary>
    bool KeepsJournals => false;

    /// <summary>Feeds to poll, with the pace that reconciles what pushes may lose. Of a connection about which nothing was entered, those without special settings: never throws for a setting that is missing.</summary>
    IReadOnlyList<FeedPlan> Feeds(ConnectionProfile profile);
}

/// <summary><see cref="Processor"/>: takes payments and pays out. <see cref="Bank"/>: an account whose statements are read.</summary>
public enum SystemRole { Shop, Erp, Processor, Bank }

public static class SystemRoles
{
    /// <summary>As the database has it.</summary>
    public static string Word(this SystemRole role) => role switch { SystemRole.Erp => "erp", SystemRole.Processor => "processor", SystemRole.Bank => "bank", _ => "shop" };
}

public sealed record SettingProblem(string Field, string Message);

/// <param name="Settings">Plain settings by name, such as <c>baseUrl</c>.</param>
/// <param name="Secrets">Secrets by name. Never logged, never shown.</param>
/// <param name="PostsTo">For a shop: the ERP connection that keeps its books.</param>
public sealed record ConnectionProfile(
    string Id, string Kind, string Name, string Brand, string? Region, string? Currency, string TimeZone, string? PostsTo,
    IReadOnlyDictionary<string, string> Settings, IReadOnlyDictionary<string, string> Secrets)
{
    public string Setting(string name) => Settings.TryGetValue(name, out var value) ? value : throw new KeyNotFoundException($"Connection {Id} lacks the setting '{name}'.");

    public string Secret(string name) => Secrets.TryGetValue(name, out var value) ? value : throw new KeyNotFoundException($"Connection {Id} lacks the secret '{name}'.");

    /// <summary>Longest time the target may still commit a call after we stopped waiting. Only after it does "absent" mean absent.</summary>
    public TimeSpan MaxProcessing => TimeSpan.FromSeconds(
        Settings.TryGetValue("maxProcessingSeconds", out var text) && double.TryParse(text, System.Globalization.CultureInfo.InvariantCulture, out var seconds) ? seconds : 600);

    public override string ToString() => Id;
}

/// <summary>Limits as vendors state them; null where the vendor states none.</summary>
/// <param name="RequestsPerWindow">Requests in <paramref name="Window"/>.</param>
/// <param name="PointsPerSecond">Restore rate of a cost bucket (Shopify).</param>
/// <param name="PointsCapacity">Size of the cost bucket.</param>
public sealed record VendorLimits(int Concurrency, int? RequestsPerWindow = null, TimeSpan? Window = null, double? PointsPerSecond = null, double? PointsCapacity = null);

/// <param name="Every">Pace while pushes arrive; the pump polls at once after a restart or an outage.</param>
/// <param name="Overlap">How far back each read reaches behind the last cursor, against late commits.</param>
public sealed record FeedPlan(string Feed, TimeSpan Every, TimeSpan Overlap);
