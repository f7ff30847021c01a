using System.Globalization;
using ControlTower.Data.Audit;
using ControlTower.Data.Catalog;
using ControlTower.Data.Db;
using ControlTower.Data.Live;
using ControlTower.Sync.Connections;
using ControlTower.Sync.Connectors;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace ControlTower.Sync.Catalog;

/// <summary>What people do about differences of the catalogue. Each act is one transaction with its audit entry, acts on what its person saw, and changes nothing when it is repeated.</summary>
public sealed partial class CatalogDesk(TowerDataSources data, CatalogQueries queries, ConnectionDirectory connections, AuditLog audit, ChangeNotifier changes, ILogger<CatalogDesk> log)
{
    public const string PublishPermission = "inventory:catalogue:publish";
    public const string LinkPermission = "inventory:catalogue:link";
    public const string IgnorePermission = "inventory:catalogue:ignore";

    /// <summary>Most differences of one act.</summary>
    public const int Most = 1_000;

    public const int LongestReason = 500;

    /// <summary>Whether the tower can set this difference right at its channel.</summary>
    public bool CanPublish(Difference difference)
    {
        var parts = connections.Get(difference.ConnectionId)?.Connector?.Listings ?? ListingParts.None;
        return difference.Kind switch
        {
            DifferenceKind.Price => parts.HasFlag(ListingParts.Price) && difference.Target is not null,
            DifferenceKind.Barcode => parts.HasFlag(ListingParts.Barcode),
            DifferenceKind.NoBarcode => parts.HasFlag(ListingParts.Barcode) && difference.There?.Barcode is not null,
            DifferenceKind.Inactive => parts.HasFlag(ListingParts.Active),
            _ => false,
        };
    }

    /// <summary>Freezes what publishing this filter would set right, as it is now, at most <see cref="Most"/>. Changes nothing.</summary>
    public async Task<IReadOnlyList<Difference>> PreviewAsync(DifferenceFilter filter, CancellationToken cancel) =>
        [.. (await queries.ListAsync(filter with { After = null, Ignored = false }, Most, cancel)).Where(d => !d.Wanted && CanPublish(d))];

    /// <summary>Has the ERP's word put at the channels. What is another difference by now is left alone.</summary>
    /// <returns>How many will be set right.</returns>
    public Task<int> PublishAsync(IReadOnlyList<Difference> frozen, Actor actor, CancellationToken cancel)
    {
        var able = frozen.Where(CanPublish).ToList();
        return ActAsync(able, actor, PublishPermission, null, (connection, seen) => CatalogActs.PublishAsync(connection, seen, cancel), cancel);
    }

    /// <summary>Leaves differences out of the list until they change.</summary>
    /// <exception cref="ArgumentException">No reason, or one that is too long.</exception>
    public Task<int> IgnoreAsync(IReadOnlyList<Difference> frozen, string why, Actor actor, CancellationToken cancel)
    {
        var reason = Reason(why);
        return ActAsync(frozen, actor, IgnorePermission, reason, (connection, seen) => CatalogActs.IgnoreAsync(connection, seen, actor.Name, reason, cancel), cancel);
    }

    /// <summary>Brings differences back that were left out.</summary>
    public Task<int> HeedAsync(IReadOnlyList<Difference> frozen, Actor actor, CancellationToken cancel) =>
        ActAsync(frozen, actor, IgnorePermission, null, (connection, seen) => CatalogActs.IgnoreAsync(connection, seen, actor.Name, null, cancel), cancel);

    /// <summary>Says that an item of a channel is an item of its ERP, whatever their SKUs are.</summary>
    /// <returns>False if that is said already, or one of them is not there any more.</returns>
    /// <exception cref="ArgumentException">No reason, or one that is too long.</exception>
    public Task<bool> LinkAsync(string channel, string item, string erpItem, string why, Actor actor, CancellationToken cancel)
    {
        var reason = Reason(why);
        return MatchAsync(channel, actor, reason, [("item", item), ("erpItem", erpItem)], connection => CatalogActs.LinkAsync(connection, channel, item, erpItem, actor.Name, reason, cancel), cancel);
    }

    /// <summary>Takes back what was said of an item.</summary>
    /// <exception cref="ArgumentException">No reason, or one that is too long.</exception>
    public Task<bool> UnlinkAsync(string channel, string item, string why, Actor actor, CancellationToken cancel) =>
        MatchAsync(channel, actor, Reason(why), [("item", item), ("undone", "true")], connection => CatalogActs.UnlinkAsync(connection, channel, item, actor.Name, cancel), cancel);

    private async Task<bool> MatchAsync(string channel, Actor actor, string reason, (string Name, string Value)[] figures, Func<NpgsqlConnection, Task<bool>> act, CancellationToken cancel)
    {
        await using var connection = await data.Work.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        if (!await act(connection))
        {
            return false;
        }

        await audit.AppendAsync(connection, transaction, new AuditEntry(actor, LinkPermission, $"connection:{channel}", AuditOutcome.Done, reason, figures.ToDictionary(f => f.Name, f => f.Value, StringComparer.Ordinal)), cancel);
        await transaction.CommitAsync(cancel);
        changes.Announce(LiveTopics.Stock | LiveTopics.Connections);
        return true;
    }

    private async Task<int> ActAsync(
        IReadOnlyList<Difference> frozen, Actor actor, string permission, string? reason, Func<NpgsqlConnection, IReadOnlyList<SeenDifference>, Task<List<long>>> act, CancellationToken cancel)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(frozen.Count, Most);
        await using var connection = await data.Work.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        var done = (await act(connection, [.. frozen.OrderBy(d => d.Id).Select(d => new SeenDifference(d.Id, d.Mark))])).ToHashSet();
        if (done.Count > 0)
        {
            await audit.AppendAsync(connection, transaction, Entry(actor, permission, reason, [.. frozen.Where(d => done.Contains(d.Id))], frozen.Count), cancel);
        }

        await transaction.CommitAsync(cancel);
        Acted(log, permission, done.Count, frozen.Count);
        changes.Announce(LiveTopics.Stock | LiveTopics.Connections);
        return done.Count;
    }

    private static AuditEntry Entry(Actor actor, string permission, string? reason, IReadOnlyList<Difference> done, int frozen)
    {
        var channels = done.Select(d => d.ConnectionId).Distinct(StringComparer.Ordinal).ToList();
        return new AuditEntry(actor, permission, channels is [var one] ? $"connection:{one}" : "catalogue:differences", AuditOutcome.Done, reason, new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["differences"] = done.Count.ToString(CultureInfo.InvariantCulture), ["frozen"] = frozen.ToString(CultureInfo.InvariantCulture), ["channels"] = string.Join(", ", channels.Take(20)),
            ["first"] = string.Join("; ", done.Take(20).Select(d => $"{d.Sku} ({d.Kind}): {d.Mark}")),
        });
    }

    private static string Reason(string why)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(why);
        return why.Trim() is { Length: <= LongestReason } reason ? reason : throw new ArgumentException($"The reason has {why.Length} characters; at most {LongestReason} fit.", nameof(why));
    }

    [LoggerMessage(EventId = 2572, Level = LogLevel.Information, Message = "{Act}: {Count} of {Frozen} differences of the catalogue")]
    private static partial void Acted(ILogger log, string act, int count, int frozen);
}
