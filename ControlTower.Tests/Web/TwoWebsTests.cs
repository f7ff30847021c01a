using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using ControlTower.Data.Audit;
using ControlTower.Data.Live;
using ControlTower.Sync.Connections;
using ControlTower.Tests.Support;
using ControlTower.Web.Live;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace ControlTower.Tests.Web;

/// <summary>Two webs on one database: what somebody does on one, pages and boards of the other hear of. PostgreSQL carries the news; there is no other backplane.</summary>
public sealed class TwoWebsTests : IAsyncLifetime
{
    private const char End = '\u001e';

    private static readonly Actor Tess = new(Guid.NewGuid(), "Tess Visser", "Operations");

    private TestTower one = null!;
    private TestTower other = null!;

    public async ValueTask InitializeAsync()
    {
        one = await TestTower.StartAsync();
        await new OrderWorld(one.Database).ConnectAsync();
        other = await TestTower.StartAsync(database: one.Database);
    }

    [Fact]
    public async Task What_is_done_on_one_web_reaches_the_boards_and_pages_of_the_other()
    {
        var told = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var page = other.Services.GetRequiredService<LiveFeed>().Subscribe(LiveTopics.Connections, refresh: () => Task.FromResult(told.TrySetResult()), calm: () => Task.FromResult(true));
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        using var visitor = await other.SignInAsAsync("Executive");
        using var board = new ClientWebSocket();
        await board.ConnectAsync(new Uri($"{other.Url.Replace("http:", "ws:", StringComparison.Ordinal)}{TowerHub.Path}"), visitor, limit.Token);
        await board.SendAsync(Encoding.UTF8.GetBytes($$"""{"protocol":"json","version":1}{{End}}"""), WebSocketMessageType.Text, endOfMessage: true, limit.Token);
        Assert.Equal("{}", await HearAsync(board, text => text == "{}", limit.Token));

        Assert.Equal(DeskAnswer.Done, await one.Services.GetRequiredService<ConnectionDesk>().PauseAsync("bc-eu", "month end", Tess, limit.Token));

        using var heard = JsonDocument.Parse(await HearAsync(board, text => text.Contains("\"Changed\"", StringComparison.Ordinal) && text.Contains("Connections", StringComparison.Ordinal), limit.Token));
        Assert.Equal("Changed", heard.RootElement.GetProperty("target").GetString());
        await told.Task.WaitAsync(limit.Token);
    }

    public async ValueTask DisposeAsync()
    {
        await other.DisposeAsync();
        await one.DisposeAsync();
    }

    private static async Task<string> HearAsync(ClientWebSocket board, Func<string, bool> wanted, CancellationToken cancel)
    {
        var (buffer, text) = (new byte[4096], new StringBuilder());
        while (true)
        {
            var got = await board.ReceiveAsync(buffer, cancel);
            Assert.NotEqual(WebSocketMessageType.Close, got.MessageType);
            text.Append(Encoding.UTF8.GetString(buffer, 0, got.Count));
            var parts = text.ToString().Split(End);
            if (parts[..^1].FirstOrDefault(wanted) is { } found)
            {
                return found;
            }

            text.Clear().Append(parts[^1]);
        }
    }
}
