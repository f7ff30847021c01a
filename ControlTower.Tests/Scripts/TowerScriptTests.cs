using System.Diagnostics;
using ControlTower.Tests.Support;
using Xunit;

namespace ControlTower.Tests.Scripts;

public sealed class TowerScriptTests : IDisposable
{
    private readonly string folder = TestFolders.Create("script");

    public void Dispose() => TestFolders.Remove(folder);

    [Fact]
    public async Task Without_words_it_tells_what_it_can_do()
    {
        var (code, output, _) = await RunAsync();

        Assert.Equal(0, code);
        Assert.All(["up", "down", "estate", "test", "bench", "verify", "peers", "chaos", "doctor"], command => Assert.Contains($"\n  {command} ", output, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("there is no command 'fly'", "fly")]
    [InlineData("up does not know '--prot'", "up", "--prot", "1")]
    [InlineData("--port is '99999'", "up", "--port", "99999")]
    [InlineData("--port is '50x'", "up", "--port", "50x")]
    [InlineData("--seed is 'x'", "up", "--seed", "x")]
    [InlineData("--scenario is 'moon'", "up", "--scenario", "moon")]
    [InlineData("leave --no-estate out", "up", "--scenario", "desk", "--no-estate")]
    [InlineData("chaos does not know '--sed'", "chaos", "--sed", "1")]
    [InlineData("--minutes is 'ten'", "chaos", "--minutes", "ten")]
    [InlineData("say what to measure", "bench")]
    [InlineData("no tower has run on '/nowhere'", "verify", "--data", "/nowhere")]
    public async Task A_wrong_word_is_refused_with_a_reason_before_anything_is_done(string reason, params string[] words)
    {
        var (code, _, errors) = await RunAsync(words);

        Assert.NotEqual(0, code);
        Assert.Contains(reason, errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Down_without_a_running_tower_is_no_failure()
    {
        var (code, output, _) = await RunAsync("down", "--data", folder);

        Assert.Equal(0, code);
        Assert.Contains("Nothing runs on", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Down_leaves_a_stranger_alone_who_has_the_recorded_number()
    {
        using var stranger = Process.Start(new ProcessStartInfo("sleep", ["300"]))!;
        try
        {
            Directory.CreateDirectory(Path.Combine(folder, "run"));
            await File.WriteAllTextAsync(Path.Combine(folder, "run", "web.pid"), $"{stranger.Id} 1\n", TestContext.Current.CancellationToken);

            var (code, output, _) = await RunAsync("down", "--data", folder);

            Assert.Equal(0, code);
            Assert.Contains("Nothing runs on", output, StringComparison.Ordinal);
            Assert.False(stranger.HasExited);
        }
        finally
        {
            stranger.Kill();
        }
    }

    private static async Task<(int Code, string Output, string Errors)> RunAsync(params string[] words)
    {
        var start = new ProcessStartInfo(Path.Combine(Repository.Root, "tower"), words)
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        var errors = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (process.ExitCode, await output, await errors);
    }
}
