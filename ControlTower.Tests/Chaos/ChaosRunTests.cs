using System.Globalization;
using ControlTower.Tests.Support;
using Xunit;

namespace ControlTower.Tests.Chaos;

/// <summary>Tests that run a whole estate of processes and stop or freeze parts of it have the machine to themselves.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class UnderFire
{
    public const string Name = "under fire";
}

[Collection(UnderFire.Name)]
public sealed class ChaosRunTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Promise(4)]
    [Promise(1)]
    [Fact]
    public async Task A_minute_under_fire_loses_nothing_and_doubles_nothing()
    {
        var said = TestContext.Current.TestOutputHelper!;

        var report = await new ChaosRun(seed: 19579, TimeSpan.FromSeconds(75), pace: TimeSpan.FromSeconds(1), said.WriteLine).RunAsync(Cancel);

        said.WriteLine(report.Coverage);
        Assert.True(report.Verdict.IsSound, report.ToString());
        Assert.True(report.Verdict.Orders > 10, $"Only {report.Verdict.Orders} orders were placed.");
    }

    [Fact]
    public void The_schedule_is_a_function_of_the_seed()
    {
        Assert.Equal(ChaosSchedule.Of(7, TimeSpan.FromMinutes(10)), ChaosSchedule.Of(7, TimeSpan.FromMinutes(10)));
        Assert.NotEqual(ChaosSchedule.Of(7, TimeSpan.FromMinutes(10)), ChaosSchedule.Of(8, TimeSpan.FromMinutes(10)));
    }

    [Fact]
    public void Every_fault_comes_once_before_any_comes_again()
    {
        var faults = Enum.GetValues<ChaosFault>();

        var strikes = ChaosSchedule.Of(3, TimeSpan.FromMinutes(10)).Select(s => s.Fault).ToList();

        Assert.True(strikes.Count > 2 * faults.Length);
        Assert.Equal(faults.Order(), strikes.Take(faults.Length).Order());
        Assert.Equal(faults.Order(), strikes.Skip(faults.Length).Take(faults.Length).Order());
    }
}

/// <summary>The same for as long and with the seed that one wants. Run by <c>./tower chaos</c>; skipped elsewhere.</summary>
[Collection(UnderFire.Name)]
public sealed class ChaosJourney
{
    [Fact]
    public async Task Nothing_is_lost_and_nothing_is_doubled()
    {
        var (seed, minutes) = (Environment.GetEnvironmentVariable("CHAOS_SEED"), Environment.GetEnvironmentVariable("CHAOS_MINUTES"));
        Assert.SkipWhen(string.IsNullOrEmpty(seed) || string.IsNullOrEmpty(minutes), "Run by ./tower chaos.");
        var length = TimeSpan.FromMinutes(double.Parse(minutes!, CultureInfo.InvariantCulture));
        ChaosReport report;
        try
        {
            report = await new ChaosRun(int.Parse(seed!, CultureInfo.InvariantCulture), length, TimeSpan.FromSeconds(1), Console.Error.WriteLine).RunAsync(TestContext.Current.CancellationToken);
        }
        catch (Exception error)
        {
            await Console.Error.WriteLineAsync($"The run broke off without a verdict: {error.Message}");
            throw;
        }

        await SayAsync(report);
        Assert.True(report.Verdict.IsSound);
    }

    private static async Task SayAsync(ChaosReport report)
    {
        await Console.Error.WriteLineAsync(report.Coverage);
        if (!report.Verdict.IsSound)
        {
            var log = Path.Combine(Repository.Root, "artifacts", "chaos.log");
            Directory.CreateDirectory(Path.GetDirectoryName(log)!);
            await File.WriteAllTextAsync(log, report.Logs);
            await Console.Error.WriteLineAsync($"What the processes logged is in {log}");
        }

        await Console.Error.WriteLineAsync(report.ToString());
    }
}
