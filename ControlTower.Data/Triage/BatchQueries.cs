using ControlTower.Data.Canonical;
using ControlTower.Data.Db;
using Npgsql;

namespace ControlTower.Data.Triage;

/// <summary>Reads about batches, for screens. The figures stand in the batch's own row, so that no list counts items. Reading again is always safe.</summary>
public sealed class BatchQueries(TowerDataSources sources)
{
    /// <summary>Items per page at most.</summary>
    public const int PageSize = 500;

    /// <summary>Stages drawn one by one at most; of longer batches those around the present one.</summary>
    private const int MostBars = 7;

    private const string Rows =
        """
        select id, kind, what, reason, actor_name, frozen_at, count, left_out, currencies, amounts, stages, per_second, failure_limit, state, why, state_by, state_at, stage,
               sent, proven, failed, skipped, version, finished_at, passed
        from batch
        """;

    /// <summary>The batch, or null if there is none.</summary>
    public async Task<BatchRow?> FindAsync(long id, CancellationToken cancel = default) =>
        await sources.Read.Command($"{Rows} where id = $1", Sql.Of(id)).ListAsync(Row, cancel) is [var row] ? row : null;

    /// <summary>The newest batches first, those before <paramref name="before"/> where it is given.</summary>
    public async Task<IReadOnlyList<BatchRow>> ListAsync(long? before, int most, CancellationToken cancel = default) =>
        await sources.Read.Command($"{Rows} where id < $1 order by id desc limit $2", Sql.Of(before ?? long.MaxValue), Sql.Of(most)).ListAsync(Row, cancel);

    /// <summary>What the desk shows: batches that are not finished, and those that finished within the last ten minutes; three at most, newest first.</summary>
    public async Task<IReadOnlyList<BatchPicture>> BoardAsync(CancellationToken cancel = default)
    {
        var rows = await sources.Read.Command(
                $"{Rows} where id in (select id from batch order by id desc limit 200) and (finished_at is null or finished_at > now() - interval '10 minutes') order by finished_at is null desc, id desc limit 3")
            .ListAsync(Row, cancel);
        List<BatchPicture> pictures = [];
        foreach (var row in rows)
        {
            pictures.Add(await DrawAsync(row, cancel));
        }

        return pictures;
    }

    public async Task<BatchPicture?> PictureAsync(long id, CancellationToken cancel = default) =>
        await FindAsync(id, cancel) is { } row ? await DrawAsync(row, cancel) : null;

    /// <summary>Items of one result (null: all) after an ordinal, in order; the first <paramref name="skip"/> of them left out.</summary>
    public async Task<IReadOnlyList<BatchItemRow>> ItemsAsync(long id, string? result, int after, int skip, int most, CancellationToken cancel = default)
    {
        var where = new SqlFilter();
        where.Add($"i.batch_id = {where.Value(id)} and i.ordinal > {where.Value(after)}");
        where.In("i.state", result is null ? [] : [result]);
        return await where.Command(sources.Read,
            $"""
            select i.ordinal, i.case_id, coalesce(nullif(f.name, ''), c.subject, ''), c.value, c.currency, i.stage, i.state, i.detail, i.sent_at, i.settled_at
            from (select * from batch_item i{where.Where} order by i.ordinal limit {Math.Clamp(most, 1, PageSize)} offset {Math.Max(0, skip)}) i
            left join exception_case c on c.id = i.case_id left join flow f on f.id = c.flow_id order by i.ordinal
            """)
            .ListAsync(Item, cancel);
    }

    /// <summary>The cases of one result, in order, at most so many.</summary>
    public Task<List<long>> CasesAsync(long id, string result, int most, CancellationToken cancel = default) =>
        sources.Read.Command("select case_id from batch_item where batch_id = $1 and state = $2 order by ordinal limit $3", Sql.Of(id), Sql.Of(result), Sql.Of(most))
            .ListAsync(r => r.GetInt64(0), cancel);

    private async Task<BatchPicture> DrawAsync(BatchRow row, CancellationToken cancel) =>
        new(row, await BarsAsync(row, cancel), row.Sent > 0 ? await WaitsAsync(row.Id, cancel) : []);

