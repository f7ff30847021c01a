using System.Diagnostics;
using System.Globalization;
using ControlTower.Tests.Chaos.Wire;
using ControlTower.Tests.Support;

namespace ControlTower.Tests.Chaos;

/// <summary>
/// One process of the tower that is kept running as a service manager would: whatever ends it, it is started again, unless it is meant to be down. It reaches PostgreSQL through a proxy of its
/// own, so that the database can be lost to one node alone.
/// </summary>
internal sealed class TowerNode : IAsyncDisposable
{
    private static readonly TimeSpan Again = TimeSpan.FromSeconds(1);

    private readonly Func<TowerNode, (string, string)[]> settings;
    private readonly CancellationTokenSource ending = new();
    private readonly SemaphoreSlim turn = new(1);
    private readonly TaskCompletionSource firstUp = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<string> lastWords = [];
    private readonly List<TowerProcess> all = [];
    private TowerProcess? process;
    private Task keeping = Task.CompletedTask;
    private TaskCompletionSource mayRun = Done();
    private volatile Uri? address;

    public TowerNode(string name, string role, FaultProxy database, Func<TowerNode, (string, string)[]> settings) =>
        (Name, Role, Database, this.settings) = (name, role, database, settings);

    public string Name { get; }

    public string Role { get; }

    public FaultProxy Database { get; }

    /// <summary>Where it listens; null while it is down.</summary>
    public Uri? Address => address;

    public bool IsUp => address is not null;

    public int Starts { get; private set; }

    /// <summary>What processes of this node said that ended without being asked to.</summary>
    public IReadOnlyList<string> LastWords => lastWords;

    /// <summary>True if the process now running has said that it sends to the connection under this fence.</summary>
    public bool Owns(string connection, long fence) =>
        process?.Output.Contains(string.Create(CultureInfo.InvariantCulture, $"sends to {connection} now (fence {fence})"), StringComparison.Ordinal) == true;

    /// <summary>What all processes of this node wrote, one after the other.</summary>
    public string Output => string.Join("\n---- next process\n", all.ToList().Select(p => $"{p.Output}\n{p.Errors}"));

    public Task StartAsync()
    {
        keeping = KeepAsync();
        return firstUp.Task;
    }

    /// <summary>kill -9 now; it stays down for this long and is then started again.</summary>
    public Task KillAsync(TimeSpan down) => DownAsync(down, node => node.KillAsync());

    /// <summary>Asks it to stop, waits for its end, starts it again.</summary>
    public async Task<int> RestartAsync(CancellationToken cancel)
    {
        var code = -1;
        await DownAsync(TimeSpan.Zero, async node => code = await node.StopAsync(cancel));
        return code;
    }

    /// <summary>The process stands still, with all its sockets open.</summary>
    public async Task FreezeAsync(TimeSpan time, CancellationToken cancel)
    {
        await turn.WaitAsync(cancel);
        try
        {
            if (process is not { } node || !IsUp)
            {
                return;
            }

            Signal("-STOP", node.Id);
            try
            {
                await Task.Delay(time, TimeProvider.System, cancel);
            }
            finally
            {
                Signal("-CONT", node.Id);
            }
        }
        finally
        {
            turn.Release();
        }
    }

    public async Task UntilUpAsync(CancellationToken cancel)
    {
        using var look = new PeriodicTimer(TimeSpan.FromMilliseconds(200), TimeProvider.System);
        while (!IsUp)
        {
            await look.WaitForNextTickAsync(cancel);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await ending.CancelAsync();
        await keeping.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        foreach (var one in all)
        {
            await one.DisposeAsync();
        }

        await Database.DisposeAsync();
        ending.Dispose();
        turn.Dispose();
    }

    private async Task DownAsync(TimeSpan down, Func<TowerProcess, Task> end)
    {
        await turn.WaitAsync();
        var up = mayRun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        try
        {
            if (process is { } node)
            {
                address = null;
                await end(node);
            }

            await Task.Delay(down, TimeProvider.System, ending.Token);
        }
        finally
        {
            up.TrySetResult();
            turn.Release();
        }
    }

    private async Task KeepAsync()
    {
        while (!ending.IsCancellationRequested)
        {
            await mayRun.Task.WaitAsync(ending.Token);
            var node = process = TowerProcess.Launch(settings(this));
            all.Add(node);
            Starts++;
            try
            {
                address = await node.AddressAsync(ending.Token);
                firstUp.TrySetResult();
                await node.EndedAsync(ending.Token);
            }
            catch (Exception error) when (error is InvalidOperationException or TimeoutException)
            {
                // It could not start, for example without its database; or it was killed meanwhile.
                await node.KillAsync();
                firstUp.TrySetException(error);
            }

            address = null;
            if (mayRun.Task.IsCompleted)
            {
                lastWords.Add($"{Name}: {node.Errors.Split('\n')[0]}");
            }

            await Task.Delay(Again, TimeProvider.System, ending.Token);
        }
    }

    internal static void Signal(string signal, int id)
    {
        // A process that has ended meanwhile needs no signal, and nobody needs to read of it.
        using var kill = Process.Start(new ProcessStartInfo("kill", [signal, id.ToString(CultureInfo.InvariantCulture)]) { UseShellExecute = false, RedirectStandardError = true })!;
        kill.WaitForExit();
    }

    private static TaskCompletionSource Done()
    {
        var done = new TaskCompletionSource();
        done.SetResult();
        return done;
    }
}
