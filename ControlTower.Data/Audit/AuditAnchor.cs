using System.Globalization;
using System.Text;

namespace ControlTower.Data.Audit;

/// <summary>A place in the chain written down outside the database. Whoever rewrites the whole table cannot rewrite this.</summary>
public sealed record AuditAnchor(long Seq, string Hash);

/// <summary>
/// The anchor file: one line <c>seq hash</c> per minute in which something was appended. Only ever appended to; keep a copy on another machine.
/// </summary>
public sealed class AuditAnchorFile(string path)
{
    public string Path => path;

    private const int LongestLine = 128;

    /// <summary>On disk when this returns. Makes the folder and the file if need be; the file is readable by its owner only.</summary>
    public async Task AppendAsync(AuditAnchor anchor, CancellationToken stop = default)
    {
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(path))!);
        var options = new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.ReadWrite, Share = FileShare.Read };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        await using var file = new FileStream(path, options);
        // A line that a crash tore must not swallow this one.
        var begin = await EndsTornAsync(file, stop) ? "\n" : "";
        await file.WriteAsync(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{begin}{anchor.Seq} {anchor.Hash}\n")), stop);
        file.Flush(flushToDisk: true);
    }

    /// <summary>The newest whole anchor, from the end of the file; null when there is none.</summary>
    public async Task<AuditAnchor?> LastAsync(CancellationToken stop = default)
    {
        if (!File.Exists(path))
            return null;
        await using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        file.Seek(-Math.Min(file.Length, LongestLine * 4), SeekOrigin.End);
        using var reader = new StreamReader(file, Encoding.ASCII);
        return (await reader.ReadToEndAsync(stop)).Split('\n').Select(Parse).LastOrDefault(anchor => anchor is not null);
    }

    /// <summary>All anchors, oldest first; none when the file does not exist. A torn last line is left out: the next minute repeats it.</summary>
    public async Task<IReadOnlyList<AuditAnchor>> ReadAsync(CancellationToken stop = default)
    {
        if (!File.Exists(path))
            return [];
        List<AuditAnchor> anchors = [];
        await foreach (var line in File.ReadLinesAsync(path, stop))
        {
            if (Parse(line) is { } anchor)
                anchors.Add(anchor);
        }

        return anchors;
    }

    private static AuditAnchor? Parse(string line) =>
        line.Split(' ') is [var number, { Length: 64 } hash] && long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var seq) ? new AuditAnchor(seq, hash) : null;

    private static async Task<bool> EndsTornAsync(FileStream file, CancellationToken stop)
    {
        if (file.Length == 0)
            return false;
        file.Seek(-1, SeekOrigin.End);
        var last = new byte[1];
        await file.ReadExactlyAsync(last, stop);
        return last[0] != (byte)'\n';
    }
}
