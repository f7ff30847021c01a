using ControlTower.Data.Ownership;
using ControlTower.Sync.Ownership;
using Xunit;
using static ControlTower.Tests.Sync.Ownership.OwnershipWorld;

namespace ControlTower.Tests.Sync.Ownership;

/// <summary>A trial says what a change would have done: the same that judging every write by hand says.</summary>
public sealed class OwnershipTrialTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Whatever_was_written_the_trial_counts_what_judging_each_write_counts(int seed)
    {
        await using var world = await CreateAsync();
        var random = new Random(seed);
        var now = TimeProvider.System.GetUtcNow();
        string[] verdicts = ["owned", "let-through", "blocked", "quarantined", "filled"];
        var writes = Enumerable.Range(0, 600).Select(i => (
            Where: new OwnershipContext("price", random.Next(2) == 0 ? "price" : "compare-at", random.Next(2) == 0 ? "fjell" : "nord", "", random.Next(2) == 0 ? "shop" : "erp", "", random.Next(2) == 0 ? "shop" : "erp"),
            Subject: $"SKU-{random.Next(40)}", Verdict: verdicts[random.Next(5)], Owner: random.Next(2) == 0 ? "9 EUR" : null, At: now.AddMinutes(-random.Next(1, 14 * 24 * 60 - 5)))).ToList();
        await using (var connection = await world.Database.Sources.Work.OpenConnectionAsync())
        {
            await OwnershipLog.WriteAsync(connection, [.. writes.Select(w => new NewOwnershipWrite(w.Where, w.Subject, "1", "2", w.Owner, w.Verdict, 1))], default);
        }

        for (var i = 0; i < writes.Count; i++)
        {
            await world.Database.ExecuteAsync($"update ownership_write set at = '{writes[i].At:O}' where id = {i + 1}");
        }

        var change = new OwnershipRule("price", "price", "fjell", Mode: OwnershipMode.Enforce, Owners: ["erp"]);
        var number = Done(await world.Desk.DraftAsync(new OwnershipDraft("Price is the ERP's", "It is.", [change], null, null), Guid.NewGuid(), Ada, default));
        var days = new List<int>();
        var trial = (await world.Engine.Get<OwnershipTrials>().RunAsync(number, 14, new Days(days), default))!;

        var book = await world.Engine.Get<OwnershipBook>().AtAsync(now, await OwnershipStore.FindAsync(world.Database.Sources.Read, number, default), default);
        bool Taken(string verdict) => verdict is "owned" or "filled" or "let-through";
        bool Becomes((OwnershipContext Where, string Subject, string Verdict, string? Owner, DateTimeOffset At) w) => Taken(book.Judge(w.Where).Verdict(w.Owner is not null));
        var harder = writes.Where(w => Taken(w.Verdict) && !Becomes(w)).ToList();
        var corrected = harder.Count(w => writes.Any(o => o.Subject == w.Subject && o.Where.Domain == w.Where.Domain && o.Where.Field == w.Where.Field && o.At > w.At && book.Judge(o.Where).Stance == Stance.Owns));
        Assert.NotEmpty(harder);
        Assert.Equal((600L, (long)harder.Count, (long)writes.Count(w => !Taken(w.Verdict) && Becomes(w)), (long)corrected), (trial.Writes, trial.Harder, trial.Softer, trial.Corrected));
        Assert.Equal(harder.Count, trial.Shares.Where(s => s.Verdict is "blocked" or "quarantined").Sum(s => s.Writes));
        Assert.Equal(Enumerable.Range(1, 14), days);

        Assert.Equal(harder.Count, await CountAsync(world, number, left: false));
        Assert.Equal(harder.Count - corrected, await CountAsync(world, number, left: true));
        Assert.Equal(trial.Harder, (await OwnershipStore.FindAsync(world.Database.Sources.Read, number, default))!.Tried!.Harder);
    }

    private static async Task<int> CountAsync(OwnershipWorld world, int number, bool left)
    {
        var (count, before) = (0, long.MaxValue);
        while (await world.Engine.Get<OwnershipTrials>().RowsAsync(number, 14, left, before, 50, default) is { Count: > 0 } page)
        {
            (count, before) = (count + page.Count, page[^1].Id);
        }

        return count;
    }

    private sealed class Days(List<int> days) : IProgress<int>
    {
        public void Report(int value) => days.Add(value);
    }
}
