using System.Net;
using System.Net.Sockets;
using ControlTower.Data.Db;
using ControlTower.Data.Db.Embedded;
using ControlTower.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Xunit;

namespace ControlTower.Tests.Data.Db.Embedded;

public sealed class EmbeddedPostgresTests : IDisposable
{
    private readonly string folder = TestFolders.Create("embedded");

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => TestFolders.Remove(folder);

    [Fact]
    public async Task What_was_written_is_there_after_a_stop_and_a_start()
    {
        var durable = new EmbeddedPostgresOptions(folder);
        await using (var first = await StartAsync(durable))
        {
            await ExecuteAsync(first, "create table note as select 7 as n");
        }

        await using var second = await StartAsync(durable);
        Assert.Equal(7, await ScalarAsync(second, "select n from note"));
    }

    [Fact]
    public async Task The_password_is_random_and_readable_by_its_owner_only()
    {
        await using var server = await StartAsync();

        var file = Path.Combine(folder, "password");
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        Assert.True((await File.ReadAllTextAsync(file, Cancel)).Length >= 32);
        var wrong = new NpgsqlConnectionStringBuilder(server.ConnectionString) { Password = "guess", Pooling = false }.ConnectionString;
        await using var connection = new NpgsqlConnection(wrong);
        var refusal = await Assert.ThrowsAsync<PostgresException>(() => connection.OpenAsync(Cancel));
        Assert.Equal(PostgresErrorCodes.InvalidPassword, refusal.SqlState);
    }

