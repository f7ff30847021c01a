using ControlTower.Sync.Connections;
using ControlTower.Sync.PosImports;
using ControlTower.Sync.Pumps;
using ControlTower.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Xunit;
using static ControlTower.Tests.Support.TillFiles;

namespace ControlTower.Tests.Sync.PosImports;

/// <summary>Files that till servers drop. The test turns the pumps and the clock.</summary>
public sealed class PosFolderTests : IAsyncLifetime
{
    private readonly string root = TestFolders.Create("tills");
    private readonly FakeTimeProvider clock = new();
    private PosWorld world = null!;
    private PosFolderPump pump = null!;

    private string Folder => Path.Combine(root, PosWorld.Tills);

    public async ValueTask InitializeAsync()
    {
        world = await PosWorld.CreateAsync(o => o.Folder = root);
        Directory.CreateDirectory(Folder);
        pump = NewPump();
    }

    public async ValueTask DisposeAsync()
    {
        await world.DisposeAsync();
        TestFolders.Remove(root);
    }

    [Fact]
    public async Task A_file_at_rest_is_taken_read_and_lies_in_done_beside_its_report()
    {
        await Drop("day.xml", File(Sale(1), Sale(2, total: "1.00"), Sale(3)));
        Assert.Equal(0, await LookAsync());
        Assert.Equal(1, await LookAsync());
        await world.ReadAsync();
        await LookAsync();

        Assert.Equal(["I-1~day.xml", "I-1~day.xml.report.csv"], Names("done"));
        Assert.Contains("grand-total", await System.IO.File.ReadAllTextAsync(Path.Combine(Folder, "done", "I-1~day.xml.report.csv")), StringComparison.Ordinal);
        Assert.Equal(2, await world.ReceivedAsync());
        Assert.Equal(1, await world.CountAsync("audit where action = 'imports:file:upload' and actor_name = 'pos-folder'"));
    }

    [Fact]
    public async Task A_file_that_still_grows_is_left_alone()
    {
        var whole = File(Sale(1), Sale(2));
        await Drop("day.xml", whole[..100]);
        await LookAsync();
        await Drop("day.xml", whole);
        Assert.Equal(0, await LookAsync());
        await Drop("other.xml.part", whole);

        Assert.Equal(1, await LookAsync());
        Assert.Equal(0, await LookAsync());
        Assert.Equal(["other.xml.part"], Names("."));
    }

    [Fact]
    public async Task A_death_between_storing_and_moving_makes_it_the_same_file_again()
    {
        var bytes = File(Sale(1));
        await Drop("day.xml", bytes);
        await world.UploadAsync(bytes);
        await LookAsync();
        await LookAsync();
        await world.ReadAsync();
        pump = NewPump();
        await LookAsync();

        Assert.Equal((1L, 1L), (await world.CountAsync("pos_file"), await world.ReceivedAsync()));
        Assert.Contains("I-1~day.xml", Names("done"));
    }

