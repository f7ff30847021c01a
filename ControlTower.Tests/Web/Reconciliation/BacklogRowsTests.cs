using ControlTower.Data.Reconciliation;
using ControlTower.Web.Pages.Reconciliation;
using Xunit;

namespace ControlTower.Tests.Web.Reconciliation;

/// <summary>The rows of a list whose page asks again while a person asks for more: none is lost, none stands twice, whichever answer comes first.</summary>
public sealed class BacklogRowsTests
{
    private readonly List<(int Most, TaskCompletionSource<BacklogRead> Answer)> asked = [];
    private readonly BacklogRows rows;

    public BacklogRowsTests() => rows = new BacklogRows((_, most) =>
    {
        asked.Add((most, new TaskCompletionSource<BacklogRead>()));
        return asked[^1].Answer.Task;
    });

    [Fact]
    public async Task More_stays_when_a_refresh_that_was_asked_before_answers_after_it()
    {
        var refresh = rows.LoadAsync(new ReconFilter());
        rows.More();
        var more = rows.LoadAsync(new ReconFilter());
        Assert.Equal([200, 400], asked.Select(a => a.Most));
        Answer(1, 400);
        Answer(0, 200);
        Assert.Equal((true, false), (await more, await refresh));
        Assert.Equal(400, rows.Rows.Count);
        Assert.Equal(400, rows.Rows.Select(r => r.Id).Distinct().Count());
    }

    [Fact]
    public async Task A_refresh_from_before_more_was_asked_for_never_takes_rows_away()
    {
        rows.More();
        var first = rows.LoadAsync(new ReconFilter());
        Answer(0, 400);
        await first;
        var refresh = rows.LoadAsync(new ReconFilter());
        rows.More();
        Answer(1, 400);
        Assert.False(await refresh);
        var more = rows.LoadAsync(new ReconFilter());
        Answer(2, 600);
        Assert.True(await more);
        Assert.Equal(600, rows.Rows.Count);
    }

    [Fact]
    public async Task An_older_answer_does_not_overtake_a_newer_one_nor_one_of_another_list()
    {
        var (older, newer) = (rows.LoadAsync(new ReconFilter()), rows.LoadAsync(new ReconFilter()));
        Answer(1, 3);
        Answer(0, 5);
        Assert.Equal((false, true), (await older, await newer));
        Assert.Equal((3, 1), (rows.Rows.Count, rows.IndexOf(2)));
        var before = rows.LoadAsync(new ReconFilter());
        rows.Turn();
        Answer(2, 5);
        Assert.False(await before);
        Assert.Equal(3, rows.Rows.Count);
    }

    private void Answer(int question, int count) => asked[question].Answer.SetResult(new BacklogRead([.. Enumerable.Range(1, count).Select(Row)], count, count));

    private static ReconItemRow Row(int id) => new(
        id, Comparisons.Order, ReconCategories.OrderDiffers, BreakKinds.Amount, "open", $"NL-{id}", "EUR", 10m, 9m, null, 0m, 1m, 1m, "shop", "Shop", "bc", null, "", null, default, default, 0, null, null, null, null, 1, $"o{id}");
}
