using System.Globalization;
using ControlTower.Tests.Support;
using Xunit;

namespace ControlTower.Tests.Chaos;

/// <summary>Releases as real processes: a share of the seeds in each run, as many as one wants by <c>./tower releases</c>.</summary>
[Collection(UnderFire.Name)]
public sealed class ReleaseRunTests
{
    [Promise(17)]
    [Fact]
    public async Task Systems_and_tower_are_killed_while_a_release_is_out_and_every_price_is_what_it_was()
    {
        var cancel = TestContext.Current.CancellationToken;
        await using var world = await ReleaseWorld.StartAsync(cancel);
        var schedule = new ReleaseSchedule(world, 1, TestContext.Current.TestOutputHelper!.WriteLine);
        await schedule.PlayAsync(cancel);
        Assert.True(schedule.Touched > 0, "Nothing was set, so nothing was brought back.");
    }
}

/// <summary>Run by <c>./tower releases</c>; skipped elsewhere.</summary>
[Collection(UnderFire.Name)]
public sealed class ReleaseJourney
{
    [Fact]
    public async Task Every_price_is_what_it_was()
    {
        var seeds = Environment.GetEnvironmentVariable("RELEASE_SEEDS");
        Assert.SkipWhen(string.IsNullOrEmpty(seeds), "Run by ./tower releases.");
        var cancel = TestContext.Current.CancellationToken;
        var (from, to) = seeds!.Split('-') is [var first, var last] ? (int.Parse(first, CultureInfo.InvariantCulture), int.Parse(last, CultureInfo.InvariantCulture)) : throw new FormatException("RELEASE_SEEDS is FROM-TO.");
        await using var world = await ReleaseWorld.StartAsync(cancel);
        var began = TimeProvider.System.GetTimestamp();
        var touched = 0L;
        for (var seed = from; seed < to; seed++)
        {
            try
            {
                var schedule = new ReleaseSchedule(world, seed, Console.Error.WriteLine);
                await schedule.PlayAsync(cancel);
                touched += schedule.Touched;
            }
            catch (Exception error) when (error is not OperationCanceledException)
            {
                await Console.Error.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"seed {seed} failed; ./tower releases --seeds {seed}-{seed + 1} plays it alone.\n{error.Message}"));
                throw;
            }
        }

        Assert.True(touched > 0, "No release set a price, so none was brought back.");
        await Console.Error.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{to - from} releases in {TimeProvider.System.GetElapsedTime(began).TotalSeconds:0} s: every price is what it was, 0 exceptions"));
    }
}
