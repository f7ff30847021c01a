using System.Diagnostics;
using System.Text.Json;

namespace ControlTower.Bench;

/// <summary>
/// The bench again in a process of its own, so that its memory and its processor time are nobody else's. It answers in lines of JSON, goes on with each line that it is asked, and ends with
/// its standard input: with the bench, however that ends.
/// </summary>
internal sealed class BenchChild : IAsyncDisposable
{
    private readonly Process process;

    private BenchChild(Process process) => this.process = process;

    /// <param name="word">One of <see cref="Benches"/>' hidden words.</param>
    /// <param name="settings">For its environment, where a password belongs.</param>
    public static BenchChild Start(string word, IEnumerable<string> words, params IEnumerable<KeyValuePair<string, string>> settings)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!) { UseShellExecute = false, RedirectStandardInput = true, RedirectStandardOutput = true };
        if (Path.GetFileNameWithoutExtension(start.FileName) == "dotnet")
        {
            start.ArgumentList.Add(typeof(BenchChild).Assembly.Location);
        }

        foreach (var argument in words.Prepend(word))
        {
            start.ArgumentList.Add(argument);
        }

        foreach (var (name, value) in settings)
        {
            start.Environment[name] = value;
        }

        return new BenchChild(Process.Start(start)!);
    }

    /// <summary>What it says next.</summary>
    public async Task<T> ReadAsync<T>() => JsonSerializer.Deserialize<T>(
        await process.StandardOutput.ReadLineAsync() ?? throw new IOException("A child of the bench ended without an answer; what it said stands above."))!;

    public async Task<T> AskAsync<T>(string question)
    {
        await process.StandardInput.WriteLineAsync(question);
        await process.StandardInput.FlushAsync();
        return await ReadAsync<T>();
    }

    public async ValueTask DisposeAsync()
    {
        process.StandardInput.Close();
        await process.WaitForExitAsync();
        process.Dispose();
    }
}
