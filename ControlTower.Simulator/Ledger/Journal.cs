using System.Text;
using System.Text.Json;
using System.Threading.Channels;

namespace ControlTower.Simulator.Ledger;

/// <summary>One stored object: its new value, or null when it is gone.</summary>
public sealed record Put(string Set, string Id, JsonElement? Value);

/// <summary>What one commit changed. One line of the journal file, so it is there whole or not at all.</summary>
public sealed record Commit(IReadOnlyList<Effect> Effects, IReadOnlyList<Put> Puts);

/// <summary>
/// Append-only file of a system. A commit counts once its line is on disk; lines keep the order in which they were offered.
/// A torn last line (the process was killed while writing) is cut off at the next start.
/// </summary>
public sealed class Journal : IAsyncDisposable
{
    public static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { DefaultIgnoreCondition = System.Text.Json.Serialization.JsonIgnoreCondition.WhenWritingNull };

    private readonly Channel<(byte[] Line, TaskCompletionSource Done)>? lines;
    private readonly FileStream? file;
    private readonly Task writing;

    /// <param name="path">Null keeps nothing: every commit counts at once.</param>
    public Journal(string? path)
    {
        if (path is null)
        {
            writing = Task.CompletedTask;
            return;
        }

        file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read);
        lines = Channel.CreateUnbounded<(byte[], TaskCompletionSource)>(new UnboundedChannelOptions { SingleReader = true });
        writing = Task.Run(WriteAsync);
    }

    /// <summary>Every commit so far. Call once, before the first <see cref="Append"/>.</summary>
    public IEnumerable<Commit> Load()
    {
        if (file is null) yield break;
        file.Position = 0;
        var whole = 0L;
        using var reader = new StreamReader(file, Encoding.UTF8, false, 1 << 16, leaveOpen: true);
        while (reader.ReadLine() is { } line)
        {
            Commit? commit = null;
            try
            {
                commit = JsonSerializer.Deserialize<Commit>(line, Json);
            }
            catch (JsonException)
            {
                break;
            }

            if (commit is null) break;
            whole += Encoding.UTF8.GetByteCount(line) + 1;
            yield return commit;
        }

        // A last line without its line end was whole after all: give it the end back rather than lose it.
        if (file.Length > whole) file.SetLength(whole);
        file.Position = file.Length;
        if (file.Length < whole) file.WriteByte((byte)'\n');
    }

    /// <summary>Offers a commit; the task ends when it is on disk. Call under the system's lock so that lines keep the order of the changes.</summary>
    public Task Append(Commit commit)
    {
        if (lines is null) return Task.CompletedTask;
        var line = JsonSerializer.SerializeToUtf8Bytes(commit, Json);
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lines.Writer.TryWrite((line, done));
        return done.Task;
    }

    private async Task WriteAsync()
    {
        var waiting = new List<TaskCompletionSource>();
        while (await lines!.Reader.WaitToReadAsync())
        {
            while (lines.Reader.TryRead(out var next))
            {
                file!.Write(next.Line);
                file.WriteByte((byte)'\n');
                waiting.Add(next.Done);
            }

            // One flush serves all commits that arrived meanwhile: a flush costs far more than a line.
            file!.Flush(flushToDisk: true);
            foreach (var done in waiting) done.SetResult();
            waiting.Clear();
        }
    }

    public async ValueTask DisposeAsync()
    {
        lines?.Writer.TryComplete();
        await writing;
        if (file is not null) await file.DisposeAsync();
    }
}
