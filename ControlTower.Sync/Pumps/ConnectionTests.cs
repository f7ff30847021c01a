using ControlTower.Data.Db;
using ControlTower.Sync.Gateway;
using Npgsql;
using NpgsqlTypes;

namespace ControlTower.Sync.Pumps;

/// <summary>Carries out the connection tests that people asked for, on the node that owns the gate, also while the connection is paused or its breaker is open.</summary>
internal static class ConnectionTests
{
    public static async Task RunAsync(NpgsqlDataSource data, Gateway.Gateway gateway, ConnectionGate gate, TimeProvider clock, CancellationToken cancel)
    {
        // A test that a dead node left running is simply run again: it only reads.
        var asked = await data.Command("update connection_test set state = 'running' where connection_id = $1 and state <> 'done' returning id", Sql.Of(gate.Id))
            .ListAsync(r => r.GetInt64(0), cancel);
        foreach (var id in asked)
        {
            var started = clock.GetTimestamp();
            var (outcome, message) = ConnectionTrial.Words((await gateway.TestAsync(gate, cancel, asked: true)).What);
            await data.Command(
                    "update connection_test set state = 'done', outcome = $2, message = left($3, 500), took_ms = $4, finished_at = now() where id = $1",
                    Sql.Of(id), Sql.Of(outcome), Sql.Of(message, NpgsqlDbType.Text), Sql.Of((int)clock.GetElapsedTime(started).TotalMilliseconds))
                .ExecuteAsync(cancel);
        }
    }
}
