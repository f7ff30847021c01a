using System.Net;
using System.Net.Sockets;

namespace ControlTower.Tests.Chaos.Wire;

/// <summary>Answers what it is told with the same bytes, and counts them.</summary>
internal sealed class EchoServer : IAsyncDisposable
{
    private readonly Socket listener = LoopbackPorts.Listen(0);
    private readonly CancellationTokenSource ending = new();
    private readonly Task serving;
    private readonly Lock gate = new();
    private readonly List<(int Count, TaskCompletionSource Reached)> waiting = [];
    private int received;

    public EchoServer() => serving = ServeAsync();

    public EndPoint Address => listener.LocalEndPoint!;

    public int Received => Volatile.Read(ref received);

    public Task UntilReceivedAsync(int count)
    {
        lock (gate)
        {
            var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            waiting.Add((count, reached));
            Tell();
            return reached.Task.WaitAsync(TimeSpan.FromMinutes(1));
        }
    }

    public async ValueTask DisposeAsync()
    {
        await ending.CancelAsync();
        listener.Dispose();
        await serving;
        ending.Dispose();
    }

    private async Task ServeAsync()
    {
        try
        {
            while (true)
            {
                _ = EchoAsync(await listener.AcceptAsync(ending.Token));
            }
        }
        catch (Exception error) when (error is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private async Task EchoAsync(Socket asker)
    {
        using (asker)
        {
            try
            {
                var buffer = new byte[1024];
                while (await asker.ReceiveAsync(buffer, ending.Token) is var count and > 0)
                {
                    lock (gate)
                    {
                        received += count;
                        Tell();
                    }

                    await asker.SendAsync(buffer.AsMemory(0, count), ending.Token);
                }
            }
            catch (Exception error) when (error is OperationCanceledException or SocketException)
            {
                // Cut on purpose.
            }
        }
    }

    private void Tell() => waiting.FindAll(w => received >= w.Count).ForEach(w => w.Reached.TrySetResult());
}
