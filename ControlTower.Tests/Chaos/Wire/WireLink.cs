using System.Net;
using System.Net.Sockets;

namespace ControlTower.Tests.Chaos.Wire;

/// <summary>One connection through a <see cref="FaultProxy"/>: two streams of bytes, each under the fault that is set when they come by.</summary>
internal sealed class WireLink(FaultProxy proxy, int number, Socket client, CommitWatch? postgres)
{
    private readonly CancellationTokenSource cut = new();
    private readonly TaskCompletionSource askerGone = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Socket? server;
    private WireFault? touchedBy;
    private WireFault? losing;

    public Task Ended => ended.Task;

    public async Task RunAsync(EndPoint? target, CancellationToken ending)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ending, cut.Token);
        try
        {
            client.NoDelay = true;
            server = await ConnectAsync(target, either.Token);
            await Task.WhenAll(PumpAsync(client, server, Way.Up, either.Token), PumpAsync(server, client, Way.Down, either.Token));
        }
        catch (Exception error) when (error is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // One side is gone, so the other one goes.
            Reset();
        }
        finally
        {
            client.Dispose();
            server?.Dispose();
            ended.TrySetResult();
        }
    }

    /// <summary>Ends both connections at once: the peers see a reset, not an orderly end.</summary>
    public void Reset()
    {
        try
        {
            client.LingerState = new LingerOption(true, 0);
            cut.Cancel();
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            // It has ended by itself.
        }
    }

    private static async Task<Socket> ConnectAsync(EndPoint? target, CancellationToken cancel)
    {
        var to = target ?? throw new SocketException((int)SocketError.ConnectionRefused);
        var socket = new Socket(to.AddressFamily, SocketType.Stream, to is UnixDomainSocketEndPoint ? ProtocolType.Unspecified : ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(to, cancel);
            if (to is not UnixDomainSocketEndPoint)
            {
                socket.NoDelay = true;
            }

            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private async Task PumpAsync(Socket from, Socket to, Way way, CancellationToken cancel)
    {
        try
        {
            var buffer = new byte[32 * 1024];
            while (await from.ReceiveAsync(buffer, cancel) is var count and > 0)
            {
                await PassAsync(buffer.AsMemory(0, count), to, way, cancel);
            }

            to.Shutdown(SocketShutdown.Send);
        }
        catch
        {
            Reset();
            throw;
        }
        finally
        {
            if (way == Way.Up)
            {
                askerGone.TrySetResult();
            }
        }
    }

    private async Task PassAsync(Memory<byte> bytes, Socket to, Way way, CancellationToken cancel)
    {
        var fault = proxy.FaultOf(number, way);
        switch (fault.Kind)
        {
            case WireFaultKind.HalfOpen:
                Touch(fault);
                await proxy.HealedAsync().WaitAsync(cancel);
                await PassAsync(bytes, to, way, cancel);
                return;
            case WireFaultKind.Delay:
                Touch(fault);
                await Task.Delay(fault.Pace, TimeProvider.System, cancel);
                break;
            case WireFaultKind.Drip:
                Touch(fault);
                await DripAsync(bytes, to, fault, cancel);
                return;
            case WireFaultKind.Cut when proxy.Hit(fault):
                await SendAsync(bytes[..Math.Min(bytes.Length, fault.Bytes)], to, cancel);
                Abort(cancel);
                return;
            case WireFaultKind.LoseAnswer or WireFaultKind.SwallowAnswer when way == Way.Down && proxy.Hit(fault):
                // The other side has acted: this is its answer.
                await LoseAsync(fault, cancel);
                return;
            default:
                break;
        }

        await (way == Way.Up ? UpAsync(bytes, to, fault, cancel) : DownAsync(bytes, to, cancel));
    }

    private async Task UpAsync(ReadOnlyMemory<byte> bytes, Socket to, WireFault fault, CancellationToken cancel)
    {
        if (postgres?.Read(bytes.Span) == true && fault.Kind == WireFaultKind.LoseCommit && proxy.Hit(fault))
        {
            Volatile.Write(ref losing, fault);
        }

        await SendAsync(bytes, to, cancel);
    }

    private async Task DownAsync(ReadOnlyMemory<byte> bytes, Socket to, CancellationToken cancel)
    {
        if (Volatile.Read(ref losing) is null)
        {
            await SendAsync(bytes, to, cancel);
        }
        else if (CommitWatch.IsReady(bytes.Span))
        {
            // The server says that it is done: the transaction is committed, and nobody will hear of it.
            Abort(cancel);
        }
    }

    private async Task DripAsync(ReadOnlyMemory<byte> bytes, Socket to, WireFault fault, CancellationToken cancel)
    {
        for (var at = 0; at < bytes.Length; at += Math.Max(1, fault.Bytes))
        {
            await SendAsync(bytes.Slice(at, Math.Min(Math.Max(1, fault.Bytes), bytes.Length - at)), to, cancel);
            if (ReferenceEquals(proxy.Fault, fault))
            {
                await Task.Delay(fault.Pace, TimeProvider.System, cancel);
            }
        }
    }

    private async Task LoseAsync(WireFault fault, CancellationToken cancel)
    {
        if (fault.Kind == WireFaultKind.SwallowAnswer)
        {
            // Silence until the asker has given up.
            await askerGone.Task.WaitAsync(cancel);
        }

        Abort(cancel);
    }

    private void Abort(CancellationToken cancel)
    {
        Reset();
        cancel.ThrowIfCancellationRequested();
    }

    private void Touch(WireFault fault)
    {
        if (!ReferenceEquals(touchedBy, fault))
        {
            touchedBy = fault;
            proxy.Hit(fault);
        }
    }

    private static async Task SendAsync(ReadOnlyMemory<byte> bytes, Socket to, CancellationToken cancel)
    {
        while (bytes.Length > 0)
        {
            bytes = bytes[await to.SendAsync(bytes, cancel)..];
        }
    }
}
