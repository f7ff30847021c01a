using ControlTower.Data.Db;
using Hangfire.PostgreSql;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace ControlTower.Sync.Jobs;

/// <summary>Gives Hangfire its pool. Looked for at first use: the database may start after the host is built.</summary>
internal sealed class JobConnections(IServiceProvider services) : IConnectionFactory
{
    public NpgsqlConnection GetOrCreateConnection() => services.GetRequiredService<TowerDataSources>().Jobs.CreateConnection();
}
