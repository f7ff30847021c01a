using ControlTower.Data.Audit;
using ControlTower.Data.Live;
using ControlTower.Sync.Connections;
using ControlTower.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace ControlTower.Tests.Sync.Connections;

public sealed class ConnectionDeskTests : IAsyncLifetime
{
    private static readonly Actor Tess = new(Guid.Parse("0199b2a0-0000-7000-8000-000000000001"), "Tess Visser", "Admin");

    private TestDatabase database = null!;
    private ChangeNotifier changes = null!;
    private ConnectionDesk desk = null!;

    public async ValueTask InitializeAsync()
    {
        database = await TestDatabase.CreateAsync();
        await new OrderWorld(database).ConnectAsync();
        changes = new ChangeNotifier(database.Sources, TimeProvider.System, NullLogger<ChangeNotifier>.Instance);
        desk = new ConnectionDesk(database.Sources, new AuditLog(database.Sources, TimeProvider.System), changes);
    }

    public async ValueTask DisposeAsync()
    {
        changes.Dispose();
        await database.DisposeAsync();
    }

    [Fact]
    public async Task A_pause_is_stored_with_who_and_why_and_audited_once_however_often_it_comes()
    {
        Assert.Equal(DeskAnswer.Done, await desk.PauseAsync("bc-eu", " month end ", Tess));
        Assert.Equal(DeskAnswer.AlreadySo, await desk.PauseAsync("bc-eu", "again", Tess with { Name = "Somebody else" }));

        Assert.Equal("Tess Visser: month end", await database.ScalarAsync<string>("select paused_by || ': ' || paused_reason from connection where id = 'bc-eu'"));
        Assert.Equal(["connection:bc-eu pause month end"], await AuditAsync());
    }

    [Fact]
    public async Task Resuming_what_runs_changes_nothing()
    {
        Assert.Equal(DeskAnswer.AlreadySo, await desk.ResumeAsync("bc-eu", Tess));
        Assert.Empty(await AuditAsync());
    }

    [Fact]
    public async Task A_resumed_connection_is_free_and_the_audit_tells_both()
    {
        await desk.PauseAsync("bc-eu", "month end", Tess);
        Assert.Equal(DeskAnswer.Done, await desk.ResumeAsync("bc-eu", Tess));

        Assert.True(await database.ScalarAsync<bool>("select paused_at is null from connection where id = 'bc-eu'"));
        Assert.Equal(["connection:bc-eu pause month end", "connection:bc-eu resume "], await AuditAsync());
    }

    [Theory]
    [InlineData("")]
    [InlineData("   ")]
    public async Task A_pause_without_a_reason_is_refused(string reason) =>
        await Assert.ThrowsAsync<ArgumentException>(() => desk.PauseAsync("bc-eu", reason, Tess));

    [Fact]
    public async Task A_connection_that_is_gone_is_said_to_be_gone()
    {
        Assert.Equal(DeskAnswer.Gone, await desk.PauseAsync("nobody", "why not", Tess));
        Assert.Equal(DeskAnswer.Gone, await desk.RequestTestAsync("nobody", Tess));
    }

    [Fact]
    public async Task Ten_people_who_ask_for_a_test_at_once_ask_for_one_test()
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => desk.RequestTestAsync("bc-eu", Tess)));

        Assert.Single(answers, DeskAnswer.Done);
        Assert.Equal(1L, await database.ScalarAsync<long>("select count(*) from connection_test"));
        Assert.Single(await AuditAsync());
    }

    [Fact]
    public async Task After_an_answer_the_next_request_is_a_new_test()
    {
        await desk.RequestTestAsync("bc-eu", Tess);
        await database.ExecuteAsync("update connection_test set state = 'done', outcome = 'ok', finished_at = now(), took_ms = 12");

        Assert.Equal(DeskAnswer.Done, await desk.RequestTestAsync("bc-eu", Tess));
        Assert.Equal(2L, await database.ScalarAsync<long>("select count(*) from connection_test"));
    }

    private async Task<List<string>> AuditAsync()
    {
        await using var command = database.Sources.Work.CreateCommand("select subject || ' ' || (detail::jsonb ->> 'act') || ' ' || coalesce(reason, '') from audit order by seq");
        await using var reader = await command.ExecuteReaderAsync();
        List<string> rows = [];
        while (await reader.ReadAsync())
            rows.Add(reader.GetString(0));
        return rows;
    }
}
