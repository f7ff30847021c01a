using ControlTower.Data.Db;

namespace ControlTower.Tests.Support;

/// <summary>A database of one test's own, migrated, with the product's pools over it. Gone after disposal.</summary>
public sealed class TestDatabase : IAsyncDisposable
{
    private readonly TestPostgres postgres;
    private readonly bool ownsServer;

    private TestDatabase(TestPostgres postgres, string connectionString, bool ownsServer)
    {
        this.postgres = postgres;
        this.ownsServer = ownsServer;
        ConnectionString = connectionString;
        Sources = new TowerDataSources(connectionString);
    }

    public string ConnectionString { get; }

    public TowerDataSources Sources { get; }

    /// <summary>The server under this database. Kill it only if it was asked for with <c>durable: true</c>: else all tests share it.</summary>
    public TestPostgres Postgres => postgres;

    /// <param name="durable">A server of its own that survives kill -9 with every committed row; slower by seconds.</param>
    /// <param name="migrated">False gives an empty database.</param>
    /// <param name="folder">Of the durable server; null: a scratch folder.</param>
    public static async Task<TestDatabase> CreateAsync(bool durable = false, bool migrated = true, string? folder = null)
    {
        var postgres = durable ? await TestPostgres.StartAsync(durable: true, folder) : await TestPostgres.Shared;
        return new TestDatabase(postgres, await postgres.CreateDatabaseAsync(migrated), durable);
    }

    /// <summary>Runs statements as the owner of the schema, to set up or to break something.</summary>
    public async Task ExecuteAsync(string sql)
    {
        await using var command = Sources.Work.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    /// <returns>The first column of the first row.</returns>
    public async Task<T?> ScalarAsync<T>(string sql)
    {
        await using var command = Sources.Work.CreateCommand(sql);
        return await command.ExecuteScalarAsync() is T value ? value : default;
    }

    public async ValueTask DisposeAsync()
    {
        await Sources.DisposeAsync();
        if (ownsServer)
        {
            await postgres.DisposeAsync();
        }
        else
        {
            await postgres.DropDatabaseAsync(ConnectionString);
        }
    }
}
