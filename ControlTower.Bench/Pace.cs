using System.Diagnostics;

namespace ControlTower.Bench;

/// <summary>Starts work at a steady rate, whether what was started before has ended or not: a slow system is not spared.</summary>
internal static class Pace
{
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(5);

    /// <summary>Returns when the time is over and everything has ended.</summary>
    public static Task RunAsync(double perSecond, TimeSpan time, Func<Task> start) => RunAsync(perSecond, elapsed => elapsed < time, start);

    /// <param name="goesOn">Asked at each tick, with the time since the start.</param>
    public static async Task RunAsync(double perSecond, Func<TimeSpan, bool> goesOn, Func<Task> start)
    {
        var running = new List<Task>();
        var began = Stopwatch.GetTimestamp();
        for (long started = 0; Stopwatch.GetElapsedTime(began) is var elapsed && goesOn(elapsed);)
        {
            for (; started < elapsed.TotalSeconds * perSecond; started++)
            {
                running.Add(start());
            }

            running.RemoveAll(task => task.IsCompletedSuccessfully);
            await Task.Delay(Tick, TimeProvider.System);
        }

        await Task.WhenAll(running);
    }
}
