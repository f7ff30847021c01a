using ControlTower.Data.Audit;
using ControlTower.Data.Db;
using Npgsql;

namespace ControlTower.Data.Views;

/// <summary>A filter of a screen under a name.</summary>
/// <param name="Query">The query of the address, without the question mark.</param>
/// <param name="Team">Everybody who sees the screen sees the view; only its owner, or an admin, changes it.</param>
public sealed record SavedView(long Id, string Screen, Guid Owner, string OwnerName, string Name, string Query, bool Team)
{
    public const int LongestName = 60;

    public bool MayChange(Actor who) => who.Id == Owner || who.Role == "Admin";
}

public enum ViewRefusal
{
    None,

    /// <summary>It is gone, or belongs to somebody else.</summary>
    NotYours,

    /// <summary>One person keeps at most <see cref="SavedViewStore.Most"/> per screen.</summary>
    TooMany,
}

/// <summary>Saved views on the server, each write with its audit entry in one transaction.</summary>
public sealed class SavedViewStore(TowerDataSources sources, AuditLog audit)
{
    public const int Most = 50;

    private const string Columns = "v.id, v.screen, v.owner, a.name, v.name, v.query, v.team from saved_view v join account a on a.id = v.owner";

    /// <summary>A person's own views and those of the team, by name.</summary>
    public Task<List<SavedView>> ListAsync(string screen, Guid person, CancellationToken cancel = default) =>
        sources.Read.Command($"select {Columns} where v.screen = $1 and (v.owner = $2 or v.team) order by lower(v.name), v.id", Sql.Of(screen), Sql.Of(person)).ListAsync(Read, cancel);

    /// <summary>Keeps a view. The same name again replaces the person's own view of that name: saving twice saves once.</summary>
    /// <exception cref="ArgumentException">The name is empty or too long.</exception>
    public async Task<ViewRefusal> SaveAsync(string screen, string name, string query, bool team, Actor by, CancellationToken cancel = default)
    {
        var clean = name.Trim();
        if (clean.Length is 0 or > SavedView.LongestName || clean.Any(char.IsControl))
        {
            throw new ArgumentException($"Give the view a name of 1 to {SavedView.LongestName} characters.", nameof(name));
        }

        await using var connection = await sources.Work.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        var saved = await connection.Command(
                """
                insert into saved_view (screen, owner, name, query, team)
                select $1, $2, $3, $4, $5 where (select count(*) from saved_view where screen = $1 and owner = $2 and lower(name) <> lower($3)) < $6
                on conflict (screen, owner, lower(name)) do update set name = excluded.name, query = excluded.query, team = excluded.team
                returning id
                """,
                Sql.Of(screen), Sql.Of(by.Id!.Value), Sql.Of(clean), Sql.Of(query), Sql.Of(team), Sql.Of(Most))
            .ListAsync(r => r.GetInt64(0), cancel);
        if (saved is not [var id])
        {
            return ViewRefusal.TooMany;
        }

        await WriteAsync(connection, transaction, "views:view:save", id, new(StringComparer.Ordinal) { ["screen"] = screen, ["name"] = clean, ["team"] = team ? "yes" : "no" }, by, cancel);
        await transaction.CommitAsync(cancel);
        return ViewRefusal.None;
    }

    public async Task<ViewRefusal> DeleteAsync(long id, Actor by, CancellationToken cancel = default)
    {
        await using var connection = await sources.Work.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        var gone = await connection.Command("delete from saved_view where id = $1 and (owner = $2 or $3) returning name", Sql.Of(id), Sql.Of(by.Id!.Value), Sql.Of(by.Role == "Admin"))
            .ListAsync(r => r.GetString(0), cancel);
        if (gone is not [var name])
        {
            return ViewRefusal.NotYours;
        }

        await WriteAsync(connection, transaction, "views:view:delete", id, new(StringComparer.Ordinal) { ["name"] = name }, by, cancel);
        await transaction.CommitAsync(cancel);
        return ViewRefusal.None;
    }

    private Task<long> WriteAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, string action, long id, Dictionary<string, string> detail, Actor by, CancellationToken cancel) =>
        audit.AppendAsync(connection, transaction, new AuditEntry(by, action, $"view:{id}", AuditOutcome.Done, null, detail), cancel);

    private static SavedView Read(NpgsqlDataReader r) => new(r.GetInt64(0), r.GetString(1), r.GetGuid(2), r.GetString(3), r.GetString(4), r.GetString(5), r.GetBoolean(6));
}
