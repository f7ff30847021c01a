using System.Security.Cryptography;
using ControlTower.Data.Feeds;
using ControlTower.Sync.Feeds;
using ControlTower.Tests.Support;
using Microsoft.Extensions.Options;
using Xunit;

namespace ControlTower.Tests.Sync.Feeds;

/// <summary>Files in folders: whole or not at all, and never outside of the root, whatever a row of the database says.</summary>
public sealed class FolderDropTests : IDisposable
{
    private static readonly byte[] Content = new byte[300_000];

    private readonly string above = TestFolders.Create("drop");

    private string Root => Directory.CreateDirectory(Path.Combine(above, "root")).FullName;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => TestFolders.Remove(above);

    [Theory]
    [InlineData("..")]
    [InlineData("../root2")]
    [InlineData("finance/../../out")]
    [InlineData("/tmp")]
    [InlineData("finance//x")]
    [InlineData(".hidden")]
    public async Task A_path_that_leads_out_is_refused_before_anything_is_made(string path)
    {
        await Assert.ThrowsAsync<FeedRefusedException>(() => PutAsync(path));
        Assert.Empty(Everything());
    }

    [Fact]
    public async Task A_link_on_the_way_or_under_the_name_is_not_followed()
    {
        var outside = Directory.CreateDirectory(Path.Combine(above, "outside")).FullName;
        Directory.CreateSymbolicLink(Path.Combine(Root, "out"), outside);
        await Assert.ThrowsAsync<FeedRefusedException>(() => PutAsync("out"));
        await Assert.ThrowsAsync<FeedRefusedException>(() => PutAsync("out/deeper"));

        // A name that leads to a file that is not there, and to one that holds the very bytes.
        File.CreateSymbolicLink(Path.Combine(Root, "sales.csv"), Path.Combine(outside, "taken.csv"));
        await Assert.ThrowsAsync<FeedRefusedException>(() => PutAsync(""));
        await File.WriteAllBytesAsync(Path.Combine(outside, "taken.csv"), Content, Cancel);
        await Assert.ThrowsAsync<FeedRefusedException>(() => PutAsync(""));
        Assert.Equal(["outside/taken.csv"], Everything().Where(path => !path.StartsWith("root", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_disk_that_fails_in_the_middle_leaves_no_file_under_the_name_and_the_next_try_leaves_nothing_else()
    {
        await Assert.ThrowsAsync<IOException>(() => PutAsync("finance", fence: 1, async (to, stop) =>
        {
            await to.WriteAsync(Content.AsMemory(0, 100_000), stop);
            throw new IOException("No space left on device");
        }));
        Assert.Equal(["root/finance/.sales.csv.1.part"], Everything());

        await PutAsync("finance", fence: 2);
        Assert.Equal(["root/finance/sales.csv"], Everything());
    }

    [Fact]
    public async Task What_came_to_the_name_meanwhile_is_not_replaced()
    {
        await Assert.ThrowsAsync<IOException>(() => PutAsync("finance", fence: 1, async (to, stop) =>
        {
            await to.WriteAsync(Content, stop);
            await File.WriteAllTextAsync(Path.Combine(Root, "finance/sales.csv"), "somebody's own", stop);
        }));
        Assert.Equal("somebody's own", await File.ReadAllTextAsync(Path.Combine(Root, "finance/sales.csv"), Cancel));
    }

    private Task PutAsync(string path, long fence = 1, Func<Stream, CancellationToken, Task>? write = null) => new FolderDrop(Options.Create(new FeedOptions { Folder = Root })).PutAsync(
        new FeedDelivery(new FeedPlace(FeedPlace.Folder, path), null, "sales.csv", Content.Length, SHA256.HashData(Content), fence, write ?? (async (to, stop) => await to.WriteAsync(Content, stop))), Cancel);

    private string[] Everything() => [.. Directory.GetFiles(above, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint }).Select(path => Path.GetRelativePath(above, path)).Order(StringComparer.Ordinal)];
}
