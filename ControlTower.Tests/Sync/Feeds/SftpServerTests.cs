using System.Net;
using System.Security.Cryptography;
using System.Text;
using ControlTower.Data.Feeds;
using ControlTower.Sync.Feeds;
using ControlTower.Sync.Reconciliation;
using ControlTower.Tests.Chaos.Wire;
using ControlTower.Tests.Support;
using Microsoft.Extensions.Options;
using Xunit;

namespace ControlTower.Tests.Sync.Feeds;

/// <summary>Feeds to a real server of SFTP: what arrives, and what is refused, is what its disk has afterwards.</summary>
public sealed class SftpServerTests : IAsyncLifetime
{
    private const string File = "nightly-sales-2026-11-26.csv";
    private const string Whole = "in/daily/" + File;

    private static readonly byte[] Content = Encoding.UTF8.GetBytes(string.Join("\r\n", Enumerable.Range(0, 60_000).Select(i => $"Utrecht;{i};119.00")));

    private SshNode node = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => node = await SshNode.StartAsync();

    public ValueTask DisposeAsync() => node is null ? ValueTask.CompletedTask : node.DisposeAsync();

    [Fact]
    public async Task A_business_day_arrives_whole_under_its_name_once_however_often_it_is_delivered()
    {
        await using var world = await FeedWorld.CreateAsync();
        await world.SaleAsync(10m);
        var feed = await world.FeedAsync(FeedWorld.Draft() with { Place = Place(), Secret = node.Secret });
        await world.NightAsync();

        var run = await world.RunAsync(feed);
        Assert.Equal((FeedRunState.Delivered, null), (run.State, run.Why));
        Assert.Equal([Whole], node.Files());
        Assert.Equal(run.Sha256, Convert.ToHexStringLower(SHA256.HashData(await BytesAsync(Whole))));

        var written = System.IO.File.GetLastWriteTimeUtc(Path.Combine(node.Home, Whole));
        await world.Database.ExecuteAsync("update feed_run set state = 'written', finished_at = null");
        await world.CarryOutAsync();
        Assert.Equal((FeedRunState.Delivered, written), ((await world.RunAsync(feed)).State, System.IO.File.GetLastWriteTimeUtc(Path.Combine(node.Home, Whole))));
        Assert.Equal([Whole], node.Files());

        await world.Desk.AgainAsync((await world.RunAsync(feed)).Id, "A store told late.", FeedWorld.Ida, Cancel);
        await world.CarryOutAsync();
        Assert.Equal([Whole.Replace(".csv", "-r2.csv", StringComparison.Ordinal), Whole], node.Files());
    }

    [Fact]
    public async Task A_line_that_is_cut_in_the_middle_leaves_no_file_under_the_name_and_the_next_try_brings_all_of_it()
    {
        await using var proxy = FaultProxy.Before(new IPEndPoint(IPAddress.Loopback, node.Port));
        var place = Place() with { Port = proxy.Port };

        var cut = await Assert.ThrowsAsync<IOException>(() => Drop().PutAsync(
            Delivery(place, fence: 1) with
            {
                WriteAsync = async (to, stop) =>
                {
                    await to.WriteAsync(Content.AsMemory(0, Content.Length / 2), stop);
                    await to.FlushAsync(stop);
                    proxy.CutAll();
                    await to.WriteAsync(Content.AsMemory(Content.Length / 2), stop);
                },
            }, Cancel));

        Assert.Contains("refused or fell silent", cut.Message, StringComparison.Ordinal);
        Assert.Equal([$"in/daily/.{File}.1.part"], node.Files());
        await Drop().PutAsync(Delivery(place, fence: 2), Cancel);
        Assert.Equal([Whole], node.Files());
        Assert.Equal(Content, await BytesAsync(Whole));
    }

    [Fact]
    public async Task A_server_that_is_away_or_has_no_room_or_lets_nothing_be_written_may_be_tried_again()
    {
        await node.StopAsync();
        Assert.Contains("cannot be spoken to", (await Assert.ThrowsAsync<IOException>(PutAsync)).Message, StringComparison.Ordinal);
        await node.RunAsync(readOnly: true);
        Assert.Contains("does not let this user at in", (await Assert.ThrowsAsync<IOException>(PutAsync)).Message, StringComparison.Ordinal);
        await node.StopAsync();
        await node.RunAsync(most: 64 * 1024);
        Assert.Contains($"refused or fell silent at in/daily/.{File}", (await Assert.ThrowsAsync<IOException>(PutAsync)).Message, StringComparison.Ordinal);
        Assert.DoesNotContain(Whole, node.Files());

        await node.StopAsync();
        await node.RunAsync();
        await PutAsync();
        Assert.Equal([Whole], node.Files());
    }

