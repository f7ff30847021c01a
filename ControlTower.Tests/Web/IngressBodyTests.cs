using ControlTower.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace ControlTower.Tests.Web;

/// <summary>Bodies at the vendors' door that come too slowly, end too early or cannot be taken apart: each is told what it was.</summary>
public sealed class IngressBodyTests
{
    private const string Head = "POST /ingress/shop/orders HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n";

    [Fact]
    public async Task A_byte_a_second_is_ended_at_the_deadline_as_too_slow()
    {
        var clock = new FakeTimeProvider(DateTimeOffset.UnixEpoch.AddYears(56));
        await using var tower = await TestTower.StartAsync(builder => builder.Services.AddSingleton<TimeProvider>(clock));
        using var raw = await RawHttp.ConnectAsync(tower.Url);
        await raw.SendAsync(Head + "Content-Length: 1000\r\n\r\n{");
        var answer = raw.AnswerAsync();
        var seconds = 0;
        // The first of these seconds may pass before the server has begun to read.
        for (; seconds < 40 && !answer.IsCompleted; seconds++)
        {
            await raw.SendAsync(" ");
            clock.Advance(TimeSpan.FromSeconds(1));
            await Task.WhenAny(answer, Task.Delay(TimeSpan.FromMilliseconds(250), TimeProvider.System));
        }

        Assert.InRange(seconds, 10, 39);
        AssertProblem(await answer, 408, "too-slow", retryable: true);
    }

    [Theory]
    [InlineData("Transfer-Encoding: chunked\r\n\r\nZZZ\r\n{}\r\n0\r\n\r\n")]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n2\r\n{}XX0\r\n\r\n")]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n-2\r\n{}\r\n0\r\n\r\n")]
    [InlineData("Transfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFF\r\n{}\r\n0\r\n\r\n")]
    public async Task Chunks_that_cannot_be_read_are_a_bad_request_and_not_too_large(string rest)
    {
        await using var tower = await TestTower.StartAsync();
        using var raw = await RawHttp.ConnectAsync(tower.Url);
        await raw.SendAsync(Head + rest);
        AssertProblem(await raw.AnswerAsync(), 400, "cut-off", retryable: true);
    }

    [Theory]
    [InlineData("Content-Length: 100\r\n\r\n{\"id\":")]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n40\r\n{\"id\":")]
    public async Task A_body_that_ends_before_its_end_is_no_success_and_no_too_large(string rest)
    {
        await using var tower = await TestTower.StartAsync();
        using var raw = await RawHttp.ConnectAsync(tower.Url);
        await raw.SendAsync(Head + rest);
        raw.End();
        var answer = await raw.AnswerAsync();
        // Who hangs up may hear nothing; who hears something hears the truth.
        if (answer.Length > 0)
            AssertProblem(answer, 400, "cut-off", retryable: true);
        Assert.Equal(0, await tower.Database.ScalarAsync<long>("select count(*) from inbox_message"));
        Assert.Empty(tower.Log.Errors);
    }

    [Fact]
    public async Task Only_what_is_really_too_large_is_called_too_large()
    {
        await using var tower = await TestTower.StartAsync();
        using var raw = await RawHttp.ConnectAsync(tower.Url);
        await raw.SendAsync(Head + "Transfer-Encoding: chunked\r\n\r\n300001\r\n");
        var answer = raw.AnswerAsync();
        var mebibyte = new string('x', 1024 * 1024);
        try
        {
            for (var i = 0; i < 3 && !answer.IsCompleted; i++)
                await raw.SendAsync(mebibyte);
        }
        catch (System.Net.Sockets.SocketException)
        {
            // The server has closed: it has said why.
        }

        AssertProblem(await answer, 413, "too-large", retryable: false);
    }

    private static void AssertProblem(string answer, int status, string slug, bool retryable)
    {
        Assert.StartsWith($"HTTP/1.1 {status} ", answer, StringComparison.Ordinal);
        Assert.Contains("Content-Type: application/problem+json", answer, StringComparison.OrdinalIgnoreCase);
        Assert.Contains($"\"type\":\"/problems/{slug}\"", answer, StringComparison.Ordinal);
        Assert.Contains($"\"retryable\":{(retryable ? "true" : "false")}", answer, StringComparison.Ordinal);
    }
}
