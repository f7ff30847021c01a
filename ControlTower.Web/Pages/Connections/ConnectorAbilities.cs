using System.Globalization;
using ControlTower.Sync.Connectors;
using ControlTower.Web.Shared;

namespace ControlTower.Web.Pages.Connections;

/// <summary>Something that a connector can do or cannot.</summary>
/// <param name="Of">How far it can, in words; null: it cannot.</param>
public sealed record ConnectorAbility(string Name, string What, Func<IConnector, string?> Of);

/// <summary>What each connector can do, asked of the connectors themselves: a new ability of the code is a new word here without anybody writing it.</summary>
public static class ConnectorAbilities
{
    public static IReadOnlyList<ConnectorAbility> All { get; } =
    [
        new("Reads", "What is asked of it again and again, so that a lost push is found", Reads),
        new("Takes files", "Statements and reports that people hand in", connector => connector is StatementSource ? "statements" : null),
        new("Is told stock", "How many levels at once", connector => connector.StockBatch > 0 ? AtOnce(connector.StockBatch) : null),
        new("Is told items", "What of its items the tower sets", connector => connector.Listings == ListingParts.None ? null : $"{Words(connector.Listings)}, {AtOnce(connector.ListingBatch)}"),
        new("Shows promotions", "What of a promotion it can show", connector => connector.Prices(Blank(connector)) is var prices && prices == PriceAbilities.None ? null : Words(prices)),
        new("Books journals", "Payouts and differences of reconciliation", connector => connector.KeepsJournals ? "yes" : null),
        new("Secrets", "What it is entered with, sealed", connector => connector.Fields.Count(field => field.IsSecret) is var secrets and > 0 ? Say.Count(secrets) : null),
    ];

    /// <summary>A connection of this kind about which nothing was entered: what depends on settings shows as without them.</summary>
    private static ConnectionProfile Blank(IConnector connector) => new(
        "new", connector.Kind, "", "", null, null, "UTC", null, new Dictionary<string, string>(StringComparer.Ordinal), new Dictionary<string, string>(StringComparer.Ordinal));

    private static string? Reads(IConnector connector) => connector.Feeds(Blank(connector)) is { Count: > 0 } feeds
        ? string.Join(", ", feeds.Select(feed => $"{Split(feed.Feed.Split('/', ':')[^1])} every {Say.Age(feed.Every)}"))
        : null;

    private static string AtOnce(int most) => $"up to {most.ToString(CultureInfo.InvariantCulture)} at once";

    private static string Words<T>(T flags)
        where T : struct, Enum => string.Join(", ", flags.ToString().Split(", ").Select(Split));

    // CompareAt: compare at.
    private static string Split(string name) => string.Concat(name.Select((c, i) => c is '-' or '_' ? " " : i > 0 && char.IsUpper(c) && !char.IsUpper(name[i - 1]) ? $" {char.ToLowerInvariant(c)}" : i == 0 ? char.ToLowerInvariant(c).ToString() : c.ToString()));
}
