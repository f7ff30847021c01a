using ControlTower.Data.Audit;
using ControlTower.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace ControlTower.Tests.Data.Audit;

public sealed class AuditAnchoringTests : IAsyncLifetime
{
    private readonly string folder = TestFolders.Create("anchoring");
    private TestDatabase database = default!;

    private AuditAnchorFile File => new(Path.Combine(folder, "deeper", "audit-anchors"));

    private AuditAnchoring Anchoring => new(database.Sources, new AuditReader(database.Sources), File, NullLogger<AuditAnchoring>.Instance);

    public async ValueTask InitializeAsync() => database = await TestDatabase.CreateAsync();

    public async ValueTask DisposeAsync()
    {
        await database.DisposeAsync();
        TestFolders.Remove(folder);
    }

    [Fact]
    public async Task The_head_is_written_down_when_it_has_grown_and_not_again_when_it_has_not()
    {
        Assert.Null(await Anchoring.RunAsync());
        await ActAsync(3);
        Assert.Equal(3, (await Anchoring.RunAsync())!.Seq);
        Assert.Null(await Anchoring.RunAsync());
        await ActAsync(2);
        Assert.Equal(5, (await Anchoring.RunAsync())!.Seq);

        Assert.Equal([3, 5], (await File.ReadAsync()).Select(anchor => anchor.Seq));
        Assert.Empty(await new AuditCheck(new AuditReader(database.Sources)).RunAsync(await File.ReadAsync()));
    }

    [Theory]
    [InlineData("delete from audit where seq > 2; update audit_head set seq = 2, hash = (select hash from audit where seq = 2)")]
    [InlineData("update audit set hash = sha256(hash) where seq = 3")]
    public async Task A_chain_that_lost_what_was_anchored_is_told_and_not_covered_up(string harm)
    {
        await ActAsync(3);
        await Anchoring.RunAsync();
        await database.ExecuteAsync($"set session_replication_role = replica; {harm}; set session_replication_role = default");
        await ActAsync(4);

        await Assert.ThrowsAsync<InvalidOperationException>(() => Anchoring.RunAsync());
        Assert.Equal([3], (await File.ReadAsync()).Select(anchor => anchor.Seq));
    }

    [Fact]
    public async Task One_node_at_a_time_writes()
    {
        await ActAsync(1);
        await using var other = await database.Sources.Work.OpenConnectionAsync();
        await using var turn = await other.BeginTransactionAsync();
        await using (var command = other.CreateCommand())
        {
            command.CommandText = "select pg_advisory_xact_lock(hashtext('audit-anchor'))";
            await command.ExecuteNonQueryAsync();
        }

        Assert.Null(await Anchoring.RunAsync());
        Assert.Empty(await File.ReadAsync());
        await turn.RollbackAsync();
        Assert.Equal(1, (await Anchoring.RunAsync())!.Seq);
    }

    [Fact]
    public async Task A_torn_line_does_not_swallow_the_next_anchor()
    {
        await ActAsync(1);
        await Anchoring.RunAsync();
        await System.IO.File.AppendAllTextAsync(File.Path, "2 cc");
        await ActAsync(1);
        await Anchoring.RunAsync();
        Assert.Equal([1, 2], (await File.ReadAsync()).Select(anchor => anchor.Seq));
        Assert.Equal(2, (await File.LastAsync())!.Seq);
    }

    private async Task ActAsync(int times)
    {
        for (var i = 0; i < times; i++)
            await new AuditLog(database.Sources, TimeProvider.System).AppendAsync(new AuditEntry(Actor.Tower("test"), "test:thing:do", "thing:1"));
    }
}
