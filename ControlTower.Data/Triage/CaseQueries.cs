using System.Globalization;
using ControlTower.Data.Canonical;
using ControlTower.Data.Db;
using Npgsql;

namespace ControlTower.Data.Triage;

/// <summary>
/// Reads for the exceptions desk: causes, the frozen list of ids, rows in view, the set before an act. SQL by hand, for the plans. Reading again is always safe.
/// </summary>
public sealed class CaseQueries(TowerDataSources sources)
{
    /// <summary>Ids per call at most; one more than one act may touch, so that "too many" is seen.</summary>
    public const int PageSize = 1001;

    /// <summary>Causes shown at most.</summary>
    public const int CauseLimit = 200;

    /// <summary>Where cases have to be counted one by one, counting ends above this: nobody reads the difference.</summary>
    public const int CountLimit = 10_000;

    /// <summary>Causes of the filter: by the money that is due within the hour, or past, then by all money at risk. The fingerprint of the filter is ignored: all causes stay in sight while one is open.</summary>
    public async Task<IReadOnlyList<Cause>> CausesAsync(CaseFilter filter, CancellationToken cancel = default)
    {
        var whole = filter with { Fingerprint = null };
        await using var command = whole.IsTallied
            ? Command(CaseSql.TalliedConditions(whole), where => CaseSql.TalliedCauses(where, whole, CauseLimit))
            : Command(CaseSql.Conditions(whole), where => CaseSql.Causes(where, filter.Sort, CauseLimit));
        await using var reader = await command.ExecuteReaderAsync(cancel);
        List<Cause> groups = [];
        while (await reader.ReadAsync(cancel))
        {
            groups.Add(CaseReader.Cause(reader));
        }

        return groups;
    }

    /// <summary>Brands that have channels, and stores.</summary>
    public async Task<CaseChoices> ChoicesAsync(CancellationToken cancel = default)
    {
        var brands = await sources.Read.Command("select distinct brand from connection where brand <> '' order by 1").ListAsync(r => r.GetString(0), cancel);
        var stores = await sources.Read.Command("select id, name from location where kind = 'store' order by name, id").ListAsync(r => new CasePlaceName(r.GetString(0), r.GetString(1)), cancel);
        return new CaseChoices(brands, stores);
    }

    /// <summary>How many cases each filter has, read at once.</summary>
    public async Task<IReadOnlyList<CaseCount>> CountsAsync(IReadOnlyList<CaseFilter> filters, CancellationToken cancel = default)
    {
        await using var connection = await sources.Read.OpenConnectionAsync(cancel);
        await using var batch = new NpgsqlBatch(connection);
        foreach (var filter in filters)
        {
            var where = filter.IsTallied ? CaseSql.TalliedConditions(filter) : CaseSql.Conditions(filter);
            // Without an order, a plan that is made for any time of closing reads cases from before it until it has as many.
            var order = filter.ClosedFrom is null ? "" : " order by c.closed_at desc";
            batch.BatchCommands.Add(where.Command(filter.IsTallied
                ? $"select coalesce(sum(c.cases), 0)::bigint from case_board c{where.Where}"
                : $"select count(*) from (select from exception_case c left join flow f on f.id = c.flow_id{where.Where}{order} limit {CountLimit + 1}) n"));
        }

        await using var reader = await batch.ExecuteReaderAsync(cancel);
        List<CaseCount> counts = [];
        do
        {
            await reader.ReadAsync(cancel);
            var count = reader.GetInt64(0);
            counts.Add(filters[counts.Count].IsTallied || count <= CountLimit ? new CaseCount(count, OrMore: false) : new CaseCount(CountLimit, OrMore: true));
        }
        while (await reader.NextResultAsync(cancel));

        return counts;
    }

    /// <summary>How many cases wait for somebody: open, not being retried, not on the shelf.</summary>
    public async Task<long> OpenAsync(CancellationToken cancel = default)
    {
        await using var command = sources.Read.CreateCommand("select coalesce(sum(cases), 0)::bigint from case_board where state = 'open'");
        return (long)(await command.ExecuteScalarAsync(cancel))!;
    }

    /// <summary>Total of all causes of the filter, which were just read: what they come to, if these are all there are.</summary>
    public async Task<CaseTotal> TotalAsync(CaseFilter filter, IReadOnlyList<Cause> causes, CancellationToken cancel = default) =>
        causes.Count < CauseLimit ? CaseTotal.Of(causes) : await TotalAsync(filter with { Fingerprint = null }, cancel);

