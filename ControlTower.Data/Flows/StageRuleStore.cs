using ControlTower.Data.Db;
using Npgsql;

namespace ControlTower.Data.Flows;

/// <summary>How long something may stay in a stage, as an admin set it.</summary>
public sealed record StageRule(string Stage, int Minutes, int Version, string ChangedBy, DateTimeOffset ChangedAt)
{
    public TimeSpan Most => TimeSpan.FromMinutes(Minutes);
}

/// <summary>Limits of stages that admins set.</summary>
public static class StageRuleStore
{
    public static Task<List<StageRule>> ListAsync(NpgsqlDataSource data, CancellationToken cancel) =>
        data.Command("select stage, minutes, version, changed_by, changed_at from stage_rule order by stage")
            .ListAsync(r => new StageRule(r.GetString(0), r.GetInt32(1), r.GetInt32(2), r.GetString(3), r.GetFieldValue<DateTimeOffset>(4)), cancel);

    /// <param name="minutes">Null: as the settings say again.</param>
    /// <param name="seen">0: nobody had set it.</param>
    /// <returns>False if it is of another version by now.</returns>
    public static async Task<bool> PutAsync(NpgsqlConnection connection, string stage, int? minutes, int seen, string by, CancellationToken cancel) =>
        (minutes is not { } most
            ? await connection.Command("delete from stage_rule where stage = $1 and version = $2", Sql.Of(stage), Sql.Of(seen)).ExecuteAsync(cancel)
            : await connection.Command(
                    """
                    insert into stage_rule as r (stage, minutes, changed_by) select $1, $2, $3 where $4 = 0 or exists (select from stage_rule where stage = $1)
                    on conflict (stage) do update set minutes = excluded.minutes, changed_by = excluded.changed_by, changed_at = now(), version = r.version + 1 where r.version = $4
                    """,
                    Sql.Of(stage), Sql.Of(most), Sql.Of(by), Sql.Of(seen))
                .ExecuteAsync(cancel)) == 1;
}
