using System.Runtime.CompilerServices;
using ControlTower.Data.Db;
using Npgsql;

namespace ControlTower.Data.Audit;

/// <summary>Reads the trail: newest first for screens, oldest first for the check.</summary>
public sealed class AuditReader(TowerDataSources sources)
{
    internal const string Columns = "seq, at, actor_id, actor_name, actor_role, actor_address, action, subject, outcome, reason, detail, prev_hash, hash";

    /// <summary>At most <paramref name="count"/> rows with a sequence below <paramref name="before"/> (null: from the newest).</summary>
    public async Task<IReadOnlyList<AuditRow>> LatestAsync(int count, long? before = null, CancellationToken stop = default)
    {
        await using var command = sources.Read.CreateCommand($"select {Columns} from audit where seq < $1 order by seq desc limit $2");
        command.Parameters.Add(new() { Value = before ?? long.MaxValue });
        command.Parameters.Add(new() { Value = Math.Clamp(count, 1, 500) });
        await using var reader = await command.ExecuteReaderAsync(stop);
        List<AuditRow> rows = [];
        while (await reader.ReadAsync(stop))
            rows.Add(Row(reader));
        return rows;
    }

    /// <summary>The whole chain in order, streamed, never held in memory.</summary>
    public async IAsyncEnumerable<AuditRow> ChainAsync([EnumeratorCancellation] CancellationToken stop = default)
    {
        await using var command = sources.Read.CreateCommand($"select {Columns} from audit order by seq");
        await using var reader = await command.ExecuteReaderAsync(stop);
        while (await reader.ReadAsync(stop))
            yield return Row(reader);
    }

    /// <summary>The newest place in the chain as its writers know it.</summary>
    public async Task<AuditAnchor> HeadAsync(CancellationToken stop = default)
    {
        await using var command = sources.Read.CreateCommand("select seq, hash from audit_head");
        await using var reader = await command.ExecuteReaderAsync(stop);
        return await reader.ReadAsync(stop)
            ? new AuditAnchor(reader.GetInt64(0), Convert.ToHexStringLower(reader.GetFieldValue<byte[]>(1)))
            : new AuditAnchor(-1, "");
    }

    /// <summary>The hash of one entry; null when it is not there.</summary>
    public async Task<string?> HashAsync(long seq, CancellationToken stop = default) =>
        await sources.Read.Command("select encode(hash, 'hex') from audit where seq = $1", Sql.Of(seq)).ScalarAsync<string>(stop);

    internal static AuditRow Row(NpgsqlDataReader reader) => new(
        reader.GetInt64(0), reader.GetFieldValue<DateTimeOffset>(1),
        new Actor(reader.IsDBNull(2) ? null : reader.GetGuid(2), reader.GetString(3), reader.GetString(4), reader.IsDBNull(5) ? null : reader.GetString(5)),
        reader.GetString(6), reader.GetString(7), reader.GetString(8), reader.IsDBNull(9) ? null : reader.GetString(9), reader.GetString(10),
        reader.GetFieldValue<byte[]>(11), reader.GetFieldValue<byte[]>(12));
}
