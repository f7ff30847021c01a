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
        Assert.All(["up", "down", "estate", "test", "bench", "verify", "backup", "restore", "peers", "chaos", "releases", "doctor"], command => Assert.Contains($"\n  {command} ", output, StringComparison.Ordinal));
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
    [InlineData("--seeds is 'all'", "releases", "--seeds", "all")]
    [InlineData("say what to measure", "bench")]
    [InlineData("no tower has run on '/nowhere'", "verify", "--data", "/nowhere")]
    [InlineData("no tower has run on '/nowhere'", "backup", "--data", "/nowhere")]
    [InlineData("backup does not know '--too'", "backup", "--too", "x")]
    [InlineData("there is no backup '/nowhere'", "restore", "--from", "/nowhere")]
    public async Task A_wrong_word_is_refused_with_a_reason_before_anything_is_done(string reason, params string[] words)
    {
        var (code, _, errors) = await RunAsync(words);

        Assert.NotEqual(0, code);
        Assert.Contains(reason, errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_backup_comes_back_whole_and_writes_over_nothing_and_a_damaged_one_is_refused()
    {
        var (from, file, into) = (Path.Combine(folder, "from"), Path.Combine(folder, "kept.tar.gz"), Path.Combine(folder, "into"));
        foreach (var (name, text) in new[] { ("postgres/data/PG_VERSION", "18"), ("postgres/data/base/1", "rows"), ("keys/key.xml", "sealed"), ("audit-anchors", "head") })
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(from, name))!);
            await File.WriteAllTextAsync(Path.Combine(from, name), text, TestContext.Current.CancellationToken);
        }

        Assert.Equal(0, (await RunAsync("backup", "--data", from, "--to", file)).Code);
        Assert.Contains("never written over", (await RunAsync("backup", "--data", from, "--to", file)).Errors, StringComparison.Ordinal);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        Assert.Equal(0, (await RunAsync("restore", "--from", file, "--data", into)).Code);
        Assert.Equal(Content(from), Content(into));
        Assert.Contains("nothing is written over", (await RunAsync("restore", "--from", file, "--data", into)).Errors, StringComparison.Ordinal);

        // A database that runs is not copied: half of it would be of before.
        await File.WriteAllTextAsync(Path.Combine(from, "postgres/data/postmaster.pid"), $"{Environment.ProcessId}\n", TestContext.Current.CancellationToken);
        Assert.Contains("Stop the tower first", (await RunAsync("backup", "--data", from, "--to", file + "2")).Errors, StringComparison.Ordinal);
        await File.AppendAllTextAsync(file, "x", TestContext.Current.CancellationToken);
        Assert.Contains("its checksum differs", (await RunAsync("restore", "--from", file, "--data", into + "2")).Errors, StringComparison.Ordinal);
    }

    private static List<string> Content(string root) =>
        [.. Directory.EnumerateFiles(root, "*", SearchOption.AllDirectories).Select(file => $"{Path.GetRelativePath(root, file)} {File.ReadAllText(file)}").Order(StringComparer.Ordinal)];

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
