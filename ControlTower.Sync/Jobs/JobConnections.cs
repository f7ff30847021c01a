using ControlTower.Data.Db;
using Hangfire.PostgreSql;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace ControlTower.Sync.Jobs;

/// <summary>A pool of Hangfire's own, so that its many small queries never take a connection from the pumps. Opened at first use: the database may start after the host is built.</summary>
internal sealed class JobConnections(IServiceProvider services) : IConnectionFactory, IAsyncDisposable
{
    private readonly Lazy<NpgsqlDataSource> pool = new(() => NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(services.GetRequiredService<TowerDataSources>().ConnectionString)
    {
        ApplicationName = "controltower jobs",
        MaxPoolSize = 12,
        Timeout = 5,
        CommandTimeout = 15,
        Enlist = false,
        NoResetOnClose = true, // As for our own pools: neither Hangfire nor we leave state in a session.
    }));

    public NpgsqlConnection GetOrCreateConnection() => pool.Value.CreateConnection();

    public ValueTask DisposeAsync() => pool.IsValueCreated ? pool.Value.DisposeAsync() : ValueTask.CompletedTask;
}
