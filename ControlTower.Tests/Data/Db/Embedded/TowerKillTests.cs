using System.Diagnostics;
using System.Globalization;
using ControlTower.Data.Db;
using ControlTower.Tests.Support;
using Npgsql;
using Xunit;

namespace ControlTower.Tests.Data.Db.Embedded;

/// <summary>The embedded database seen from outside: the tower is a process, and it is killed.</summary>
public sealed class TowerKillTests : IAsyncDisposable
{
    private readonly string folder = TestFolders.Create("tower");

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private (string, string) Here => ("Database:DataDirectory", folder);

    public async ValueTask DisposeAsync()
    {
        await EndServerAsync();
        TestFolders.Remove(folder);
    }

    [Fact]
    public async Task After_kill_minus_9_the_next_start_ends_the_orphan_and_keeps_every_committed_row()
    {
        var (killed, _) = await TowerProcess.StartAsync(Cancel, Here);
        await using (killed)
        {
            await ExecuteAsync("create table kept as select n from generate_series(1, 1000) n");
            await killed.KillAsync();
        }

        var orphan = ServerId();
        Assert.True(Directory.Exists($"/proc/{orphan}"));

        var (next, _) = await TowerProcess.StartAsync(Cancel, Here);
        await using (next)
        {
            Assert.False(Directory.Exists($"/proc/{orphan}"));
            Assert.NotEqual(orphan, ServerId());
            Assert.Equal(1000L, await ExecuteAsync("select count(*) from kept"));
        }
    }

    [Fact]
    public async Task A_number_in_a_stale_pid_file_that_is_now_a_stranger_is_left_alone()
    {
        var (first, _) = await TowerProcess.StartAsync(Cancel, Here);
        await using (first)
        {
            Assert.Equal(0, await first.StopAsync(Cancel));
        }

        await File.WriteAllTextAsync(PidFile, Environment.ProcessId.ToString(CultureInfo.InvariantCulture) + "\n", Cancel);

        var (second, _) = await TowerProcess.StartAsync(Cancel, Here);
        await using (second)
        {
            Assert.NotEqual(Environment.ProcessId, ServerId());
            Assert.Equal(0, await second.StopAsync(Cancel));
        }
    }

    [Fact]
    public async Task A_second_tower_on_the_same_folder_says_one_sentence_and_ends_with_3()
    {
        var (first, address) = await TowerProcess.StartAsync(Cancel, Here);
        await using (first)
        {
            await using var second = TowerProcess.Launch(Here);

            Assert.Equal(StartupFailure.Database, await second.ExitCodeAsync(Cancel));
            Assert.StartsWith($"The data directory '{folder}' is in use by another ControlTower (process {first.Id}).", second.Errors, StringComparison.Ordinal);
            Assert.DoesNotContain("   at ", second.Errors + second.Output, StringComparison.Ordinal);
            using var client = new HttpClient();
            Assert.True((await client.GetAsync(new Uri(address, "/health/live"), Cancel)).IsSuccessStatusCode);
        }
    }

    [Fact]
    public async Task A_stop_by_SIGTERM_leaves_no_server_and_a_clean_cluster()
    {
        var (tower, _) = await TowerProcess.StartAsync(Cancel, Here);
        await using (tower)
        {
            var server = ServerId();

            Assert.Equal(0, await tower.StopAsync(Cancel));

            Assert.False(Directory.Exists($"/proc/{server}"));
            Assert.False(File.Exists(PidFile));
        }
    }

    [Theory]
    [InlineData("Database:ConnectionString", "Host=127.0.0.1;Port=1;Database=x;Username=x;Password=canary-19", 3, "No PostgreSQL answers at 127.0.0.1:1")]
    [InlineData("Database:Port", "7", 2, "- Database:Port is 7.")]
    public async Task A_start_that_cannot_work_says_why_and_nothing_else(string key, string value, int exitCode, string words)
    {
        await using var tower = TowerProcess.Launch((key, value));

        Assert.Equal(exitCode, await tower.ExitCodeAsync(Cancel));
        Assert.Contains(words, tower.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", tower.Errors + tower.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("canary-19", tower.Errors + tower.Output, StringComparison.Ordinal);
    }

    private string PidFile => Path.Combine(folder, "cluster", "postmaster.pid");

    private int ServerId() => int.Parse(File.ReadLines(PidFile).First(), CultureInfo.InvariantCulture);

    private async Task<object?> ExecuteAsync(string sql)
    {
        var connection = await File.ReadAllTextAsync(Path.Combine(folder, "connection"), Cancel);
        await using var source = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(connection) { Pooling = false });
        await using var command = source.CreateCommand(sql);
        return await command.ExecuteScalarAsync(Cancel);
    }

    // A tower that was killed leaves its server, which is this test's to end.
    private async Task EndServerAsync()
    {
        if (!File.Exists(PidFile) || !Directory.Exists($"/proc/{ServerId()}") || ServerId() == Environment.ProcessId)
        {
            return;
        }

        try
        {
            using var server = Process.GetProcessById(ServerId());
            server.Kill();
            await server.WaitForExitAsync(CancellationToken.None);
        }
        catch (ArgumentException)
        {
            // It ended by itself.
        }
    }
}