    private async Task<IReadOnlyList<BatchBar>> BarsAsync(BatchRow row, CancellationToken cancel)
    {
        var bars = Windows(row.Plan.StagesFor(row.Count), row.Stage);
        var ends = bars.Select(bar => Math.Min(row.Count, row.Plan.RangeOf(bar.Last).Last)).ToArray();
        // What lies before or behind the drawn stages is not counted item by item: the batch's own figures say it.
        var counts = await sources.Read.Command(
                """
                select w.n::int, i.state, count(*)::int from unnest($2::int[], $3::int[]) with ordinality as w (first, last, n)
                join batch_item i on i.batch_id = $1 and i.ordinal between w.first and w.last where w.last - w.first < $4 group by 1, 2
                """,
                Sql.Of(row.Id), Sql.Of(bars.Select(bar => row.Plan.RangeOf(bar.First).First).ToArray()), Sql.Of(ends), Sql.Of(BatchPlan.LargestStage))
            .ListAsync(r => (Bar: r.GetInt32(0) - 1, State: r.GetString(1), Count: r.GetInt32(2)), cancel);
        return [.. bars.Select((bar, n) => Bar(row, bar, ends[n], n, counts))];
    }

    private static BatchBar Bar(BatchRow row, (int First, int Last) bar, int end, int n, List<(int Bar, string State, int Count)> counts)
    {
        int Of(string state) => counts.Where(c => c.Bar == n && c.State == state).Sum(c => c.Count);
        var count = end - row.Plan.RangeOf(bar.First).First + 1;
        var counted = counts.Exists(c => c.Bar == n);
        return counted
            ? new BatchBar(bar.First, bar.Last, count, Of("sent"), Of("proven"), Of("passed"), Of("failed"), Of("skipped"))
            : new BatchBar(bar.First, bar.Last, count, 0, bar.Last < row.Stage ? count : 0, 0, 0, !row.IsOpen && bar.First > row.Stage ? count : 0);
    }

    private static List<(int First, int Last)> Windows(int stages, int present)
    {
        if (stages <= MostBars)
        {
            return [.. Enumerable.Range(1, stages).Select(stage => (stage, stage))];
        }

        var from = Math.Clamp(present - 2, 2, stages - MostBars + 2);
        List<(int, int)> bars = [(1, from - 1), .. Enumerable.Range(from, MostBars - 2).Select(stage => (stage, stage))];
        var next = from + MostBars - 2;
        return next <= stages ? [.. bars, (next, stages)] : bars;
    }

    private Task<List<BatchWait>> WaitsAsync(long id, CancellationToken cancel) =>
        sources.Read.Command(
                """
                select t.name, count(*)::int, bool_or(coalesce(t.disabled_at, t.paused_at) is not null) from batch_item i join exception_case c on c.id = i.case_id
                left join posting p on p.key = c.posting_key join connection t on t.id = coalesce(p.connection_id, c.connection_id) left join connection_gate g on g.connection_id = t.id
                where i.batch_id = $1 and i.state = 'sent' and (coalesce(t.disabled_at, t.paused_at) is not null or g.breaker <> 'closed') group by t.id, t.name order by 2 desc, 1
                """,
                Sql.Of(id))
            .ListAsync(r => new BatchWait(r.GetString(0), r.GetInt32(1), r.GetBoolean(2)), cancel);

    private static BatchRow Row(NpgsqlDataReader r) => new(
        r.GetInt64(0), BatchOrder.Parse(r.GetString(1)), r.GetString(2), CaseReader.Text(r, 3), r.GetString(4), CaseReader.At(r, 5), r.GetInt32(6), r.GetInt32(7), CaseReader.Values(r, 8),
        new BatchPlan(r.GetFieldValue<int[]>(10), r.GetInt32(11), r.GetDecimal(12)), r.GetString(13), CaseReader.Text(r, 14), r.GetString(15), CaseReader.At(r, 16), r.GetInt32(17),
        r.GetInt32(18), r.GetInt32(19), r.GetInt32(20), r.GetInt32(21), r.GetInt32(22), CaseReader.When(r, 23))
    { Passed = r.GetInt32(24) };

    private static BatchItemRow Item(NpgsqlDataReader r) => new(
        r.GetInt32(0), r.GetInt64(1), r.GetString(2), r.IsDBNull(4) ? null : new Money(r.GetDecimal(3), r.GetString(4)), r.GetInt32(5), r.GetString(6), CaseReader.Text(r, 7),
        CaseReader.When(r, 8), CaseReader.When(r, 9));
}
