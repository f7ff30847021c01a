using ControlTower.Data.Audit;
using ControlTower.Data.Db;
using Npgsql;
using NpgsqlTypes;

namespace ControlTower.Data.Triage;

/// <summary>What people say about cases. The database keeps it as it was written.</summary>
public static class CaseCommentStore
{
    /// <summary>Characters of one comment at most.</summary>
    public const int Longest = 2_000;

    /// <summary>Adds a comment in the caller's transaction. False if this key has one already, or there is no such case or its words were erased: then nothing was written.</summary>
    public static async Task<bool> AddAsync(NpgsqlConnection connection, Guid key, long id, Actor actor, string text, CancellationToken cancel) =>
        await connection.Command(
                "insert into case_comment (key, case_id, account_id, name, text) select $1, id, $3, $4, $5 from exception_case where id = $2 and erased_at is null for share on conflict (key) do nothing",
                Sql.Of(key), Sql.Of(id), Sql.Of(actor.Id, NpgsqlDbType.Uuid), Sql.Of(actor.Name), Sql.Of(text))
            .ExecuteAsync(cancel) == 1;
}