    [Fact]
    public async Task A_file_that_may_not_be_read_lies_in_refused_beside_the_reason()
    {
        await Drop("bomb.xml", "<!DOCTYPE a><POSLog/>"u8.ToArray());
        await LookAsync();
        await LookAsync();
        await world.ReadAsync();
        await LookAsync();

        Assert.Equal(["I-1~bomb.xml", "I-1~bomb.xml.report.csv"], Names("refused"));
        Assert.Contains("dtd", await System.IO.File.ReadAllTextAsync(Path.Combine(Folder, "refused", "I-1~bomb.xml.report.csv")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_link_leads_nowhere_and_a_folder_that_is_gone_is_said()
    {
        System.IO.File.CreateSymbolicLink(Path.Combine(Folder, "day.xml"), "/etc/passwd");
        await LookAsync();
        Assert.Equal(0, await LookAsync());
        Assert.Equal(0, await world.CountAsync("pos_file"));

        Directory.Delete(root, recursive: true);
        Assert.Contains("is not there", (await pump.RunOnceAsync(default)).Trouble, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_cannot_be_moved_is_counted_stops_nothing_and_is_not_stored_again()
    {
        await Drop("a.xml", File(Sale(1)));
        await Drop("b.xml", File(Sale(2)));
        // Where the folder should be is a file.
        await Drop("reading", []);
        await LookAsync();
        await LookAsync();
        Assert.EndsWith("cannot be read or moved: 2. The tower needs the right to do both.", (await pump.RunOnceAsync(default)).Trouble, StringComparison.Ordinal);
        Assert.Equal(2, await world.CountAsync("audit where action = 'imports:file:upload'"));

        System.IO.File.Delete(Path.Combine(Folder, "reading"));
        Assert.Equal(2, await LookAsync());
        Assert.Equal(["I-1~a.xml", "I-2~b.xml"], Names("reading"));
        Assert.Equal(2, await world.CountAsync("audit where action = 'imports:file:upload'"));
    }

    [Fact]
    public async Task A_name_as_long_as_names_may_be_is_shortened_and_keeps_its_extension()
    {
        await Drop(new string('d', 251) + ".xml", File(Sale(1)));
        await LookAsync();
        Assert.Equal(1, await LookAsync());
        await world.ReadAsync();
        await LookAsync();

        var names = Names("done");
        Assert.Equal(2, names.Length);
        Assert.StartsWith("I-1~ddd", names[0], StringComparison.Ordinal);
        Assert.Equal(names[0] + ".report.csv", names[1]);
        Assert.EndsWith("d.xml", names[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_number_of_a_file_of_other_tills_gets_no_report_and_what_is_kept_is_not_overwritten()
    {
        await world.Database.ExecuteAsync(
            """
            insert into connection (id, kind, role, name, brand, currency, time_zone) values ('kiosk', 'poslog', 'shop', 'Kiosk', 'northlane', 'EUR', 'UTC');
            insert into connection_gate (connection_id) values ('kiosk')
            """);
        await world.Engine.Get<ConnectionDirectory>().RefreshAsync(default);
        await world.ImportAsync(File(Sale(1)));
        foreach (var folder in new[] { "../kiosk/reading", "reading", "done" })
        {
            Directory.CreateDirectory(Path.Combine(Folder, folder));
            await Drop($"{folder}/I-1~day.xml", System.Text.Encoding.UTF8.GetBytes(folder));
        }

        await LookAsync();

        Assert.Equal(["I-1~day.xml"], Names("../kiosk/reading"));
        Assert.Equal(["I-1~day-2.xml", "I-1~day-2.xml.report.csv", "I-1~day.xml"], Names("done"));
        Assert.Equal("done", await System.IO.File.ReadAllTextAsync(Path.Combine(Folder, "done", "I-1~day.xml")));
    }

    [Theory]
    [InlineData(0, 5, 26, "relative", 2)]
    [InlineData(256, 0, 0, "", 2)]
    [InlineData(256, 5, 26, "/var/spool/tills", 0)]
    public void Options_that_cannot_be_meant_are_refused_all_at_once(int megabytes, int settle, int silent, string folder, int problems) =>
        Assert.Equal(problems, new PosImportOptionsValidator().Validate(null, new PosImportOptions { MaxMegabytes = megabytes, SettleSeconds = settle, SilentAfterHours = silent, Folder = folder }).Failures?.Count() ?? 0);

    private PosFolderPump NewPump() => new(
        world.Database.Sources, world.Desk, world.Files, world.Engine.Get<PosImportReport>(), world.Engine.Get<IOptions<PosImportOptions>>(), clock, NullLogger<PosFolderPump>.Instance);

    private async Task<int> LookAsync()
    {
        clock.Advance(TimeSpan.FromSeconds(5));
        return (await pump.RunOnceAsync(default)).Taken;
    }

    private Task Drop(string name, byte[] bytes) => System.IO.File.WriteAllBytesAsync(Path.Combine(Folder, name), bytes);

    private string[] Names(string folder) => [.. Directory.GetFiles(Path.Combine(Folder, folder)).Select(f => Path.GetFileName(f)!).Order(StringComparer.Ordinal)];
}
