using ControlTower.Data.Db;
using Npgsql;
using NpgsqlTypes;

namespace ControlTower.Data.Kpis;

/// <summary>Targets, assumptions and notes as people wrote them down. Rows are only added, each once by the key of its act.</summary>
public sealed class KpiSettings(TowerDataSources sources)
{
    /// <summary>Writes a target down. A repeat of the key writes nothing.</summary>
    public static Task<int> AddTargetAsync(NpgsqlConnection connection, string kpi, KpiTarget target, string setBy, Guid key, CancellationToken cancel) =>
        connection.Command(
                "insert into kpi_target (kpi, brand, target, objective, owner, words, set_by, key) values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (key) do nothing",
                Sql.Of(kpi), Sql.Of(target.Brand), Sql.Of(target.Value, NpgsqlDbType.Double), Sql.Of(target.Objective, NpgsqlDbType.Double), Sql.Of(target.Owner), Sql.Of(target.Words), Sql.Of(setBy), Sql.Of(key))
            .ExecuteAsync(cancel);

    public static Task<int> AddNoteAsync(NpgsqlConnection connection, DateTimeOffset at, DateTimeOffset? until, string words, string by, Guid key, CancellationToken cancel) =>
        connection.Command(
                "insert into kpi_annotation (at, until, kind, words, by_name, key) values ($1, $2, 'note', $3, $4, $5) on conflict (key) do nothing",
                Sql.Of(at.ToUniversalTime()), Sql.Of(until?.ToUniversalTime(), NpgsqlDbType.TimestampTz), Sql.Of(words), Sql.Of(by), Sql.Of(key))
            .ExecuteAsync(cancel);

    public static Task<int> AddAssumptionAsync(NpgsqlConnection connection, string name, decimal value, string words, string setBy, Guid key, CancellationToken cancel) =>
        connection.Command(
                "insert into kpi_assumption (name, value, words, set_by, key) values ($1, $2, $3, $4, $5) on conflict (key) do nothing", Sql.Of(name), Sql.Of(value), Sql.Of(words), Sql.Of(setBy), Sql.Of(key))
            .ExecuteAsync(cancel);

    /// <summary>A version that runs for the first time stands on every curve. Each version is written down once.</summary>
    public static Task<int> NoteDeploymentAsync(NpgsqlDataSource data, string version, CancellationToken cancel) =>
        data.Command(
                "insert into kpi_annotation (at, kind, subject, words, by_name, key) values (now(), 'deployment', $1, 'Version ' || left($1, 100) || ' began to run', 'tower', gen_random_uuid()) on conflict do nothing", Sql.Of(version))
            .ExecuteAsync(cancel);

    /// <summary>What the cost is reckoned with, all of it, in the order of <see cref="KpiAssumption.All"/>.</summary>
    public async Task<IReadOnlyList<KpiAssumption>> AssumptionsAsync(CancellationToken cancel)
    {
        var set = (await sources.Read.Command("select distinct on (name) name, value, set_by, since, words from kpi_assumption order by name, since desc, id desc")
            .ListAsync(r => (Name: r.GetString(0), Value: r.GetDecimal(1), By: r.GetString(2), Since: r.GetFieldValue<DateTimeOffset>(3), Words: r.GetString(4)), cancel)).ToDictionary(a => a.Name, StringComparer.Ordinal);
        return [.. KpiAssumption.All.Select(a => set.TryGetValue(a.Name, out var s) ? a with { Value = s.Value, SetBy = s.By, Since = s.Since, Words = s.Words } : a)];
    }

    /// <summary>What happened in a stretch of time that explains a curve, oldest first; of more than 500 the newest.</summary>
    public async Task<List<KpiAnnotation>> AnnotationsAsync(DateTimeOffset from, DateTimeOffset until, string? brand, CancellationToken cancel)
    {
        var newest = await sources.Read.Command(Annotations, Sql.Of(from.ToUniversalTime()), Sql.Of(until.ToUniversalTime()), Sql.Of(brand, NpgsqlDbType.Text))
            .ListAsync(r => new KpiAnnotation(r.GetFieldValue<DateTimeOffset>(0), r.Maybe<DateTimeOffset?>(1), r.GetString(2), r.GetString(3), r.Maybe<string>(4)), cancel);
        newest.Reverse();
        return newest;
    }

    // Rules: what changed how the tower decides, by hand. The words are the permission under which it was done; screens know them.
    private const string Annotations = """
        select * from (
            select at, until, kind, words, null::text as ref from kpi_annotation
            union all
            select s.started_at, case when p.state in ('ended', 'rolled-back') then p.state_at end, 'promotion', p.name, p.id::text
            from promotion p join lateral (select min(started_at) as started_at from promotion_stage where promotion_id = p.id) s on s.started_at is not null
            where $3::text is null or exists (select from promotion_cell x join connection c on c.id = x.connection_id where x.promotion_id = p.id and c.brand = $3)
            union all
            select i.began_at, i.drained_at, 'outage', i.title, i.id::text from incident i where i.status <> 'dismissed' and ($3::text is null or i.brand in ('', $3))
            union all
            select a.at, null, 'rule', a.action, a.subject from audit a where a.outcome = 'done' and a.actor_role <> 'tower'
                and a.action in ('finance:rule:write', 'inventory:rule:write', 'exceptions:rules:manage', 'exceptions:class:configure', 'connections:connection:configure', 'admin:currency:write', 'kpis:target:write')) x
        where x.at < $2 and coalesce(x.until, x.at) >= $1 order by x.at desc limit 500
        """;
}

/// <summary>A number that the cost of weak synchronisation is reckoned with.</summary>
/// <param name="Unit">In words.</param>
/// <param name="SetBy">Null: our proposal, nobody has set one.</param>
public sealed record KpiAssumption(string Name, string Title, string Unit, decimal Value, decimal Most, string Formula, string? SetBy = null, DateTimeOffset? Since = null, string Words = "")
{
    public static IReadOnlyList<KpiAssumption> All { get; } =
    [
        new("fault-margin", "Margin lost with a cancelled order", "share of its value", 0.40m, 1m, "Orders that were short of stock and cancelled, by value, times this"),
        new("refund-fee", "Fee of a refund by fault", "money each", 0.80m, 1_000m, "Orders that were short of stock and cancelled, times this"),
        new("unit-value", "Value of a piece", "money each", 35m, 100_000m, "Pieces that stock-outs kept from sale, times this, times the chance"),
        new("lost-sale-chance", "Chance that a hidden piece would have been sold", "share", 0.02m, 1m, "Pieces that a channel did not show although they were there, as the average look of each day found, times this, times the value of a piece"),
        new("touch-minutes", "Minutes of a manual touch", "minutes", 6m, 480m, "Acts of people on cases, returns and reconciliation, times this"),
        new("hour-rate", "Cost of an hour of work", "money per hour", 38m, 1_000m, "Hours of manual touches, times this"),
        new("late-after", "An acknowledgement is late for a credit after", "hours", 4m, 720m, "Online orders acknowledged later than this"),
        new("late-credit", "Credit for a late acknowledgement", "money each", 5m, 1_000m, "Late acknowledgements, times this"),
    ];

    /// <summary>Null if there is no such assumption.</summary>
    public static KpiAssumption? Find(string name) => All.FirstOrDefault(a => a.Name == name);
}
