using ControlTower.Data.Audit;
using ControlTower.Data.Db;
using ControlTower.Data.Live;
using Npgsql;

namespace ControlTower.Sync.Connections;

/// <summary>What came of an act.</summary>
public enum DeskAnswer
{
    Done,

    /// <summary>Somebody was faster, or the same act came twice: nothing changed, nothing was recorded.</summary>
    AlreadySo,

    /// <summary>There is no such connection any more.</summary>
    Gone,
}

/// <summary>
/// What people do to a connection while it runs. Each act is one transaction with its audit entry, and may be repeated after any error: a second time changes nothing.
/// The caller has checked the permission.
/// </summary>
public sealed class ConnectionDesk(TowerDataSources data, AuditLog audit, ChangeNotifier changes)
{
    public const int LongestReason = 300;

    private const string Operate = "connections:connection:operate";

    /// <summary>Stops all calls to the connection. What is addressed to it is kept and delivered in order after <see cref="ResumeAsync"/>.</summary>
    /// <exception cref="ArgumentException">No reason is given, or it is longer than <see cref="LongestReason"/>.</exception>
    public Task<DeskAnswer> PauseAsync(string id, string reason, Actor actor, CancellationToken cancel = default)
    {
        reason = reason.Trim();
        if (reason.Length is 0 or > LongestReason)
            throw new ArgumentException($"Give a reason of at most {LongestReason} characters.", nameof(reason));
        return ActAsync(
            id, actor, "pause", reason,
            c => c.Command(
                "update connection set paused_at = now(), paused_by = $2, paused_reason = $3, updated_at = now() where id = $1 and paused_at is null",
                Sql.Of(id), Sql.Of(actor.Name), Sql.Of(reason)),
            cancel);
    }

    /// <summary>Lets calls flow again; what waited drains behind live traffic.</summary>
    public Task<DeskAnswer> ResumeAsync(string id, Actor actor, CancellationToken cancel = default) => ActAsync(
        id, actor, "resume", null,
        c => c.Command(
            "update connection set paused_at = null, paused_by = null, paused_reason = null, updated_at = now() where id = $1 and paused_at is not null", Sql.Of(id)),
        cancel);

    /// <summary>
    /// Asks the node that owns the connection to try it. Works while the connection is paused or its circuit is open. While a test is open, asking again is the same question.
    /// </summary>
    public Task<DeskAnswer> RequestTestAsync(string id, Actor actor, CancellationToken cancel = default) => ActAsync(
        id, actor, "test", null,
        c => c.Command(
            """
            insert into connection_test (connection_id, requested_by) select id, $2 from connection where id = $1
            on conflict (connection_id) where state <> 'done' do nothing
            """,
            Sql.Of(id), Sql.Of(actor.Name)),
        cancel);

    private async Task<DeskAnswer> ActAsync(
        string id, Actor actor, string what, string? reason, Func<NpgsqlConnection, NpgsqlCommand> act, CancellationToken cancel)
    {
        await using var connection = await data.Work.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        if (await act(connection).ExecuteAsync(cancel) == 0)
        {
            var known = await connection.Command("select exists (select 1 from connection where id = $1)", Sql.Of(id)).ScalarAsync<bool>(cancel);
            return known ? DeskAnswer.AlreadySo : DeskAnswer.Gone;
        }

        var detail = new Dictionary<string, string>(StringComparer.Ordinal) { ["act"] = what };
        await audit.AppendAsync(connection, transaction, new AuditEntry(actor, Operate, $"connection:{id}", Reason: reason, Detail: detail), cancel);
        await transaction.CommitAsync(cancel);
        changes.Announce(LiveTopics.Connections);
        return DeskAnswer.Done;
    }
}
