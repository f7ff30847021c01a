using ControlTower.Data.Flows;
using ControlTower.Data.Triage;
using ControlTower.Tests.Support;
using ControlTower.Web.Pages.Exceptions;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace ControlTower.Tests.Web.Exceptions;

public sealed class BatchModelTests : IAsyncLifetime
{
    private TestDatabase database = null!;
    private BatchModel model = null!;

    public async ValueTask InitializeAsync()
    {
        database = await TestDatabase.CreateAsync();
        model = new BatchModel(new BatchQueries(database.Sources), TimeProvider.System, NullLogger.Instance);
        // 3,000 cases, of which every third failed; the last five were not sent yet.
        await database.ExecuteAsync(
            """
            insert into exception_case (fingerprint, failure, code, title, message, subject, value, currency) select 'f', 'value', 'c', 't', 'm', 's/' || n, n, 'EUR' from generate_series(1, 3000) n;
            insert into batch (key, kind, what, actor_name, actor_role, state_by, count, currencies, amounts, stages, per_second, failure_limit, proven, failed, stage)
                values (gen_random_uuid(), 'retry', 'all', 'Ida', 'Operations', 'Ida', 3000, '{EUR}', '{1}', '{1,2,5,20,100}', 8, 1, 1997, 998, 33);
            insert into batch_item (batch_id, ordinal, case_id, stage, state, attempt, sent_at, settled_at, detail)
                select 1, n, n, 1, case when n > 2995 then 'waiting' when n % 3 = 0 then 'failed' else 'proven' end, 1, now(), case when n <= 2995 then now() end, 'd' from generate_series(1, 3000) n
            """);
    }

    public async ValueTask DisposeAsync()
    {
        model.Dispose();
        await database.DisposeAsync();
    }

    [Fact]
    public async Task Any_part_of_a_long_list_is_read_without_what_lies_before_it()
    {
        await model.OpenAsync(1, null);
        Assert.Equal(3000, model.Count);
        Assert.Equal(Enumerable.Range(2901, 20), (await model.WindowAsync(2900, 20)).Select(i => i.Ordinal));
        Assert.Equal(Enumerable.Range(1, 20), (await model.WindowAsync(0, 20)).Select(i => i.Ordinal));
    }

    [Fact]
    public async Task A_list_of_one_result_has_the_same_rows_whether_one_scrolls_or_jumps()
    {
        await model.OpenAsync(1, "failed");
        Assert.Equal(998, model.Count);
        var jumped = await model.WindowAsync(600, 30);
        await model.OpenAsync(1, "failed");
        List<int> scrolled = [];
        for (var at = 0; at < 998; at += 50)
        {
            scrolled.AddRange((await model.WindowAsync(at, 50)).Select(i => i.Ordinal));
        }

        Assert.Equal(Enumerable.Range(1, 998).Select(n => n * 3), scrolled);
        Assert.Equal(scrolled.Skip(600).Take(30), jumped.Select(i => i.Ordinal));
    }

    [Fact]
    public async Task What_failed_is_copied_by_id_and_is_a_filter_of_the_desk()
    {
        await model.OpenAsync(1, null);
        var (text, count) = await model.FailedAsync();
        Assert.Equal(998, count);
        Assert.StartsWith("C-3\nC-6\n", text, StringComparison.Ordinal);

        var cases = new CaseQueries(database.Sources);
        Assert.Equal(998, (await cases.TotalAsync(new CaseFilter { Batch = 1, BatchResult = "failed" })).Count);
        Assert.Equal(3000, (await cases.TotalAsync(new CaseFilter { Batch = 1 })).Count);
        Assert.Equal(0, (await cases.TotalAsync(new CaseFilter { Batch = 2, BatchResult = "failed" })).Count);
    }

    [Fact]
    public async Task A_batch_that_does_not_exist_is_said_to_be_missing()
    {
        await model.OpenAsync(99, null);
        Assert.True(model.IsMissing);
        Assert.Empty(await model.WindowAsync(0, 20));
    }
}
