using ControlTower.Data.Db;
using ControlTower.Tests.Support;

namespace ControlTower.Tests.Simulation;

/// <summary>
/// A real database whose <c>now()</c> the test sets: a function of that name stands before PostgreSQL's own on the search path, so the product's statements run unchanged on the
/// test's clock.
/// </summary>
internal sealed class MirrorDatabase : IAsyncDisposable
{
    public static readonly DateTimeOffset Start = new(2026, 3, 1, 10, 0, 0, TimeSpan.Zero);

    private readonly TestDatabase database;

    private MirrorDatabase(TestDatabase database, TowerDataSources sources) => (this.database, Sources) = (database, sources);

    public TowerDataSources Sources { get; }

    public DateTimeOffset Now { get; private set; } = Start;

    public static async Task<MirrorDatabase> CreateAsync()
    {
        var database = await TestDatabase.CreateAsync();
        await database.ExecuteAsync(
            """
            create table test_clock (at timestamptz not null);
            create function public.now() returns timestamptz language sql stable as 'select at from public.test_clock';
            do $$ begin execute format('alter database %I set search_path = public, pg_catalog', current_database()); end $$;
            alter table delivery alter column due_at set default public.now(), alter column created_at set default public.now();
            alter table inbox_work alter column due_at set default public.now();
            alter table inbox_message alter column received_at set default public.now();
            insert into test_clock values (pg_catalog.now());
            insert into connection (id, kind, role, name) values ('erp', 'test', 'erp', 'ERP'), ('shop-eu', 'test', 'shop', 'Shop');
            """);
        var mirror = new MirrorDatabase(database, new TowerDataSources(database.ConnectionString));
        await mirror.ClearAsync();
        return mirror;
    }

    /// <summary>All rows gone, numbers from 1 again, three flows with a document each.</summary>
    public async Task ClearAsync()
    {
        await ExecuteAsync(
            """
            truncate delivery, posting, deadline, inbox_work, inbox_outcome, inbox_message, order_document, connection_gate, flow, exception_case restart identity cascade;
            insert into connection_gate (connection_id) values ('erp'), ('shop-eu');
            insert into flow (kind, source, source_id, brand, erp) select 'order-to-cash', 'shop-eu', n::text, 'brand', 'erp' from generate_series(1, 3) n;
            insert into order_document (flow_id, version, body) select id, 1, '{}' from flow;
            """);
        await SetAsync(Start);
    }

    public async Task SetAsync(DateTimeOffset now)
    {
        Now = now;
        await ExecuteAsync($"update test_clock set at = '{now:O}'");
    }

    /// <summary>The first column of each row.</summary>
    public async Task<List<string>> RowsAsync(string sql)
    {
        await using var command = Sources.Work.CreateCommand(sql);
        await using var reader = await command.ExecuteReaderAsync();
        List<string> rows = [];
        while (await reader.ReadAsync())
        {
            rows.Add(reader.GetString(0));
        }

        return rows;
    }

    /// <summary>Runs statements of the product inside a transaction of their own.</summary>
    public async Task<T> InTransactionAsync<T>(Func<Npgsql.NpgsqlConnection, Task<T>> work)
    {
        await using var connection = await Sources.Work.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        var result = await work(connection);
        await transaction.CommitAsync();
        return result;
    }

    public Task InTransactionAsync(Func<Npgsql.NpgsqlConnection, Task> work) => InTransactionAsync(async connection =>
    {
        await work(connection);
        return true;
    });

    public async ValueTask DisposeAsync()
    {
        await Sources.DisposeAsync();
        await database.DisposeAsync();
    }

    private async Task ExecuteAsync(string sql)
    {
        await using var command = Sources.Work.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }
}
