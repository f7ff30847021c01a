using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace ControlTower.Tests.Chaos.Wire;

/// <summary>
/// A loopback TCP proxy with switches: what networks, load balancers and dying servers do to connections, on demand. It stands before PostgreSQL (where it also reads along, to know when
/// a commit is under way), before an ERP or before the tower. Its port stays the same for its whole life.
/// </summary>
internal sealed class FaultProxy : IAsyncDisposable
{
    private readonly Func<EndPoint?> target;
    private readonly bool readsPostgres;
    private readonly CancellationTokenSource ending = new();
    private readonly ConcurrentDictionary<int, WireLink> links = new();
    private readonly Lock gate = new();
    private WireFault fault = WireFault.None;
    private TaskCompletionSource healed = new();
    private int left;
    private int connections;
    private long hits;
    private Socket? listener;
    private Task accepting = Task.CompletedTask;

    private FaultProxy(Func<EndPoint?> target, bool readsPostgres)
    {
        (this.target, this.readsPostgres) = (target, readsPostgres);
        listener = LoopbackPorts.Listen(port: 0);
        Port = ((IPEndPoint)listener.LocalEndPoint!).Port;
        accepting = AcceptAsync(listener);
    }

    public int Port { get; }

    public string Url => $"http://127.0.0.1:{Port}";

    /// <summary>How many connections were ever accepted.</summary>
    public int Connections => Volatile.Read(ref connections);

    public int Open => links.Count;

    /// <summary>How many connections a fault has hit; one that only waits or slows counts once per connection.</summary>
    public long Hits => Interlocked.Read(ref hits);

    public WireFault Fault => Volatile.Read(ref fault);

    public static FaultProxy Before(EndPoint target) => new(() => target, readsPostgres: false);

    /// <param name="target">Asked for each new connection; null refuses it.</param>
    public static FaultProxy Before(Func<EndPoint?> target) => new(target, readsPostgres: false);

    public static FaultProxy BeforePostgres(EndPoint target) => new(() => target, readsPostgres: true);

    public void Set(WireFault next)
    {
        lock (gate)
        {
            healed.TrySetResult();
            healed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            left = next.Times ?? int.MaxValue;
            Volatile.Write(ref fault, next);
            Listen(next.Kind != WireFaultKind.Refuse);
        }

        if (next.Kind == WireFaultKind.Refuse)
        {
            CutAll();
        }
    }

    public void Heal() => Set(WireFault.None);

    /// <summary>Resets every open connection, once.</summary>
    public void CutAll()
    {
        foreach (var link in links.Values)
        {
            link.Reset();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await ending.CancelAsync();
        lock (gate)
        {
            healed.TrySetResult();
            Listen(false);
        }

        CutAll();
        await accepting;
        await Task.WhenAll(links.Values.Select(l => l.Ended));
        ending.Dispose();
    }

    /// <summary>The fault that concerns this link now, in this direction.</summary>
    internal WireFault FaultOf(int connection, Way way)
    {
        var now = Fault;
        return now.Way.HasFlag(way) && (now.Connection is null || now.Connection == connection) ? now : WireFault.None;
    }

    internal Task HealedAsync()
    {
        lock (gate)
        {
            return Fault.Kind == WireFaultKind.Pass ? Task.CompletedTask : healed.Task;
        }
    }

    /// <summary>Uses up one of the fault's times; false if it is over.</summary>
    internal bool Hit(WireFault with)
    {
        lock (gate)
        {
            if (!ReferenceEquals(fault, with) || left == 0)
            {
                return false;
            }

            Interlocked.Increment(ref hits);
            if (--left == 0)
            {
                Volatile.Write(ref fault, WireFault.None);
                healed.TrySetResult();
            }

            return true;
        }
    }

    private void Listen(bool wanted)
    {
        if (!wanted)
        {
            listener?.Dispose();
            listener = null;
        }
        else if (listener is null)
        {
            listener = LoopbackPorts.Listen(Port);
            accepting = Task.WhenAll(accepting, AcceptAsync(listener));
        }
    }

    private async Task AcceptAsync(Socket on)
    {
        while (true)
        {
            try
            {
                var client = await on.AcceptAsync(ending.Token);
                _ = Task.Run(() => CarryAsync(client, Interlocked.Increment(ref connections)));
            }
            catch (Exception error) when (error is OperationCanceledException or ObjectDisposedException or SocketException)
            {
                return;
            }
        }
    }

    private async Task CarryAsync(Socket client, int number)
    {
        var link = new WireLink(this, number, client, readsPostgres ? new CommitWatch() : null);
        links[number] = link;
        try
        {
            if (Fault.Kind == WireFaultKind.Refuse)
            {
                link.Reset();
            }

            await link.RunAsync(target(), ending.Token);
        }
        finally
        {
            links.TryRemove(number, out _);
        }
    }
}
