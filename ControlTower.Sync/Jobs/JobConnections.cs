using ControlTower.Data.Db;
using Hangfire.PostgreSql;
using Npgsql;

namespace ControlTower.Sync.Jobs;

/// <summary>Gives Hangfire its pool.</summary>
internal sealed class JobConnections(TowerDataSources sources) : IConnectionFactory
{
    public NpgsqlConnection GetOrCreateConnection() => sources.Jobs.CreateConnection();
}
