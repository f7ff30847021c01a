using System.Net;
using System.Net.Sockets;
using Xunit;

namespace ControlTower.Tests.Chaos.Wire;

public sealed class FaultProxyTests : IAsyncDisposable
{
    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(300);
    private static readonly byte[] question = [1, 2, 3, 4];

    private readonly EchoServer server = new();
    private readonly FaultProxy proxy;

    public FaultProxyTests() => proxy = FaultProxy.Before(server.Address);

    public async ValueTask DisposeAsync()
    {
        await proxy.DisposeAsync();
        await server.DisposeAsync();
    }

    [Fact]
    public async Task What_goes_in_comes_out_and_the_answer_comes_back()
    {
        using var asker = await ConnectAsync();

        Assert.Equal(question, await AskAsync(asker));
        Assert.Equal((1, 0L), (proxy.Connections, proxy.Hits));
    }

    [Fact]
    public async Task A_lost_answer_is_a_reset_after_the_other_side_has_acted()
    {
        using var asker = await ConnectAsync();
        proxy.Set(new WireFault(WireFaultKind.LoseAnswer, Times: 1));

        await Assert.ThrowsAsync<SocketException>(() => AskAsync(asker));

        Assert.Equal(question.Length, server.Received);
        using var again = await ConnectAsync();
        Assert.Equal(question, await AskAsync(again));
        Assert.Equal(1, proxy.Hits);
    }

    [Fact]
    public async Task A_swallowed_answer_is_silence()
    {
        using var asker = await ConnectAsync();
        proxy.Set(new WireFault(WireFaultKind.SwallowAnswer));

        await Assert.ThrowsAsync<TimeoutException>(() => AskAsync(asker).WaitAsync(Moment));

        Assert.Equal(question.Length, server.Received);
    }

    [Fact]
    public async Task A_cut_lets_so_many_bytes_by_and_then_resets()
    {
        using var asker = await ConnectAsync();
        proxy.Set(new WireFault(WireFaultKind.Cut, Way.Up, Bytes: 3));

        await Assert.ThrowsAsync<SocketException>(() => AskAsync(asker));

        await server.UntilReceivedAsync(3);
    }

    [Fact]
    public async Task Half_open_accepts_and_never_answers_until_it_is_healed()
    {
        using var open = await ConnectAsync();
        await AskAsync(open);
        proxy.Set(new WireFault(WireFaultKind.HalfOpen));
        using var late = await ConnectAsync();

        var (first, second) = (AskAsync(open), AskAsync(late));
        await Assert.ThrowsAsync<TimeoutException>(() => Task.WhenAny(first, second).WaitAsync(Moment));
        Assert.Equal(question.Length, server.Received);
        proxy.Heal();

        Assert.Equal(question, await first);
        Assert.Equal(question, await second);
    }

    [Fact]
    public async Task A_refusal_resets_what_is_open_and_refuses_what_is_new_and_the_port_stays()
    {
        using var open = await ConnectAsync();
        await AskAsync(open);
        var port = proxy.Port;
        proxy.Set(new WireFault(WireFaultKind.Refuse));

        await Assert.ThrowsAsync<SocketException>(() => AskAsync(open));
        Assert.Equal(SocketError.ConnectionRefused, (await Assert.ThrowsAsync<SocketException>(ConnectAsync)).SocketErrorCode);
        proxy.Heal();

        using var again = await ConnectAsync();
        Assert.Equal(question, await AskAsync(again));
        Assert.Equal(port, proxy.Port);
    }

    [Fact]
    public async Task A_drip_gives_bytes_one_by_one_and_all_of_them()
    {
        using var asker = await ConnectAsync();
        proxy.Set(new WireFault(WireFaultKind.Drip, Way.Down, Bytes: 1, Pace: TimeSpan.FromMilliseconds(50)));
        var began = TimeProvider.System.GetTimestamp();

        Assert.Equal(question, await AskAsync(asker));

        Assert.True(TimeProvider.System.GetElapsedTime(began) >= TimeSpan.FromMilliseconds(3 * 45));
    }

    [Fact]
    public async Task A_delay_lets_everything_by_later()
    {
        using var asker = await ConnectAsync();
        proxy.Set(new WireFault(WireFaultKind.Delay, Way.Up, Pace: Moment));
        var began = TimeProvider.System.GetTimestamp();

        Assert.Equal(question, await AskAsync(asker));

        Assert.True(TimeProvider.System.GetElapsedTime(began) >= Moment * 0.9);
    }

    [Fact]
    public async Task A_fault_of_one_connection_leaves_the_others_alone()
    {
        using var first = await ConnectAsync();
        await AskAsync(first);
        using var second = await ConnectAsync();
        await AskAsync(second);
        proxy.Set(new WireFault(WireFaultKind.LoseAnswer, Connection: 2));

        Assert.Equal(question, await AskAsync(first));
        await Assert.ThrowsAsync<SocketException>(() => AskAsync(second));
    }

    [Fact]
    public async Task A_fault_of_one_direction_leaves_the_other_alone()
    {
        using var asker = await ConnectAsync();
        proxy.Set(new WireFault(WireFaultKind.HalfOpen, Way.Down));

        var answer = AskAsync(asker);

        await server.UntilReceivedAsync(question.Length);
        Assert.False(answer.IsCompleted);
        proxy.Heal();
        Assert.Equal(question, await answer);
    }

    private async Task<Socket> ConnectAsync()
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(IPAddress.Loopback, proxy.Port);
        return socket;
    }

    /// <summary>The answer to one question, or a socket's exception; an orderly end is one, too.</summary>
    private static async Task<byte[]> AskAsync(Socket asker)
    {
        await asker.SendAsync(question);
        var answer = new byte[question.Length];
        for (var at = 0; at < answer.Length;)
        {
            var count = await asker.ReceiveAsync(answer.AsMemory(at));
            at += count > 0 ? count : throw new SocketException((int)SocketError.ConnectionReset);
        }

        return answer;
    }
}
