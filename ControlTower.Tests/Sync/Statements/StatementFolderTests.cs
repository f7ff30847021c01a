using ControlTower.Data.Audit;
using ControlTower.Sync.Connections;
using ControlTower.Sync.Connectors;
using ControlTower.Sync.Connectors.Bank;
using ControlTower.Sync.Pumps;
using ControlTower.Sync.Reconciliation;
using ControlTower.Sync.Statements;
using ControlTower.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace ControlTower.Tests.Sync.Statements;

/// <summary>Statements that a bank's server drops. The test turns the pump and the clock.</summary>
public sealed class StatementFolderTests : IAsyncLifetime
{
    private const string Head = "Date;Amount;Text\n";
    private const string Good = Head + "2026-10-05;1234,50;STRIPE A\n2026-10-06;12,00;STRIPE B\n";

    private readonly string root = TestFolders.Create("statements");
    private readonly FakeTimeProvider clock = new();
    private EngineWorld world = null!;
    private StatementFolderPump pump = null!;

    private string Folder => Path.Combine(root, "bank-eu");

    public async ValueTask InitializeAsync()
    {
        world = await EngineWorld.CreateAsync(configure: services => services.AddSingleton(new ConnectorCatalog([new TestShop(), new TestErp(), new BankConnector()])));
        await world.Database.ExecuteAsync("insert into connection (id, kind, role, name, currency) values ('bank-eu', 'bank', 'bank', 'Bank', 'EUR')");
        await world.Get<ConnectionDirectory>().RefreshAsync(default);
        Directory.CreateDirectory(Folder);
        pump = NewPump();
    }

    public async ValueTask DisposeAsync()
    {
        await world.DisposeAsync();
        TestFolders.Remove(root);
    }

    [Fact]
    public async Task A_file_at_rest_is_taken_whole_and_lies_in_done_beside_its_report()
    {
        await DropAsync("october.csv", Good);
        Assert.Equal(0, await LookAsync());
        Assert.Equal(1, await LookAsync());
        Assert.Equal(0, await LookAsync());

        Assert.Equal(["S-1~october.csv", "S-1~october.csv.report.csv"], Names("done"));
        Assert.Equal(2, await CountAsync("ledger_line where file_id = 1"));
        Assert.Equal("1234.5000 EUR STRIPE A, 12.0000 EUR STRIPE B", await world.Database.ScalarAsync<string>("select string_agg(amount || ' ' || currency || ' ' || words, ', ' order by at) from ledger_line"));
        Assert.Equal(1, await CountAsync("ledger_coverage where told_at < '2026-10-07'"));
        Assert.Equal(1, await CountAsync("audit where action = 'finance:statement:import' and actor_name = 'statement-folder' and outcome = 'done'"));
    }

    [Fact]
    public async Task A_file_with_one_wrong_row_lies_in_refused_beside_what_is_wrong_and_nothing_of_it_was_taken()
    {
        await DropAsync("october.csv", Good + "2026-10-07;twelve;STRIPE C\n");
        await LookAsync();
        await LookAsync();

        Assert.Equal(["S-1~october.csv", "S-1~october.csv.report.csv"], Names("refused"));
        Assert.Contains("twelve", await File.ReadAllTextAsync(Path.Combine(Folder, "refused", "S-1~october.csv.report.csv")), StringComparison.Ordinal);
        Assert.Equal(0, await CountAsync("ledger_line"));
    }

    [Fact]
    public async Task The_same_content_twice_is_applied_once_also_when_a_node_died_before_it_moved_the_file()
    {
        await using (var bytes = new MemoryStream(System.Text.Encoding.UTF8.GetBytes(Good)))
        {
            await world.Get<StatementDesk>().ImportAsync(world.Get<ConnectionDirectory>().Find("bank-eu")!, SystemRole.Bank, "october.csv", bytes, Actor.Tower("statement-folder"), default);
        }

        await DropAsync("october.csv", Good);
        await DropAsync("october copy.csv", Good);
        await LookAsync();
        Assert.Equal(2, await LookAsync());

        Assert.Equal((1L, 2L), (await CountAsync("statement_file"), await CountAsync("ledger_line")));
        Assert.Equal(4, Names("done").Length);
    }

    [Fact]
    public async Task A_file_that_still_grows_a_link_and_the_folder_of_a_shop_are_left_alone()
    {
        await DropAsync("october.csv", Good[..20]);
        await LookAsync();
        await DropAsync("october.csv", Good);
        Directory.CreateDirectory(Path.Combine(root, EngineWorld.ShopId));
        await File.WriteAllTextAsync(Path.Combine(root, EngineWorld.ShopId, "october.csv"), Good);
        File.CreateSymbolicLink(Path.Combine(Folder, "link.csv"), Path.Combine(root, EngineWorld.ShopId, "october.csv"));
        Assert.Equal(0, await LookAsync());
        Assert.Equal(1, await LookAsync());

        Assert.Equal(1, await CountAsync("statement_file"));
        Assert.True(File.Exists(Path.Combine(root, EngineWorld.ShopId, "october.csv")));
    }

    private StatementFolderPump NewPump() => ActivatorUtilities.CreateInstance<StatementFolderPump>(
        world.Get<IServiceProvider>(), Options.Create(new StatementFolderOptions { Folder = root }), clock, NullLogger<StatementFolderPump>.Instance);

    private async Task<int> LookAsync()
    {
        var run = await pump.RunOnceAsync(default);
        clock.Advance(TimeSpan.FromSeconds(6));
        return run.Taken;
    }

    private Task DropAsync(string name, string text) => File.WriteAllTextAsync(Path.Combine(Folder, name), text);

    private string[] Names(string folder) => [.. Directory.GetFiles(Path.Combine(Folder, folder)).Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal)];

    private Task<long> CountAsync(string what) => world.Database.ScalarAsync<long>($"select count(*) from {what}");
}
