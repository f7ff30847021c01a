using System.Diagnostics;

namespace ControlTower.Bench;

/// <summary>A host of pages in a process of its own, and those who look at one of them.</summary>
internal sealed class DashboardCrowd(BenchChild host, HttpClient http, Func<Task<CircuitViewer>> open) : IAsyncDisposable
{
    private const int AtOnce = 4;

    public List<CircuitViewer> Viewers { get; } = [];

    public int Failed => Viewers.Count(viewer => viewer.Failed);

    public async Task GrowAsync(int to)
    {
        while (Viewers.Count < to)
        {
            Viewers.AddRange(await Task.WhenAll(Enumerable.Range(0, Math.Min(AtOnce, to - Viewers.Count)).Select(_ => open())));
        }
    }

    public Task<HostState> MemoryAsync() => host.AskAsync<HostState>(DashboardHost.Memory);

    /// <summary>What the host's processor and the viewers' lines saw while something went on.</summary>
    public async Task<DashboardWindow> WatchAsync(Func<Task> meanwhile)
    {
        var (cpu, batches, bytes, started) = ((await host.AskAsync<HostState>(DashboardHost.Time)).CpuSeconds, Viewers.Sum(v => v.Batches), Viewers.Sum(v => v.Bytes), Stopwatch.GetTimestamp());
        await meanwhile();
        var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        return new DashboardWindow(
            ((await host.AskAsync<HostState>(DashboardHost.Time)).CpuSeconds - cpu) / seconds, (Viewers.Sum(v => v.Batches) - batches) / seconds, (Viewers.Sum(v => v.Bytes) - bytes) / seconds);
    }

    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(Viewers.Select(viewer => viewer.DisposeAsync().AsTask()));
        await host.DisposeAsync();
        http.Dispose();
    }
}

/// <param name="Cores">Processor of the host: 1 is a core all the time.</param>
/// <param name="Batches">Drawn a second, for all viewers.</param>
/// <param name="Bytes">Likewise, as they were sent.</param>
internal sealed record DashboardWindow(double Cores, double Batches, double Bytes);
