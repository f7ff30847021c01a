using System.Net;
using System.Net.Sockets;
using System.Text;
using ControlTower.Data.Feeds;
using ControlTower.Sync.Feeds;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace ControlTower.Tests.Sync.Feeds;

/// <summary>Feeds to a server. The server is a double at the seam of the transport, for what a real one cannot be made to do; what the transport makes of something that is no server is tried, too.</summary>
public sealed class SftpDropTests : IAsyncLifetime
{
    private const string Whole = "in/daily/nightly-sales-2026-11-26.csv";

    private static readonly FeedPlace Place = new(FeedPlace.Sftp, "in/daily", "localhost", 2222, "tower", new string('A', 43));

    private readonly TestServer server = new();
    private FeedWorld world = null!;

    public async ValueTask InitializeAsync()
    {
        world = await FeedWorld.CreateAsync(configure: services => services.AddSingleton<ISftpWay>(server));
        await world.SaleAsync(10m);
    }

    public ValueTask DisposeAsync() => world.DisposeAsync();

    [Fact]
    public async Task A_file_arrives_whole_under_its_name_with_the_secret_that_was_entered()
    {
        var feed = await SendAsync();

        Assert.Equal(FeedRunState.Delivered, (await world.RunAsync(feed)).State);
        Assert.Equal([Whole], server.Files.Keys);
        Assert.Equal((await world.RunAsync(feed)).Sha256, Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(server.Files[Whole])));
        Assert.Equal(("open-sesame", Place.HostKey), (server.Opened!.Secret, server.Opened.HostKey));
        Assert.True(IPAddress.IsLoopback(server.Opened.Address));
    }

    [Fact]
    public async Task A_line_that_breaks_before_the_name_leaves_no_half_file_and_is_tried_again()
    {
        server.BreaksAtRename = true;
        var feed = await SendAsync();
        Assert.Equal(FeedRunState.Written, (await world.RunAsync(feed)).State);
        Assert.DoesNotContain(Whole, server.Files.Keys);

        server.BreaksAtRename = false;
        await world.AtAsync(FeedWorld.Noon.AddHours(17));
        await world.CarryOutAsync();
        Assert.Equal(FeedRunState.Delivered, (await world.RunAsync(feed)).State);
        Assert.Equal([Whole], server.Files.Keys);
    }

    [Fact]
    public async Task A_server_that_keeps_less_than_was_sent_has_not_got_it()
    {
        server.LosesTheEnd = true;
        var feed = await SendAsync();

        Assert.Equal(FeedRunState.Written, (await world.RunAsync(feed)).State);
        Assert.DoesNotContain(Whole, server.Files.Keys);
    }

    [Fact]
    public async Task Another_key_or_another_file_of_the_name_ends_it_at_once()
    {
        server.Files[Whole] = "somebody's own"u8.ToArray();
        var feed = await SendAsync();
        Assert.Equal(FeedRunState.Failed, (await world.RunAsync(feed)).State);
        Assert.Equal("somebody's own", Encoding.UTF8.GetString(server.Files[Whole]));

        server.Key = new string('B', 43);
        await world.Desk.AgainAsync((await world.RunAsync(feed)).Id, "Moved away.", FeedWorld.Ida, default);
        await world.CarryOutAsync();
        Assert.Contains("another key", (await world.RunAsync(feed)).Why, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_is_no_longer_named_and_one_in_a_private_network_are_not_called()
    {
        await world.FeedAsync(FeedWorld.Draft() with { Place = Place, Secret = "open-sesame" });
        await using var strict = await FeedWorld.CreateAsync(world, services => services.AddSingleton<ISftpWay>(server).Configure<FeedOptions>(options => options.AllowPrivateNetworks = false));
        await strict.NightAsync();
        Assert.Contains("private network", (await world.RunAsync(1)).Why, StringComparison.Ordinal);

        await using var narrowed = await FeedWorld.CreateAsync(world, services => services.AddSingleton<ISftpWay>(server).Configure<FeedOptions>(options => options.SftpHosts = []));
        await world.Desk.AgainAsync((await world.RunAsync(1)).Id, "Look again.", FeedWorld.Ida, default);
        await narrowed.CarryOutAsync();
        Assert.Contains("does not name", (await world.RunAsync(1)).Why, StringComparison.Ordinal);
        Assert.Null(server.Opened);
    }

    [Fact]
    public async Task What_is_no_server_of_SFTP_is_an_error_that_may_be_tried_again()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        var answer = Task.Run(async () =>
        {
            using var caller = await listener.AcceptTcpClientAsync();
            await caller.GetStream().WriteAsync("220 mail.example.test ready\r\n"u8.ToArray());
        });
        var way = new SshNetWay();

        await Assert.ThrowsAsync<IOException>(() => way.OpenAsync(new SftpServer(IPAddress.Loopback, port, "tower", "secret", Place.HostKey!), default));
        await answer;
        listener.Stop();
        await Assert.ThrowsAsync<IOException>(() => way.OpenAsync(new SftpServer(IPAddress.Loopback, port, "tower", "secret", Place.HostKey!), default));
        await Assert.ThrowsAsync<FeedRefusedException>(() => way.OpenAsync(new SftpServer(IPAddress.Loopback, port, "tower", "-----BEGIN NONSENSE-----", Place.HostKey!), default));
    }

    private async Task<long> SendAsync()
    {
        var feed = await world.FeedAsync(FeedWorld.Draft() with { Place = Place, Secret = "open-sesame" });
        await world.NightAsync();
        return feed;
    }

    private sealed class TestServer : ISftpWay, ISftpSession
    {
        private readonly HashSet<string> folders = [];

        public Dictionary<string, byte[]> Files { get; } = new(StringComparer.Ordinal);

        public SftpServer? Opened { get; private set; }

        public string Key { get; set; } = new('A', 43);

        public bool BreaksAtRename { get; set; }

        public bool LosesTheEnd { get; set; }

        public Task<ISftpSession> OpenAsync(SftpServer server, CancellationToken cancel)
        {
            Opened = server;
            return server.HostKey == Key ? Task.FromResult<ISftpSession>(this) : throw new FeedRefusedException("The server shows another key than the one that was pinned.");
        }

        public Task<SftpKey> KeyAsync(IPAddress address, int port, CancellationToken cancel) => Task.FromResult(new SftpKey("ssh-ed25519", Key));

        public Task<bool> ExistsAsync(string path, CancellationToken cancel) => Task.FromResult(folders.Contains(path) || Files.ContainsKey(path));

        public Task MakeFolderAsync(string path, CancellationToken cancel)
        {
            folders.Add(path);
            return Task.CompletedTask;
        }

        public Task<IReadOnlyList<string>> NamesAsync(string folder, CancellationToken cancel) => Task.FromResult<IReadOnlyList<string>>([.. Files.Keys.Where(k => k.StartsWith(folder, StringComparison.Ordinal)).Select(k => k[folder.Length..])]);

        public Task<byte[]> HashAsync(string path, CancellationToken cancel) => Task.FromResult(System.Security.Cryptography.SHA256.HashData(Files[path]));

        public async Task WriteAsync(string path, Func<Stream, CancellationToken, Task> write, CancellationToken cancel)
        {
            using var file = new MemoryStream();
            await write(file, cancel);
            Files[path] = LosesTheEnd ? file.ToArray()[..^1] : file.ToArray();
        }

        public Task RenameAsync(string from, string to, CancellationToken cancel)
        {
            if (BreaksAtRename)
            {
                throw new IOException("The line broke.");
            }

            Files.Add(to, Files[from]);
            Files.Remove(from);
            return Task.CompletedTask;
        }

        public Task DeleteAsync(string path, CancellationToken cancel)
        {
            Files.Remove(path);
            return Task.CompletedTask;
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
