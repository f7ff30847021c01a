using System.Globalization;
using ControlTower.Data.Db;
using ControlTower.Data.Flows;

namespace ControlTower.Data.Audit;

/// <summary>Finds in the trail, newest first. A page goes on below a number of the chain, so what is appended meanwhile moves nothing. Reading again is always safe.</summary>
public sealed class AuditQueries(TowerDataSources sources)
{
    /// <summary>Cases of one order that are looked for at most.</summary>
    private const int MostCases = 200;

    /// <param name="before">The page goes on below this entry; null for the newest.</param>
    public async Task<IReadOnlyList<AuditRow>> PageAsync(AuditFilter filter, long? before, int count, CancellationToken cancel = default)
    {
        var where = await ConditionsAsync(filter, cancel);
        if (before is { } seq)
        {
            where.Add($"seq < {where.Value(seq)}");
        }

        return await where.Command(sources.Read, $"select {AuditReader.Columns} from audit{where.Where} order by seq desc limit {Math.Clamp(count, 1, 500)}").ListAsync(AuditReader.Row, cancel);
    }

    public async Task<long> CountAsync(AuditFilter filter, CancellationToken cancel = default)
    {
        var where = await ConditionsAsync(filter, cancel);
        return await where.Command(sources.Read, $"select count(*) from audit{where.Where}").ScalarAsync<long>(cancel);
    }

    /// <summary>The numbers of all entries of the filter, newest first, as one statement sees them; at most so many.</summary>
    public async Task<IReadOnlyList<long>> KeysAsync(AuditFilter filter, int most, CancellationToken cancel = default)
    {
        var where = await ConditionsAsync(filter, cancel);
        return await where.Command(sources.Read, $"select seq from audit{where.Where} order by seq desc limit {most}").ListAsync(r => r.GetInt64(0), cancel);
    }

    /// <summary>These entries, newest first.</summary>
    public async Task<IReadOnlyList<AuditRow>> RowsAsync(IReadOnlyCollection<long> seqs, CancellationToken cancel = default) =>
        await sources.Read.Command($"select {AuditReader.Columns} from audit where seq = any($1) order by seq desc", Sql.Of(seqs.ToArray())).ListAsync(AuditReader.Row, cancel);

    /// <summary>Every act that was ever done, by name: steps through the index, whatever the length of the trail.</summary>
    public async Task<IReadOnlyList<string>> ActsAsync(CancellationToken cancel = default) =>
        await sources.Read.Command(
                """
                with recursive acts as (
                    (select action from audit order by action limit 1)
                    union all
                    select (select a.action from audit a where a.action > acts.action order by a.action limit 1) from acts where acts.action is not null)
                select action from acts where action is not null
                """)
            .ListAsync(r => r.GetString(0), cancel);

    /// <summary>The place of the newest entry; 0 when there is none.</summary>
    public Task<long> NewestAsync(CancellationToken cancel = default) => sources.Read.Command("select coalesce(max(seq), 0) from audit").ScalarAsync<long>(cancel);

    internal async Task<SqlFilter> ConditionsAsync(AuditFilter filter, CancellationToken cancel)
    {
        var where = new SqlFilter();
        if (filter.Person is { } person)
        {
            where.Add($"actor_id = {where.Value(person)}");
        }

        if (filter.Nobody)
        {
            where.Add("actor_id is null");
        }

        where.In("action", filter.Action is { } action ? [action] : []);
        where.In("outcome", filter.Outcome is { } outcome ? [outcome] : []);
        Between(where, filter);
        if (!string.IsNullOrWhiteSpace(filter.Words))
        {
            where.Add($"to_tsvector('simple', left(reason, 2000)) @@ (nullif(plainto_tsquery('simple', {where.Value(filter.Words)})::text, '') || ':*')::tsquery");
        }

        if (!filter.Subject.IsEmpty)
        {
            About(where, filter.Subject, await CasesAsync(filter.Subject, cancel));
        }

        return where;
    }

    private static void Between(SqlFilter where, AuditFilter filter)
    {
        if (filter.From is { } from)
        {
            where.Add($"at >= {where.Value(from.ToUniversalTime())}");
        }

        if (filter.Before is { } before)
        {
            where.Add($"at < {where.Value(before.ToUniversalTime())}");
        }

        if (filter.UpTo is { } upTo)
        {
            where.Add($"seq <= {where.Value(upTo)}");
        }
    }

    private static void About(SqlFilter where, OrderSearchText text, List<long> cases)
    {
        string[] subjects =
        [
            .. text.Terms, .. text.Terms.Select(term => $"connection:{term}"), .. text.Terms.Select(Numbered).OfType<string>(),
            .. cases.Select(id => string.Create(CultureInfo.InvariantCulture, $"case:{id}")),
        ];
        // An act on many cases is one entry that names them in its detail.
        var many = cases.Count == 0 ? "" : $" or (subject like '% cases' and detail ~ {where.Value($"[\" ]({string.Join('|', cases)})[\" ]")})";
        where.Add($"(subject = any({where.Value(subjects)}){many})");
    }

    /// <summary><c>B-12</c> and <c>E-12</c> as their subjects are stored.</summary>
    private static string? Numbered(string term) =>
        term.Length > 2 && term[1] == '-' && long.TryParse(term.AsSpan(2), NumberStyles.None, CultureInfo.InvariantCulture, out var id)
            ? char.ToUpperInvariant(term[0]) switch { 'B' => $"batch:{id}", 'E' => $"export:{id}", _ => null }
            : null;

    private Task<List<long>> CasesAsync(OrderSearchText text, CancellationToken cancel) =>
        sources.Read.Command(
                $"""
                select id from (
                    select id from exception_case where id = $3
                    union select id from exception_case where flow_id = $4
                    union select c.id from exception_case c join flow_reference r on r.flow_id = c.flow_id where lower(r.value) = any($1)
                    union select c.id from exception_case c join posting p on p.flow_id = c.flow_id where p.key = any($2)) c
                order by id desc limit {MostCases}
                """,
                Sql.Of(text.Terms.Select(term => term.ToLowerInvariant()).ToArray()), Sql.Of(text.Terms.Select(term => term.ToUpperInvariant()).ToArray()),
                Sql.Of(text.CaseId, NpgsqlTypes.NpgsqlDbType.Bigint), Sql.Of(text.FlowId, NpgsqlTypes.NpgsqlDbType.Bigint))
            .ListAsync(r => r.GetInt64(0), cancel);
}
