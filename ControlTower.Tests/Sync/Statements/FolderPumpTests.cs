using ControlTower.Data.Db;
using ControlTower.Sync.Pumps;
using ControlTower.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace ControlTower.Tests.Sync.Statements;

/// <summary>Files that change while they are taken, and files that nobody can read. The test stores, moves and turns the clock.</summary>
public sealed class FolderPumpTests : IAsyncLifetime
{
    private readonly string root = TestFolders.Create("folder-pump");
    private readonly FakeTimeProvider clock = new();
    private TestDatabase database = null!;
    private TestPump pump = null!;

    private string Folder => Path.Combine(root, "bank");

    public async ValueTask InitializeAsync()
    {
        database = await TestDatabase.CreateAsync();
        Directory.CreateDirectory(Folder);
        pump = new TestPump(database.Sources, clock, root);
    }

    public async ValueTask DisposeAsync()
    {
        await database.DisposeAsync();
        TestFolders.Remove(root);
    }

    [Theory]
    [InlineData("store")]
    [InlineData("move")]
    public async Task A_file_that_another_took_the_place_of_while_it_was_taken_is_not_done_until_that_one_was_read(string when)
    {
        await DropAsync("a.csv", "old");
        void Replace() => File.WriteAllText(Path.Combine(Folder, "a.csv"), "newer");
        (pump.Stored, pump.Moving) = when == "store" ? ((Action?)Replace, (Action?)null) : (null, Replace);
        await LookAsync();
        Assert.Equal(0, await LookAsync());
        Assert.Equal(["a.csv"], Names(Folder));
        Assert.Empty(Names(Path.Combine(Folder, "done")));

        (pump.Stored, pump.Moving) = (null, null);
        await LookAsync();
        Assert.Equal(1, await LookAsync());
        Assert.Equal(["old", "newer"], pump.Contents);
        Assert.Equal("newer", await File.ReadAllTextAsync(Path.Combine(Folder, "done", "a.csv")));
    }

    [Fact]
    public async Task A_file_that_grew_after_it_was_listed_is_not_read_by_half()
    {
        await DropAsync("a.csv", "first");
        await DropAsync("b.csv", "half");
        File.SetLastWriteTimeUtc(Path.Combine(Folder, "a.csv"), new DateTime(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        pump.Stored = () => File.AppendAllText(Path.Combine(Folder, "b.csv"), " and whole");
        await LookAsync();
        Assert.Equal(1, await LookAsync());
        Assert.Equal(["first"], pump.Contents);

        pump.Stored = null;
        await LookAsync();
        await LookAsync();
        Assert.Equal(["first", "half and whole"], pump.Contents);
    }

    [Fact]
    public async Task A_file_that_cannot_be_read_lies_in_refused_and_those_behind_it_are_taken()
    {
        await DropAsync("a.csv", "poison");
        await DropAsync("b.csv", "sound");
        await LookAsync();
        Assert.Equal(2, await LookAsync());

        Assert.Equal(["a.csv"], Names(Path.Combine(Folder, "refused")));
        Assert.Equal(["b.csv"], Names(Path.Combine(Folder, "done")));
        Assert.Equal(["sound"], pump.Contents);
    }

    private async Task<int> LookAsync()
    {
        var run = await pump.RunOnceAsync(default);
        clock.Advance(TimeSpan.FromSeconds(6));
        return run.Taken;
    }

    private Task DropAsync(string name, string text) => File.WriteAllTextAsync(Path.Combine(Folder, name), text);

    private static string[] Names(string folder) => Directory.Exists(folder) ? [.. Directory.GetFiles(folder).Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal)] : [];

    private sealed class TestPump(TowerDataSources data, TimeProvider clock, string root) : FolderPump<string>(data, clock, NullLogger.Instance)
    {
        /// <summary>Runs when a file was stored.</summary>
        public Action? Stored { get; set; }

        /// <summary>Runs before a file is moved.</summary>
        public Action? Moving { get; set; }

        public List<string> Contents { get; } = [];

        public override string Name => "test-folder";

        protected override (string Path, string Setting) Root => (root, "Test:Folder");

        protected override TimeSpan Settle => TimeSpan.FromSeconds(5);

        protected override IReadOnlyList<string> Connections => ["bank"];

        protected override async Task<string> StoreAsync(string connection, FileInfo file, CancellationToken cancel)
        {
            var text = await File.ReadAllTextAsync(file.FullName, cancel);
            if (text == "poison")
            {
                throw new InvalidOperationException("No reader knows this.");
            }

            Contents.Add(text);
            Stored?.Invoke();
            return "done";
        }

        protected override string Refused(string why) => "refused";

        protected override Task<string> MoveAsync(FileInfo file, string folder, string receipt, CancellationToken cancel)
        {
            Moving?.Invoke();
            var to = Free(Path.Combine(folder, receipt), "", file.Name);
            File.Move(file.FullName, to);
            return Task.FromResult(to);
        }
    }
}
