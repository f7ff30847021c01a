using ControlTower.Data.Db;
using Hangfire.Server;
using Microsoft.Extensions.Logging;

namespace ControlTower.Sync.Pumps;

/// <summary>
/// Runs one pump for ever inside Hangfire's server, where it is seen with the other processes. The loop survives every error of a run: it waits, longer after each error in a row, and
/// tries again; it never leaves that to Hangfire, whose own pause after a throw grows to minutes.
/// </summary>
public sealed partial class PumpProcess(IPump pump, PumpMeter meter, Doorbell doorbell, DatabaseWatch watch, TimeProvider clock, ILogger<PumpProcess> log) : IBackgroundProcess
{
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);

    public void Execute(BackgroundProcessContext context) => RunAsync(context.StoppingToken).GetAwaiter().GetResult();

    public override string ToString() => $"pump {pump.Name}";

    /// <summary>Longer after each error in a row, never so long that the end of the trouble is noticed late.</summary>
    internal static TimeSpan PauseAfter(int errors)
    {
        var pause = TimeSpan.FromMilliseconds(250 * Math.Pow(2, Math.Clamp(errors, 1, 6)));
        return pause < LongestPause ? pause : LongestPause;
    }

    internal async Task RunAsync(CancellationToken stopping)
    {
        var errors = 0;
        while (!stopping.IsCancellationRequested)
        {
            var started = clock.GetTimestamp();
            try
            {
                var run = await pump.RunOnceAsync(stopping);
                meter.Ran(pump.Name, run, clock.GetElapsedTime(started));
                watch.Reached();
                errors = 0;
                if (!run.Again)
                {
                    await doorbell.WaitAsync(pump.Bell, pump.Idle, stopping);
                }
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                break;
            }
            catch (Exception error) when (error is not OutOfMemoryException)
            {
                errors++;
                meter.Stumbled(pump.Name, error);
                if (!watch.Missed(pump.Name, error))
                {
                    Stumbled(log, pump.Name, errors, error);
                }

                await Task.Delay(PauseAfter(errors), clock, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }

        await EndAsync();
    }

    private async Task EndAsync()
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(18), clock);
        try
        {
            await pump.StopAsync(patience.Token);
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            if (!watch.Missed(pump.Name, error))
            {
                Stumbled(log, pump.Name, 0, error);
            }
        }

        meter.Stopped(pump.Name);
    }

    [LoggerMessage(EventId = 2441, Level = LogLevel.Error, Message = "Pump {Pump} stumbled ({Errors} in a row)")]
    private static partial void Stumbled(ILogger log, string pump, int errors, Exception error);
}
