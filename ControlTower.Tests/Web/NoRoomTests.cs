using System.Diagnostics;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using ControlTower.Data.Canonical;
using ControlTower.Data.Db.Embedded;
using ControlTower.Sync.Connections;
using ControlTower.Sync.Connectors;
using ControlTower.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Xunit;

namespace ControlTower.Tests.Web;

/// <summary>The database is there and takes nothing: it only reads, has no session left, or its disk is full. The door says "later", the node is not ready, and both come back by themselves.</summary>
public sealed class NoRoomTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Promise(29)]
    [Theory]
    [InlineData("alter database {0} set default_transaction_read_only = on", "alter database {0} reset default_transaction_read_only")]
    [InlineData("alter role limited connection limit 0", "alter role limited connection limit -1")]
    public async Task A_database_that_takes_no_writes_or_no_sessions_is_told_as_later_and_the_tower_is_back_by_itself(string trouble, string cure)
    {
        await using var database = await TestDatabase.CreateAsync(durable: true);
        await using var owner = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(database.ConnectionString) { Pooling = false, Options = "-c default_transaction_read_only=off" }.ConnectionString);
        var name = new NpgsqlConnectionStringBuilder(database.ConnectionString).Database!;
        // The server's own user is never refused a session.
        await ExecuteAsync(owner, "create role limited login password 'limited' in role tower");
        await using var tower = await OpenAsync(database, new NpgsqlConnectionStringBuilder(database.ConnectionString) { Username = "limited", Password = "limited" }.ConnectionString);
        await AssertWellAsync(tower, "before");

        await ExecuteAsync(owner, string.Format(System.Globalization.CultureInfo.InvariantCulture, trouble, name));
        await ExecuteAsync(owner, "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'limited'");
        await AssertNoRoomAsync(tower);
        await ExecuteAsync(owner, string.Format(System.Globalization.CultureInfo.InvariantCulture, cure, name));

        await AssertWellAsync(tower, "after");
    }

    [Promise(29)]
    [Fact]
    public async Task A_full_disk_is_told_as_later_loses_nothing_that_was_acknowledged_and_the_work_goes_on_when_there_is_room()
    {
        await using var disk = await SmallDisk.MountAsync(megabytes: 300);
        await using var database = await TestDatabase.CreateAsync(durable: true, folder: disk.Folder);
        await using var tower = await OpenAsync(database, database.ConnectionString);
        await AssertWellAsync(tower, "before");

        disk.Fill();
        await AssertNoRoomAsync(tower);
        Assert.Equal(1, await database.ScalarAsync<long>("select count(*) from inbox_message"));
        disk.Free();

        await AssertWellAsync(tower, "after");
    }

    [Promise(29)]
    [Fact]
    public async Task A_full_disk_under_the_log_ends_all_sessions_loses_nothing_that_was_acknowledged_and_all_is_back_when_there_is_room()
    {
        await using var disk = await SmallDisk.MountAsync(megabytes: 300);
        await using var database = await TestDatabase.CreateAsync(durable: true, folder: await WithItsLogOnAsync(disk));
        await using var tower = await OpenAsync(database, database.ConnectionString);
        await AssertWellAsync(tower, "before");

        disk.Fill();
        var (taken, refused) = (new List<string>(), 0);
        // What the log has begun is written to its end; then nothing more is taken.
        await InTimeAsync(async () =>
        {
            var order = $"meanwhile-{taken.Count + refused}";
            using var answer = await PushAsync(tower, order);
            Assert.True(answer.StatusCode == HttpStatusCode.Accepted || (answer.StatusCode == HttpStatusCode.ServiceUnavailable && answer.Headers.RetryAfter is not null), $"{answer.StatusCode}");
            if (answer.StatusCode == HttpStatusCode.Accepted)
                taken.Add(order);
            else
                refused++;
            return refused >= 5;
        });
        await UntilAsync(tower, HttpStatusCode.ServiceUnavailable);
        disk.Free();

        await AssertWellAsync(tower, "after");
        Assert.Equal(taken.Count, await database.ScalarAsync<long>($"select count(*) from inbox_message where event_id in ('{string.Join("','", taken.Append("none"))}')"));
    }

    [Fact]
    public async Task With_the_tables_of_the_jobs_wiped_orders_still_go_from_the_door_into_the_stock()
    {
        await using var database = await TestDatabase.CreateAsync();
        await using var tower = await OpenAsync(database, database.ConnectionString);
        await AssertWellAsync(tower, "before");

        await database.ExecuteAsync(
            """
            do $$ declare t regclass; begin
                for t in select c.oid::regclass from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname = 'hangfire' and c.relkind = 'r' and c.relname <> 'schema'
                loop execute format('truncate %s cascade', t); end loop;
            end $$
            """);

        await AssertWellAsync(tower, "after");
    }

    /// <summary>A folder with a server's files whose log lies on the disk.</summary>
    private static async Task<string> WithItsLogOnAsync(SmallDisk disk)
    {
        var folder = TestFolders.Create("log");
        string files;
        await using (var server = new EmbeddedPostgres(new EmbeddedPostgresOptions(folder, Durable: true), TimeProvider.System, NullLogger<EmbeddedPostgres>.Instance))
        {
            await server.StartAsync(Cancel);
            files = Path.Combine(server.Location, "cluster", "pg_wal");
        }

        await disk.TakeAsync(files);
        return folder;
    }

    private static async Task AssertNoRoomAsync(TestTower tower)
    {
        await UntilAsync(tower, HttpStatusCode.ServiceUnavailable);
        using var answer = await PushAsync(tower, "meanwhile");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        Assert.NotNull(answer.Headers.RetryAfter);
    }

    /// <summary>Ready, and an order goes from the door into the stock.</summary>
    private static async Task AssertWellAsync(TestTower tower, string order)
    {
        await UntilAsync(tower, HttpStatusCode.OK);
        await InTimeAsync(async () =>
        {
            using var answer = await PushAsync(tower, order);
            return answer.StatusCode == HttpStatusCode.Accepted;
        });
        await InTimeAsync(() => IsReservedAsync(tower, order));
    }

    private static async Task<bool> IsReservedAsync(TestTower tower, string order)
    {
        try
        {
            return await tower.Database.ScalarAsync<long>($"select count(*) from flow where source_id = '{order}' and stage <> 'new'") == 1;
        }
        catch (NpgsqlException)
        {
            return false; // A session of this pool that was ended.
        }
    }

    private static Task UntilAsync(TestTower tower, HttpStatusCode ready) => InTimeAsync(async () =>
    {
        using var client = tower.Client();
        using var answer = await client.GetAsync(new Uri("/health/ready", UriKind.Relative), Cancel);
        return answer.StatusCode == ready;
    });

    // Bytes that no compression makes small: a page that was half empty does not hold them.
    private static async Task<HttpResponseMessage> PushAsync(TestTower tower, string order)
    {
        var stated = EngineWorld.Order(order) with { Name = order };
        var noise = Convert.ToBase64String(RandomNumberGenerator.GetBytes(512 * 1024));
        var body = JsonSerializer.Serialize(stated, CanonicalJson.Default.Order)[..^1] + $",\"noise\":\"{noise}\"}}";
        using var client = tower.Client();
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri("/ingress/shop/order", UriKind.Relative)) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        request.Headers.Add("x-test-signature", "genuine");
        request.Headers.Add("x-test-id", order);
        request.Headers.Add("x-test-lane", $"order/{order}");
        return await client.SendAsync(request, Cancel);
    }

    private static async Task<TestTower> OpenAsync(TestDatabase database, string connectionString)
    {
        var tower = await TestTower.StartAsync(
            builder => builder.Services.AddSingleton(new ConnectorCatalog([new TestShop(), new TestErp()])), database, "Tower:Roles=both", $"Database:ConnectionString={connectionString}");
        await tower.Services.GetRequiredService<ConnectionSeeder>().ApplyAsync(
            new ConnectionSeed(
                [
                    new SeedConnection(EngineWorld.ErpId, "test-erp", "Test ERP", null, null, "EUR", "UTC", null, [], []),
                    new SeedConnection(EngineWorld.ShopId, "test-shop", "Test shop", "northlane", "EU", "EUR", "UTC", EngineWorld.ErpId, [], []),
                ],
                [new SeedLocation("WEB", "Web warehouse", "warehouse", null, null)],
                [new SeedStock("SKU-1", "WEB", 100)]),
            default);
        return tower;
    }

    private static async Task InTimeAsync(Func<Task<bool>> happened)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        limit.CancelAfter(TimeSpan.FromMinutes(2));
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(100), TimeProvider.System);
        while (!await happened())
            await timer.WaitForNextTickAsync(limit.Token);
    }

    private static async Task ExecuteAsync(NpgsqlDataSource data, string sql)
    {
        await using var command = data.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(Cancel);
    }

    /// <summary>A disk in memory that a test may fill. Skips where this user may not mount one.</summary>
    private sealed class SmallDisk : IAsyncDisposable
    {
        private readonly string root;

        private SmallDisk(string root) => this.root = root;

        public string Folder => Path.Combine(root, "pg");

        private string Filler => Path.Combine(root, "filler");

        public static async Task<SmallDisk> MountAsync(int megabytes)
        {
            var root = TestFolders.Create("disk");
            var mounted = Environment.IsPrivilegedProcess && await RunAsync("mount", "-t", "tmpfs", "-o", $"size={megabytes}m,mode=755", "tmpfs", root) == 0;
            if (!mounted)
                TestFolders.Remove(root);
            Assert.SkipUnless(mounted, "This user may not mount a disk in memory.");
            return new SmallDisk(root);
        }

        public void Fill()
        {
            using var file = File.Create(Filler);
            var part = new byte[64 * 1024];
            try
            {
                while (true)
                {
                    file.Write(part);
                    file.Flush();
                }
            }
            catch (IOException)
            {
                // Full.
            }
        }

        public void Free() => File.Delete(Filler);

        /// <summary>Moves a folder here, owner and all; a link stays in its place.</summary>
        public async Task TakeAsync(string folder)
        {
            var here = Path.Combine(root, Path.GetFileName(folder));
            Assert.Equal(0, await RunAsync("mv", folder, here));
            File.CreateSymbolicLink(folder, here);
        }

        public async ValueTask DisposeAsync()
        {
            await RunAsync("umount", "--lazy", root);
            TestFolders.Remove(root);
        }

        private static async Task<int> RunAsync(string program, params string[] words)
        {
            try
            {
                using var process = Process.Start(new ProcessStartInfo(program, words) { UseShellExecute = false, RedirectStandardError = true })!;
                await process.WaitForExitAsync(CancellationToken.None);
                return process.ExitCode;
            }
            catch (System.ComponentModel.Win32Exception)
            {
                return -1;
            }
        }
    }
}
