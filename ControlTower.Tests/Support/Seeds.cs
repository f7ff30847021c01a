using System.Globalization;
using Xunit;

namespace ControlTower.Tests.Support;

/// <summary>
/// Runs one check for many seeds. The seeds of a usual run are always the same, so that a red run is red again; <c>SEEDS=FROM-TO</c> in the environment plays others,
/// a million of them or the one that failed.
/// </summary>
internal static class Seeds
{
    /// <summary>A loop takes every thread of the pool that it can get, and the towers, browsers and servers beside it would hear nothing for as long as it runs.</summary>
    public static ParallelOptions Few { get; } = new() { MaxDegreeOfParallelism = Environment.ProcessorCount };

    /// <param name="usual">How many, from 0 on, where the environment names none.</param>
    public static void Run(int usual, Action<int> check)
    {
        var (from, to) = Named() ?? (0, usual);
        Parallel.For(from, to, Few, (seed, loop) =>
        {
            try
            {
                check(seed);
            }
            catch (Exception error) when (error is not OutOfMemoryException)
            {
                loop.Stop();
                Assert.Fail($"Seed {seed} failed; SEEDS={seed}-{seed + 1} plays it alone. {error.Message}\n{error.StackTrace}");
            }
        });
    }

    /// <summary>One after the other, for checks that wait for a database.</summary>
    /// <param name="usual">How many, from 0 on, where the environment names none.</param>
    public static async Task PlayAsync(int usual, Func<int, Task> check)
    {
        var (from, to) = Named() ?? (0, usual);
        for (var seed = from; seed < to; seed++)
        {
            try
            {
                await check(seed);
            }
            catch (Exception error) when (error is not OutOfMemoryException)
            {
                Assert.Fail($"Seed {seed} failed; SEEDS={seed}-{seed + 1} plays it alone. {error.Message}\n{error.StackTrace}");
            }
        }
    }

    private static (int From, int To)? Named() =>
        Environment.GetEnvironmentVariable("SEEDS") is { Length: > 0 } text && text.Split('-') is [var from, var to]
            ? (int.Parse(from, CultureInfo.InvariantCulture), int.Parse(to, CultureInfo.InvariantCulture))
            : null;
}