    [Fact]
    public async Task A_server_with_another_key_is_sent_nothing_and_its_new_key_is_told()
    {
        var before = Place();
        await node.StopAsync();
        await node.NewHostKeyAsync();
        await node.RunAsync();

        var refused = await Assert.ThrowsAsync<FeedRefusedException>(() => Drop().PutAsync(Delivery(before), Cancel));

        Assert.Contains($"another key than the one that was pinned: ssh-ed25519 SHA256:{node.HostKey}", refused.Message, StringComparison.Ordinal);
        Assert.Empty(node.Files());
    }

    [Fact]
    public async Task A_key_or_a_password_that_the_server_does_not_know_ends_it()
    {
        foreach (var secret in new[] { await node.StrangerAsync(), "open-sesame" })
        {
            var refused = await Assert.ThrowsAsync<FeedRefusedException>(() => Drop().PutAsync(Delivery(Place()) with { Secret = secret }, Cancel));
            Assert.Contains("does not let this user in", refused.Message, StringComparison.Ordinal);
        }

        Assert.Empty(node.Files());
    }

    [Fact]
    public async Task Another_file_of_the_name_is_never_replaced_by_whoever_comes_first()
    {
        Directory.CreateDirectory(Path.Combine(node.Home, "in/daily"));
        await System.IO.File.WriteAllTextAsync(Path.Combine(node.Home, Whole), "somebody's own", Cancel);
        await Assert.ThrowsAsync<FeedRefusedException>(() => Drop().PutAsync(Delivery(Place()), Cancel));

        // It came between the look and the rename: the server's own rename refuses.
        System.IO.File.Delete(Path.Combine(node.Home, Whole));
        await Assert.ThrowsAsync<IOException>(() => Drop().PutAsync(
            Delivery(Place()) with
            {
                WriteAsync = async (to, stop) =>
                {
                    await to.WriteAsync(Content, stop);
                    await System.IO.File.WriteAllTextAsync(Path.Combine(node.Home, Whole), "somebody's own", stop);
                },
            }, Cancel));
        Assert.Equal("somebody's own", Encoding.UTF8.GetString(await BytesAsync(Whole)));
    }

    [Fact]
    public async Task The_key_that_a_server_shows_is_read_for_a_person_to_compare()
    {
        await using var world = await FeedWorld.CreateAsync();

        Assert.Equal((new SftpKey("ssh-ed25519", node.HostKey), null), await world.Desk.KeyAsync("localhost", node.Port, Cancel));
        Assert.Equal((null, FeedRules.Host), Named(await world.Desk.KeyAsync("drop.example.com", node.Port, Cancel)));
        Assert.Equal((null, FeedRules.Port), Named(await world.Desk.KeyAsync("localhost", 0, Cancel)));
        await node.StopAsync();
        Assert.Equal((null, FeedRules.HostKey), Named(await world.Desk.KeyAsync("localhost", node.Port, Cancel)));

        static (SftpKey? Key, string? Field) Named((SftpKey? Key, ReconProblem? Problem) answer) => (answer.Key, answer.Problem?.Field);
    }

    private static SftpDrop Drop() => new(new SftpServers(new SshNetWay(), Options.Create(new FeedOptions { SftpHosts = ["localhost"], AllowPrivateNetworks = true })));

    private FeedPlace Place() => new(FeedPlace.Sftp, "in/daily", "localhost", node.Port, node.User, node.HostKey);

    private FeedDelivery Delivery(FeedPlace place, long fence = 1) => new(place, node.Secret, File, Content.Length, SHA256.HashData(Content), fence, async (to, stop) => await to.WriteAsync(Content, stop));

    private Task PutAsync() => Drop().PutAsync(Delivery(Place()), Cancel);

    private Task<byte[]> BytesAsync(string file) => System.IO.File.ReadAllBytesAsync(Path.Combine(node.Home, file), Cancel);
}
