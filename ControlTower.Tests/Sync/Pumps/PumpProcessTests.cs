using ControlTower.Data.Db;
using ControlTower.Sync.Pumps;
using ControlTower.Tests.Support;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using Npgsql;
using Xunit;

namespace ControlTower.Tests.Sync.Pumps;

public sealed class PumpProcessTests
{
    [Theory]
    [InlineData(true, 0)]
    [InlineData(false, 8)]
    public async Task A_pump_without_its_database_tries_on_quietly_and_one_with_a_defect_says_so(bool away, int errors)
    {
        var (clock, log) = (new FakeTimeProvider(), new TestLog());
        using var loggers = new LoggerFactory([log]);
        using var stop = new CancellationTokenSource();
        var pump = new FailingPump(away ? new NpgsqlException("connection refused") : new InvalidOperationException("a defect"), runs: 8, stop);
        var process = new PumpProcess(
            pump, new PumpMeter(clock), new Doorbell(), new DatabaseWatch(new TowerDataSources("Host=127.0.0.1"), clock, loggers.CreateLogger<DatabaseWatch>()), clock, loggers.CreateLogger<PumpProcess>());
        var running = Task.Run(() => process.RunAsync(stop.Token));
        while (!running.IsCompleted)
        {
            clock.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        await running;
        Assert.Equal(errors, log.Errors.Count());
        Assert.Equal(away ? 1 : 0, log.Lines.Count(line => line.Level == LogLevel.Warning));
    }

    [Fact]
    public void The_pause_grows_with_each_error_and_ends_at_five_seconds()
    {
        var pauses = Enumerable.Range(1, 10).Select(PumpProcess.PauseAfter).ToList();
        Assert.Equal(pauses.Order(), pauses);
        Assert.Equal((TimeSpan.FromMilliseconds(500), TimeSpan.FromSeconds(5)), (pauses[0], pauses[^1]));
    }

    private sealed class FailingPump(Exception error, int runs, CancellationTokenSource stop) : IPump
    {
        private int count;

        public string Name => "failing";

        public string Bell => "#failing";

        public TimeSpan Idle => TimeSpan.FromSeconds(1);

        public Task<PumpRun> RunOnceAsync(CancellationToken cancel)
        {
            if (++count == runs)
            {
                stop.Cancel();
            }

            throw error;
        }
    }
}
