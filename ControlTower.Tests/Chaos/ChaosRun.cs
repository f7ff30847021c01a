using System.Diagnostics;
using System.Globalization;
using ControlTower.Tests.Support;

namespace ControlTower.Tests.Chaos;

/// <param name="Slowest">Longest time that a web took to answer a webhook, whatever was struck meanwhile.</param>
internal sealed record ChaosReport(Verdict Verdict, string Coverage, IReadOnlyCollection<TimeSpan> Gaps, TimeSpan Slowest, string Whose, string Logs)
{
    public string Resumed => Gaps.Count == 0 ? "no work of a killed worker was measured"
        : string.Create(CultureInfo.InvariantCulture, $"work of {Gaps.Count} killed workers was in other hands after {Gaps.Average(g => g.TotalSeconds):0.0} s on average, {Gaps.Max().TotalSeconds:0.0} s at most");

    public override string ToString() => $"{Whose}\n{Verdict}";
}

/// <summary>
/// Two webs and two workers under the faults of a schedule while people buy, bring back, hold scarce goods and put some on sale. At the end all is healed, the tower gets quiet, and both sides are
/// compared. The schedule is a function of the seed; what happens between the processes is not, so a replay gives the same faults at the same times and not the same interleaving.
/// </summary>
internal sealed class ChaosRun(int seed, TimeSpan length, TimeSpan pace, Action<string> say)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(8);
    private static readonly TimeSpan Progress = TimeSpan.FromSeconds(5);

    private readonly Stopwatch watch = Stopwatch.StartNew();

    /// <exception cref="InvalidOperationException">It came to no verdict; the message names seed and commit.</exception>
    public async Task<ChaosReport> RunAsync(CancellationToken cancel)
    {
        try
        {
            return await PlayAsync(cancel);
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            throw new InvalidOperationException($"{Whose()}\n{error.Message}", error);
        }
    }

    private async Task<ChaosReport> PlayAsync(CancellationToken cancel)
    {
        Say($"{Whose()}; starting PostgreSQL, the estate, two webs and two workers");
        await using var world = await ChaosWorld.StartAsync(seed, cancel);
        await world.UntilSubscribedAsync(cancel);
        watch.Restart();
        var (coverage, gaps, shoppers) = (new Coverage(world), new ResumeGaps(world), new Shoppers(world.Estate, seed));
        await using var person = new Person(world);
        await using var counter = new ReturnCounter(world);
        using var holders = await Holders.StartAsync(world, seed, cancel);
        await using var sale = await Sale.OfAsync(world, cancel);
        var unrest = new List<string>();
        using (var over = CancellationTokenSource.CreateLinkedTokenSource(cancel))
        {
            var looking = coverage.LookAsync(over.Token);
            var telling = TellAsync(world, shoppers, over.Token);
            await Task.WhenAll(
                StrikeAllAsync(world, coverage, gaps, shoppers, cancel), shoppers.BuyAsync(length, pace, cancel), counter.TakeBackAsync(length, cancel), holders.HoldAsync(length, cancel),
                sale.HoldAsync(length, cancel));
            Say($"{shoppers.Placed} orders placed, {shoppers.Cancelled} taken back; {counter.Orders.Count} returns; {holders.Granted} holds, {holders.Refused} refused; {sale.Came}; everything is healed now");
            await world.HealAsync(cancel);
            unrest.AddRange(await UnrestAsync(world, person, shoppers, counter, sale, cancel));
            if (unrest.Count == 0)
            {
                Say($"quiet; {await world.Postman.BringLateAsync(most: 100)} old webhooks came once more");
                unrest.AddRange(await UnrestAsync(world, person, shoppers, counter, sale, cancel));
            }

            await over.CancelAsync();
            await Task.WhenAll(looking, telling);
        }

        var verdict = await new Judge(world, counter, holders).JudgeAsync(cancel);
        verdict = verdict with { Wrong = [.. verdict.Wrong, .. await sale.WrongAsync(cancel), .. unrest] };
        var report = new ChaosReport(verdict, coverage.Table(), gaps.All, world.Postman.SlowestAnswer, Whose(), string.Join('\n', world.Nodes.Select(n => $"==== {n.Name}, {n.Starts} starts\n{n.Output}")));
        Say($"processes started {string.Join(", ", world.Nodes.Select(n => $"{n.Name} {n.Starts}x"))}; a person retried {person.Retried} cases; {world.Acks.Answers} answers of 202; slowest answer {report.Slowest.TotalSeconds:0.0} s, {world.Postman.Unanswered} not answered");
        Say(report.Resumed);
        return report;
    }

    private async Task StrikeAllAsync(ChaosWorld world, Coverage coverage, ResumeGaps gaps, Shoppers shoppers, CancellationToken cancel)
    {
        var striking = new Striking(world, gaps, new Poisoner(world), shoppers, cancel);
        var all = new List<Task>();
        foreach (var strike in ChaosSchedule.Of(seed, length))
        {
            if (strike.At - watch.Elapsed is { Ticks: > 0 } wait)
            {
                await Task.Delay(wait, TimeProvider.System, cancel);
            }

            all.Add(StrikeAsync(strike, striking, coverage));
        }

        await Task.WhenAll(all);
    }

    private async Task StrikeAsync(Strike strike, Striking striking, Coverage coverage)
    {
        Say($"{strike.Number,3}. {strike.Fault}, {strike.Lasts.TotalSeconds:0.0} s");
        coverage.Begin(strike);
        await striking.RunAsync(strike);
        coverage.End(strike);
    }

    private async Task TellAsync(ChaosWorld world, Shoppers shoppers, CancellationToken over)
    {
        using var rhythm = new PeriodicTimer(Progress, TimeProvider.System);
        while (!over.IsCancellationRequested)
        {
            var there = await world.TryAsync<string>(
                """
                select format('%s posted, %s done, %s open, %s cases', (select count(*) from posting where kind = 'PostSalesOrder' and state = 'confirmed'),
                    (select count(*) from flow where status in ('done', 'cancelled')), (select count(*) from flow where status in ('open', 'attention')),
                    (select count(*) from exception_case where state in ('open', 'retrying')))
                """);
            Say($"     {shoppers.Placed} orders in, {there ?? "the database does not answer"}; {world.Acks.Answers} acknowledgements");
            await ((Task)rhythm.WaitForNextTickAsync(over).AsTask()).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>What still waits although everything was healed long ago; nothing, if the tower got quiet in time.</summary>
    private static async Task<IReadOnlyList<string>> UnrestAsync(ChaosWorld world, Person person, Shoppers shoppers, ReturnCounter counter, Sale sale, CancellationToken cancel)
    {
        // An order that was taken back after its goods had left stays a matter for people.
        var quiet = string.Create(CultureInfo.InvariantCulture, $"""
            select not exists (select from inbox_work) and not exists (select from delivery) and not exists (select from flow where status = 'open' and state is not null)
                and (select count(*) from flow where kind = 'order-to-cash' and status in ('done', 'cancelled')) >= {shoppers.Placed - shoppers.Cancelled}
                and (select count(*) from flow where kind = 'order-to-cash' and state is not null) >= {shoppers.Placed}
                and (select count(*) from flow where kind = 'return-to-refund' and status in ('done', 'cancelled')) >= {counter.Orders.Count}
                and {Sale.IsOver}
                and not exists (select from exception_case e left join inbox_message m on m.id = e.message_id left join flow f on f.id = e.flow_id
                    where e.state in ('open', 'retrying') and coalesce(m.event_id, '') not like '{Poisoner.Mark}%' and coalesce(f.state ->> 'CancelRequested', 'false') <> 'true')
            """);
        var began = TimeProvider.System.GetTimestamp();
        while (true)
        {
            try
            {
                await world.UntilAsync(quiet, TimeSpan.FromSeconds(8), cancel);
                return [];
            }
            catch (TimeoutException) when (TimeProvider.System.GetElapsedTime(began) < Patience)
            {
                await person.RetryAsync(cancel);
                await sale.AgainAsync(cancel);
            }
            catch (TimeoutException)
            {
                return [string.Create(CultureInfo.InvariantCulture, $"Not quiet {Patience.TotalMinutes:0} min after everything was healed"), .. (await world.StateAsync()).Split('\n')];
            }
        }
    }

    private string Whose() => string.Create(CultureInfo.InvariantCulture, $"seed {seed}, commit {Commit()}; replay: ./tower chaos --seed {seed} --minutes {length.TotalMinutes:0.##}");

    private static string Commit()
    {
        try
        {
            using var git = Process.Start(new ProcessStartInfo("git", ["rev-parse", "--short", "HEAD"]) { UseShellExecute = false, WorkingDirectory = Repository.Root, RedirectStandardOutput = true, RedirectStandardError = true })!;
            return git.StandardOutput.ReadToEnd().Trim() is { Length: > 0 } id ? id : "unknown";
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return "unknown";
        }
    }

    private void Say(string words) => say(string.Create(CultureInfo.InvariantCulture, $"[{watch.Elapsed:mm\\:ss}] {words}"));
}