    [Fact]
    public async Task Only_a_socket_is_open_unless_a_port_is_asked_for()
    {
        await using var server = await StartAsync();

        Assert.Equal("", await ScalarAsync(server, "show listen_addresses"));
        Assert.StartsWith(folder, new NpgsqlConnectionStringBuilder(server.ConnectionString).Host, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_port_that_is_asked_for_is_open_on_loopback_only()
    {
        var port = UnusedPort();
        await using var server = await StartAsync(new EmbeddedPostgresOptions(folder, Port: port, Durable: false));

        Assert.Equal("127.0.0.1", await ScalarAsync(server, "show listen_addresses"));
        Assert.Contains($"Port={port}", server.ConnectionString, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_folder_too_deep_for_a_socket_gets_a_port_and_keeps_it()
    {
        var deep = new EmbeddedPostgresOptions(Path.Combine(folder, new string('d', 90)), Durable: false);
        int port;
        await using (var first = await StartAsync(deep))
        {
            port = new NpgsqlConnectionStringBuilder(first.ConnectionString).Port;
        }

        await using var second = await StartAsync(deep);
        Assert.Equal(port, new NpgsqlConnectionStringBuilder(second.ConnectionString).Port);
        Assert.Equal("127.0.0.1", await ScalarAsync(second, "show listen_addresses"));
    }

    [Fact]
    public async Task A_second_owner_of_the_folder_is_refused_and_told_who_has_it()
    {
        await using var first = await StartAsync();
        await using var second = New(new EmbeddedPostgresOptions(folder));

        var refusal = await Assert.ThrowsAsync<StartupFailure>(() => second.StartAsync(Cancel));

        Assert.Equal(StartupFailure.Database, refusal.ExitCode);
        Assert.Contains($"in use by another ControlTower (process {Environment.ProcessId})", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(1, await ScalarAsync(first, "select 1"));
    }

    [Fact]
    public async Task A_creation_that_was_cut_off_is_begun_again()
    {
        Directory.CreateDirectory(Path.Combine(folder, "cluster.new", "base"));
        Directory.CreateDirectory(Path.Combine(folder, "cluster"));

        await using var server = await StartAsync();

        Assert.Equal(1, await ScalarAsync(server, "select 1"));
    }

    [Fact]
    public async Task A_cluster_of_another_version_is_told_apart()
    {
        Directory.CreateDirectory(Path.Combine(folder, "cluster"));
        await File.WriteAllTextAsync(Path.Combine(folder, "cluster", "PG_VERSION"), "9\n", Cancel);
        await using var server = New(new EmbeddedPostgresOptions(folder));

        var refusal = await Assert.ThrowsAsync<StartupFailure>(() => server.StartAsync(Cancel));

        Assert.Contains("version 9, which made this cluster", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_missing_password_is_not_replaced_behind_the_clusters_back()
    {
        await using (await StartAsync())
        {
            File.Delete(Path.Combine(folder, "password"));
        }

        await using var server = New(new EmbeddedPostgresOptions(folder));
        var refusal = await Assert.ThrowsAsync<StartupFailure>(() => server.StartAsync(Cancel));

        Assert.Contains("password of the embedded PostgreSQL is missing", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_server_binaries_the_message_says_where_to_get_them()
    {
        await using var server = New(new EmbeddedPostgresOptions(folder, BinDirectory: folder));

        var refusal = await Assert.ThrowsAsync<StartupFailure>(() => server.StartAsync(Cancel));

        Assert.Contains(folder, refusal.Message, StringComparison.Ordinal);
        Assert.Contains("apt-get install postgresql", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_folder_closed_to_the_servers_account_still_works_and_deleting_it_begins_anew()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Only root hands the server to another user.");
        var closed = Path.Combine(folder, "closed");
        Directory.CreateDirectory(closed, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var options = new EmbeddedPostgresOptions(Path.Combine(closed, "postgres"), Durable: false);
        var places = new HashSet<string>(StringComparer.Ordinal);
        try
        {
            for (var round = 0; round < 2; round++)
            {
                await using (var server = await StartAsync(options))
                {
                    places.Add(server.Location);
                    await ExecuteAsync(server, "create table mark ()");
                }

                Directory.Delete(options.Directory, recursive: true);
            }

            Assert.Equal(2, places.Count);
            Assert.DoesNotContain(places, p => p.StartsWith(closed, StringComparison.Ordinal));
        }
        finally
        {
            foreach (var place in places)
            {
                TestFolders.Remove(place);
            }
        }
    }

    [Fact]
    public async Task A_way_that_was_closed_later_is_named_instead_of_beginning_anew()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Only root hands the server to another user.");
        var options = new EmbeddedPostgresOptions(Path.Combine(folder, "door", "postgres"), Durable: false);
        await (await StartAsync(options)).DisposeAsync();
        var door = Path.Combine(folder, "door");
        File.SetUnixFileMode(door, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        await using var server = New(options);

        var refusal = await Assert.ThrowsAsync<StartupFailure>(() => server.StartAsync(Cancel));

        Assert.Contains($"chmod o+x '{door}'", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task After_disposal_no_server_is_left()
    {
        var server = await StartAsync();
        var process = server.ProcessId;

        await server.DisposeAsync();

        Assert.False(Directory.Exists($"/proc/{process}"));
        Assert.False(File.Exists(Path.Combine(folder, "cluster", "postmaster.pid")));
    }

    private Task<EmbeddedPostgres> StartAsync() => StartAsync(new EmbeddedPostgresOptions(folder, Durable: false));

    private static async Task<EmbeddedPostgres> StartAsync(EmbeddedPostgresOptions options)
    {
        var server = New(options);
        await server.StartAsync(Cancel);
        return server;
    }

    private static EmbeddedPostgres New(EmbeddedPostgresOptions options) => new(options, TimeProvider.System, NullLogger<EmbeddedPostgres>.Instance);

    private static async Task ExecuteAsync(EmbeddedPostgres server, string sql) => await ScalarAsync(server, sql);

    private static async Task<object?> ScalarAsync(EmbeddedPostgres server, string sql)
    {
        await using var source = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(server.ConnectionString) { Pooling = false });
        await using var command = source.CreateCommand(sql);
        return await command.ExecuteScalarAsync(Cancel);
    }

    private static int UnusedPort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