    public async Task<CaseTotal> TotalAsync(CaseFilter filter, CancellationToken cancel = default)
    {
        await using var command = filter.IsTallied
            ? Command(CaseSql.TalliedConditions(filter), where =>
                $"select coalesce(c.currency, ''), sum(c.cases)::bigint, sum(c.at_risk) from case_board c{where} group by 1 having sum(c.cases) > 0 order by 3 desc")
            : Command(CaseSql.Conditions(filter), where =>
                $"select coalesce(c.currency, ''), count(*), sum(c.at_risk) from exception_case c left join flow f on f.id = c.flow_id{where} group by 1 order by 3 desc");
        await using var reader = await command.ExecuteReaderAsync(cancel);
        long count = 0;
        List<Money> values = [];
        while (await reader.ReadAsync(cancel))
        {
            count += reader.GetInt64(1);
            if (reader.GetString(0) is { Length: 3 } currency)
            {
                values.Add(new Money(reader.GetDecimal(2), currency));
            }
        }

        return new CaseTotal(count, values);
    }

    /// <summary>The next ids of the list after <paramref name="after"/> (null: from the top).</summary>
    public async Task<CaseKeys> KeysAsync(CaseFilter filter, CaseCursor? after = null, int count = PageSize, CancellationToken cancel = default)
    {
        var take = Math.Clamp(count, 1, PageSize);
        var (where, sql) = Keys(filter, after, take + 1);
        await using var command = where.Command(sources.Read, sql);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        List<long> ids = [];
        CaseCursor? next = null;
        while (await reader.ReadAsync(cancel))
        {
            if (ids.Count == take)
            {
                return new CaseKeys(ids, next);
            }

            ids.Add(reader.GetInt64(0));
            next = new CaseCursor(filter.Sort, reader.GetString(1), reader.GetInt64(0));
        }

        return new CaseKeys(ids, null);
    }

    /// <summary>The ids of the whole list in its order, at most <paramref name="most"/>: what an act on everything takes.</summary>
    public async Task<IReadOnlyList<long>> WholeAsync(CaseFilter filter, int most, CancellationToken cancel = default)
    {
        var where = CaseSql.Conditions(filter);
        return await where.Command(sources.Read, $"select c.id from exception_case c left join flow f on f.id = c.flow_id{where.Where} order by {CaseSql.OrderBy(filter.Sort)} limit {most}")
            .ListAsync(r => r.GetInt64(0), cancel);
    }

    /// <summary>How many cases of the filter came after <paramref name="newestId"/> was the newest; at most 100.</summary>
    public async Task<int> NewerAsync(CaseFilter filter, long newestId, CancellationToken cancel = default)
    {
        var where = CaseSql.Conditions(filter);
        where.Add($"c.id > {where.Value(newestId)}");
        await using var command = where.Command(sources.Read,
            $"select count(*) from (select 1 from exception_case c left join flow f on f.id = c.flow_id{where.Where} limit 100) n");
        return Convert.ToInt32(await command.ExecuteScalarAsync(cancel), CultureInfo.InvariantCulture);
    }

    /// <summary>The highest case id there is; 0 without cases.</summary>
    public async Task<long> NewestIdAsync(CancellationToken cancel = default)
    {
        await using var command = sources.Read.CreateCommand("select coalesce(max(id), 0) from exception_case");
        return (long)(await command.ExecuteScalarAsync(cancel))!;
    }

    /// <summary>The rows of these ids as they are now, in no particular order; an id that is not there is left out.</summary>
    public async Task<IReadOnlyList<CaseRow>> RowsAsync(IReadOnlyCollection<long> ids, CancellationToken cancel = default)
    {
        if (ids.Count == 0)
        {
            return [];
        }

        await using var command = sources.Read.CreateCommand($"{CaseSql.Rows} where c.id = any($1)");
        command.Parameters.Add(new NpgsqlParameter<long[]> { TypedValue = [.. ids] });
        await using var reader = await command.ExecuteReaderAsync(cancel);
        List<CaseRow> rows = [];
        while (await reader.ReadAsync(cancel))
        {
            rows.Add(CaseReader.Row(reader));
        }

        return rows;
    }

