using ControlTower.Data.Audit;
using ControlTower.Data.Db;
using ControlTower.Data.Flows;
using ControlTower.Data.Live;
using ControlTower.Data.Overview;
using ControlTower.Sync.Administration;
using ControlTower.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace ControlTower.Tests.Sync.Administration;

public sealed class StageLimitDeskTests : IAsyncLifetime
{
    private static readonly Actor Tess = new(Guid.Parse("0199b2a0-0000-7000-8000-000000000001"), "Tess Visser", "Admin");

    private readonly StageLimitBook book = Book();
    private TestDatabase database = null!;
    private OrderWorld orders = null!;
    private ChangeNotifier changes = null!;
    private StageLimitDesk desk = null!;

    public async ValueTask InitializeAsync()
    {
        database = await TestDatabase.CreateAsync();
        orders = new OrderWorld(database);
        await orders.ConnectAsync();
        changes = new ChangeNotifier(database.Sources, TimeProvider.System, NullLogger<ChangeNotifier>.Instance);
        desk = new StageLimitDesk(database.Sources, new AuditLog(database.Sources, TimeProvider.System), new OverviewQueries(database.Sources), book, changes);
    }

    public async ValueTask DisposeAsync()
    {
        changes.Dispose();
        await database.DisposeAsync();
    }

    [Fact]
    public async Task A_limit_that_is_set_is_in_force_shown_kept_in_the_audit_and_taken_back()
    {
        await database.ExecuteAsync(
            """
            insert into flow (kind, source, source_id, name, brand, stage, status, value, currency, placed_at, stage_since)
            select 'order-to-cash', 'shopify-eu', n::text, '#' || n, 'Northlane', 'reserved', 'open', 10, 'EUR', now(), now() - make_interval(mins => n * 30) from generate_series(1, 3) n
            """);
        var line = (await desk.ListAsync(default)).Single(l => l.Stage == "reserved");
        Assert.Equal((TimeSpan.FromHours(2), 3L, 0L), (line.Most, line.Figure!.Count, line.Figure.Late));
        Assert.Equal(2, await desk.LateAsync(line, 45, default));

        Assert.True(await desk.ChangeAsync("reserved", 45, 0, "Pickers are faster now", Tess, default));
        Assert.Equal(TimeSpan.FromMinutes(45), book.Current.For("reserved"));
        Assert.Equal(2, (await desk.ListAsync(default)).Single(l => l.Stage == "reserved").Figure!.Late);
        Assert.False(await desk.ChangeAsync("reserved", 50, 0, "Of one who saw nothing", Tess, default));
        Assert.True(await desk.ChangeAsync("reserved", null, 1, "As before", Tess, default));
        Assert.Equal(TimeSpan.FromHours(2), book.Current.For("reserved"));
        Assert.Equal("45 as set up", await database.ScalarAsync<string>("select string_agg(detail::jsonb ->> 'minutes', ' ' order by seq) from audit where action = 'admin:limit:manage'"));
    }

    [Theory]
    [InlineData("forgotten", 60, "why", "no such stage")]
    [InlineData("reserved", 0, "why", "365 days")]
    [InlineData("reserved", 525_601, "why", "365 days")]
    [InlineData("reserved", 60, " ", "reason")]
    public async Task What_cannot_be_is_refused_in_words(string stage, int minutes, string reason, string words)
    {
        Assert.Contains(words, (await Assert.ThrowsAsync<ArgumentException>(() => desk.ChangeAsync(stage, minutes, 0, reason, Tess, default))).Message, StringComparison.Ordinal);
        Assert.Equal(0, await database.ScalarAsync<long>("select count(*) from stage_rule"));
    }

    [Fact]
    public async Task Another_node_has_it_at_its_next_look()
    {
        var (other, clock) = (Book(), new FakeTimeProvider());
        using var watch = new StageLimitWatch(other, database.Sources, new DatabaseWatch(database.Sources, TimeProvider.System, NullLogger<DatabaseWatch>.Instance), clock, NullLogger<StageLimitWatch>.Instance);
        await watch.StartAsync(TestContext.Current.CancellationToken);
        Assert.True(await desk.ChangeAsync("reserved", 45, 0, "Pickers are faster now", Tess, default));
        while (other.Current.For("reserved") != TimeSpan.FromMinutes(45))
        {
            clock.Advance(StageLimitWatch.Pace);
            await Task.Yield();
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
        }

        await watch.StopAsync(TestContext.Current.CancellationToken);
    }

    private static StageLimitBook Book() => new(Options.Create(new StageLimits()));
}
