using System.Text.Json;
using System.Text.Json.Serialization;
using ControlTower.Data.Db;

namespace ControlTower.Data.Ownership;

/// <summary>How much there is, for the tabs of the room.</summary>
/// <param name="Blocked">Writes refused in the last seven days.</param>
/// <param name="Waiting">Writes that wait for a person.</param>
public sealed record OwnershipCounts(long Blocked, long Waiting);

/// <summary>What the screens of ownership and their export read. Reading again is always safe.</summary>
public sealed class OwnershipReads(TowerDataSources sources)
{
    /// <summary>As many changes as are listed at once.</summary>
    public const int MostChanges = 200;

    /// <summary>Changes with a smaller number, the newest first.</summary>
    public Task<List<OwnershipChange>> ChangesAsync(int before, CancellationToken cancel) => OwnershipStore.ListAsync(sources.Read, before, MostChanges, cancel);

    public Task<OwnershipChange?> FindAsync(int number, CancellationToken cancel) => OwnershipStore.FindAsync(sources.Read, number, cancel);

    /// <summary>All that were ever approved, in the order of their approval, those that were ended since too: what held at a moment of the past is found among them.</summary>
    /// <param name="listed">Changes that are known already.</param>
    public async Task<List<OwnershipChange>> LayersAsync(IReadOnlyList<OwnershipChange> listed, CancellationToken cancel) =>
    [
        .. (await OwnershipStore.LayersAsync(sources.Read, cancel)).Concat(listed.Where(c => c.State == OwnershipStates.Approved)).DistinctBy(c => c.Number).OrderBy(c => c.DecidedAt).ThenBy(c => c.Number),
    ];

    /// <summary>Writes by others than the owner, the newest first.</summary>
    /// <param name="before">The id of the last one seen; <see cref="long.MaxValue"/> at first.</param>
    public Task<List<OwnershipWrite>> WritesAsync(OwnershipWriteFilter filter, long before, int most, CancellationToken cancel) => OwnershipLog.ListAsync(sources.Read, filter, before, most, cancel);

    public Task<long> CountAsync(OwnershipWriteFilter filter, CancellationToken cancel) => OwnershipLog.CountAsync(sources.Read, filter, cancel);

    public Task<List<OwnershipHeat>> HeatAsync(DateTimeOffset since, CancellationToken cancel) => OwnershipLog.HeatAsync(sources.Read, since, null, cancel);

    public async Task<OwnershipCounts> CountsAsync(DateTimeOffset weekAgo, CancellationToken cancel) => new(
        await CountAsync(new OwnershipWriteFilter(Verdict: "blocked", Since: weekAgo), cancel), await CountAsync(new OwnershipWriteFilter(Waits: true), cancel));

    /// <summary>The ids of a whole list in its order.</summary>
    public Task<List<long>> KeysAsync(OwnershipWriteFilter filter, int most, CancellationToken cancel) =>
        sources.Read.Command($"select w.id from ownership_write w where {OwnershipLog.Where} order by w.id desc limit $9", [.. OwnershipLog.Values(filter), Sql.Of(most)]).ListAsync(r => r.GetInt64(0), cancel);

    /// <summary>The writes of these ids, in the same order; one that is gone is left out.</summary>
    public Task<List<OwnershipWrite>> RowsAsync(IReadOnlyList<long> ids, CancellationToken cancel) =>
        sources.Read.Command(
                $"select {OwnershipLog.Columns} from unnest($1::bigint[]) with ordinality k (id, n) join ownership_write w on w.id = k.id and w.verdict <> 'owned' order by k.n", Sql.Of(ids.ToArray()))
            .ListAsync(OwnershipLog.Read, cancel);

    public static string Write(OwnershipWriteFilter filter) => JsonSerializer.Serialize(filter, OwnershipFilterJson.Default.OwnershipWriteFilter);

    public static OwnershipWriteFilter Read(string filter) => JsonSerializer.Deserialize(filter, OwnershipFilterJson.Default.OwnershipWriteFilter)!;
}

[JsonSerializable(typeof(OwnershipWriteFilter))]
internal sealed partial class OwnershipFilterJson : JsonSerializerContext;