    /// <summary>What each of these cases puts at risk; one without money is left out.</summary>
    public async Task<IReadOnlyDictionary<long, Money>> AtRiskAsync(IReadOnlyCollection<long> ids, CancellationToken cancel = default) =>
        (await sources.Read.Command("select id, at_risk, currency from exception_case where id = any($1) and currency is not null", Sql.Of(ids.ToArray()))
            .ListAsync(r => (Id: r.GetInt64(0), AtRisk: new Money(r.GetDecimal(1), r.GetString(2))), cancel)).ToDictionary(one => one.Id, one => one.AtRisk);

    /// <summary>How many causes these cases have.</summary>
    public Task<long> CauseCountAsync(IReadOnlyCollection<long> ids, CancellationToken cancel = default) =>
        sources.Read.Command("select count(distinct fingerprint) from exception_case where id = any($1)", Sql.Of(ids.ToArray())).ScalarAsync<long>(cancel);

    /// <summary>Count, value and targets of a selection, read at once: what the dialog shows and what will be frozen.</summary>
    /// <param name="kind">The act that is to be done to them.</param>
    public async Task<CaseSet> SetAsync(IReadOnlyCollection<long> ids, BatchKind kind = BatchKind.Retry, CancellationToken cancel = default)
    {
        await using var connection = await sources.Read.OpenConnectionAsync(cancel);
        await using var command = new NpgsqlCommand(CaseSql.Set(kind), connection);
        command.Parameters.Add(new NpgsqlParameter<long[]> { TypedValue = [.. ids.Distinct()] });
        await using var reader = await command.ExecuteReaderAsync(cancel);
        List<long> open = [];
        var values = new Dictionary<string, decimal>(StringComparer.Ordinal);
        var targets = new Dictionary<string, CaseTarget>(StringComparer.Ordinal);
        var codes = new Dictionary<(string, string), int>();
        int retrying = 0, blocked = 0, batched = 0;
        while (await reader.ReadAsync(cancel))
        {
            if (!reader.GetBoolean(11))
            {
                _ = reader.GetString(1) == "retrying" ? retrying++ : blocked++;
                continue;
            }

            if (reader.GetBoolean(9))
            {
                batched++;
                continue;
            }

            open.Add(reader.GetInt64(0));
            var code = (reader.GetString(10), reader.GetString(8));
            codes[code] = codes.GetValueOrDefault(code) + 1;
            if (!reader.IsDBNull(3))
            {
                values[reader.GetString(3)] = values.GetValueOrDefault(reader.GetString(3)) + reader.GetDecimal(2);
            }

            var name = reader.GetString(5);
            targets[name] = targets.TryGetValue(name, out var known)
                ? known with { Count = known.Count + 1 }
                : new CaseTarget(CaseReader.Text(reader, 4), name, 1, reader.GetBoolean(6), reader.GetString(7));
        }

        return new CaseSet(open, [.. values.Select(v => new Money(v.Value, v.Key)).OrderByDescending(m => m.Amount)],
            [.. targets.Values.OrderByDescending(t => t.Count)], retrying, blocked, ids.Distinct().Count() - open.Count - retrying - blocked - batched)
        {
            Batched = batched, Codes = [.. codes.Select(one => new CaseCode(one.Key.Item1, one.Key.Item2, one.Value))],
        };
    }

    internal static (SqlFilter Where, string Sql) Keys(CaseFilter filter, CaseCursor? after, int most)
    {
        var where = CaseSql.Conditions(filter);
        var (columns, descending) = CaseSql.Order(filter.Sort);
        if (after is not null)
        {
            where.Add($"({columns}, c.id) {(descending ? "<" : ">")} ({Place(where, after)}, {where.Value(after.Id)})");
        }

        return (where, $"select c.id, concat_ws(' ', {columns}) from exception_case c left join flow f on f.id = c.flow_id{where.Where} order by {CaseSql.OrderBy(filter.Sort)} limit {most}");
    }

    // As the list wrote it down: its sort columns, a space between.
    private static string Place(SqlFilter where, CaseCursor after)
    {
        if (after.Sort != CaseSort.Value)
        {
            return where.Value(DateTimeOffset.Parse(after.Value, CultureInfo.InvariantCulture, DateTimeStyles.AdjustToUniversal));
        }

        var parts = after.Value.Split(' ');
        return $"{where.Value(parts[0] == "t")}, {where.Value(decimal.Parse(parts[1], CultureInfo.InvariantCulture))}";
    }

    private NpgsqlCommand Command(SqlFilter where, Func<string, string> sql) => where.Command(sources.Read, sql(where.Where));
}
