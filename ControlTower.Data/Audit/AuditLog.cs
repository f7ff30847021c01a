using ControlTower.Data.Db;
using Npgsql;
using NpgsqlTypes;

namespace ControlTower.Data.Audit;

/// <summary>
/// Appends to the audit chain. SQL by hand: the head row's lock and the order of the three statements are the guarantee.
/// An entry written in the caller's transaction stands or falls with what it tells of.
/// </summary>
public sealed class AuditLog(TowerDataSources sources, TimeProvider clock)
{
    /// <summary>
    /// Appends inside the caller's transaction and returns the sequence. Call it last before the commit: the head row stays locked until then,
    /// and every other writer waits. Do not retry it alone; retry the whole transaction.
    /// </summary>
    public async Task<long> AppendAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, AuditEntry entry, CancellationToken stop = default)
    {
        var (seq, previous) = await LockHeadAsync(connection, transaction, stop);
        var row = Seal(entry, seq + 1, previous);
        await InsertAsync(connection, transaction, row, stop);
        await using var head = new NpgsqlCommand("update audit_head set seq = $1, hash = $2", connection, transaction)
        {
            Parameters = { new() { Value = row.Seq }, new() { Value = row.Hash } },
        };
        await head.ExecuteNonQueryAsync(stop);
        return row.Seq;
    }

    /// <summary>Appends in a transaction of its own, for an act that has no write to share one with.</summary>
    public async Task<long> AppendAsync(AuditEntry entry, CancellationToken stop = default)
    {
        await using var connection = await sources.Work.OpenConnectionAsync(stop);
        await using var transaction = await connection.BeginTransactionAsync(stop);
        var seq = await AppendAsync(connection, transaction, entry, stop);
        await transaction.CommitAsync(stop);
        return seq;
    }

    private static async Task<(long Seq, byte[] Hash)> LockHeadAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, CancellationToken stop)
    {
        await using var command = new NpgsqlCommand("select seq, hash from audit_head for update", connection, transaction);
        await using var reader = await command.ExecuteReaderAsync(stop);
        if (!await reader.ReadAsync(stop))
            throw new InvalidOperationException("The audit chain has no head row. Restore it from the last anchor.");
        return (reader.GetInt64(0), reader.GetFieldValue<byte[]>(1));
    }

    private AuditRow Seal(AuditEntry entry, long seq, byte[] previous)
    {
        var now = clock.GetUtcNow();
        // PostgreSQL keeps microseconds; what is hashed must be what is stored.
        var at = new DateTimeOffset(now.UtcTicks - (now.UtcTicks % TimeSpan.TicksPerMicrosecond), TimeSpan.Zero);
        var row = new AuditRow(seq, at, entry.Actor, entry.Action, entry.Subject, Word(entry.Outcome), entry.Reason,
            AuditHash.Canonical(entry.Detail), previous, []);
        return row with { Hash = AuditHash.Of(row) };
    }

    private static string Word(AuditOutcome outcome) => outcome switch
    {
        AuditOutcome.Done => "done",
        AuditOutcome.Refused => "refused",
        _ => "failed",
    };

    private static async Task InsertAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, AuditRow row, CancellationToken stop)
    {
        await using var command = new NpgsqlCommand(
            """
            insert into audit (seq, at, actor_id, actor_name, actor_role, actor_address, action, subject, outcome, reason, detail, prev_hash, hash)
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
            """, connection, transaction)
        {
            Parameters =
            {
                new() { Value = row.Seq }, new() { Value = row.At }, Nullable(row.Actor.Id, NpgsqlDbType.Uuid), new() { Value = row.Actor.Name },
                new() { Value = row.Actor.Role }, Nullable(row.Actor.Address, NpgsqlDbType.Text), new() { Value = row.Action },
                new() { Value = row.Subject }, new() { Value = row.Outcome }, Nullable(row.Reason, NpgsqlDbType.Text),
                new() { Value = row.Detail }, new() { Value = row.PrevHash }, new() { Value = row.Hash },
            },
        };
        await command.ExecuteNonQueryAsync(stop);
    }

    private static NpgsqlParameter Nullable(object? value, NpgsqlDbType type) => new() { Value = value ?? DBNull.Value, NpgsqlDbType = type };
}
