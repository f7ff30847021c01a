using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using ControlTower.Sync.Pumps;
using ControlTower.Tests.Simulation;
using ControlTower.Tests.Support;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace ControlTower.Tests.Sync.Pumps;

/// <summary>What pumps count, as watched from outside, and when a pump counts as running.</summary>
public sealed class PumpMeterTests
{
    private readonly FakeTimeProvider clock = new();

    [Fact]
    public void Depth_age_batch_duration_and_stumbles_are_measured_per_pump()
    {
        // A pump of its own name: other tests measure at the same time.
        var name = Guid.NewGuid().ToString("N");
        using var meter = new PumpMeter(clock);
        var seen = new ConcurrentBag<(string Instrument, double Value)>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, l) =>
        {
            if (instrument.Meter.Name == "ControlTower")
                l.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Keep(instrument, value, tags));
        listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Keep(instrument, value, tags));
        listener.Start();

        meter.Ran(name, new PumpRun(7, 2, Again: false), TimeSpan.FromMilliseconds(40));
        meter.Ran(name, PumpRun.Nothing, TimeSpan.FromMilliseconds(1));
        meter.Stumbled(name, new InvalidOperationException("words that nobody needs to see"));
        meter.Deep(name, 12, 34.5);
        listener.RecordObservableInstruments();

        Assert.Equal(
            [
                ("tower.pump.batch", 7), ("tower.pump.depth", 12), ("tower.pump.duration", 1), ("tower.pump.duration", 40), ("tower.pump.failed", 0), ("tower.pump.failed", 2),
                ("tower.pump.oldest_age", 34.5), ("tower.pump.runs", 1), ("tower.pump.runs", 1), ("tower.pump.stumbles", 1), ("tower.pump.taken", 0), ("tower.pump.taken", 7),
            ],
            seen.Order());

        void Keep(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            Assert.DoesNotContain(tags.ToArray(), tag => $"{tag.Value}".Contains("words", StringComparison.Ordinal));
            if (tags.ToArray().Any(tag => Equals(tag.Value, name)))
                seen.Add((instrument.Name, value));
        }
    }

    [Fact]
    public async Task A_pump_that_never_ran_hangs_or_only_fails_is_not_running()
    {
        using var meter = new PumpMeter(clock);
        IPump[] pumps = [new Named("one"), new Named("two")];
        meter.Ran("one", PumpRun.Nothing, TimeSpan.Zero);
        Assert.Contains("two", (await CheckAsync()).Description, StringComparison.Ordinal);

        meter.Ran("two", PumpRun.Nothing, TimeSpan.Zero);
        Assert.Equal(HealthStatus.Healthy, (await CheckAsync()).Status);

        // One goes on, the other fails every second.
        for (var second = 0; second <= PumpsRunning.Longest.TotalSeconds; second++)
        {
            Assert.Equal(HealthStatus.Healthy, (await CheckAsync()).Status);
            clock.Advance(TimeSpan.FromSeconds(1));
            meter.Ran("one", PumpRun.Nothing, TimeSpan.Zero);
            meter.Stumbled("two", new InvalidOperationException("again"));
        }

        Assert.Equal((HealthStatus.Unhealthy, "No run of two has ended well within 60 s."), await CheckAsync() is var result ? (result.Status, result.Description) : default);
        meter.Ran("two", PumpRun.Nothing, TimeSpan.Zero);
        Assert.Equal(HealthStatus.Healthy, (await CheckAsync()).Status);

        // Both hang.
        clock.Advance(PumpsRunning.Longest + TimeSpan.FromSeconds(1));
        Assert.Equal("No run of one, two has ended well within 60 s.", (await CheckAsync()).Description);

        Task<HealthCheckResult> CheckAsync() => new PumpsRunning(pumps, meter).CheckHealthAsync(
            new HealthCheckContext { Registration = new HealthCheckRegistration("pumps", _ => throw new InvalidOperationException(), HealthStatus.Unhealthy, tags: null) });
    }

    [Promise(25)]
    [Theory]
    [InlineData(1)]
    [InlineData(-1)]
    public async Task Whoever_sets_the_clock_neither_hides_a_pump_that_hangs_nor_accuses_one_that_runs(int hours)
    {
        var machine = new SimClock(DateTimeOffset.UnixEpoch);
        using var meter = new PumpMeter(machine);
        var running = new PumpsRunning([new Named("one")], meter);
        var context = new HealthCheckContext { Registration = new HealthCheckRegistration("pumps", running, HealthStatus.Unhealthy, tags: null) };
        meter.Ran("one", PumpRun.Nothing, TimeSpan.Zero);

        machine.Skew = TimeSpan.FromHours(hours);
        Assert.Equal(HealthStatus.Healthy, (await running.CheckHealthAsync(context)).Status);
        machine.Advance(PumpsRunning.Longest + TimeSpan.FromSeconds(1));
        Assert.Equal(HealthStatus.Unhealthy, (await running.CheckHealthAsync(context)).Status);
    }

    private sealed class Named(string name) : IPump
    {
        public string Name => name;

        public string Bell => name;

        public TimeSpan Idle => TimeSpan.FromSeconds(1);

        public Task<PumpRun> RunOnceAsync(CancellationToken cancel) => Task.FromResult(PumpRun.Nothing);
    }
}
