using System.Globalization;

namespace ControlTower.Data.Audit;

/// <summary>A place in the chain written down outside the database. Whoever rewrites the whole table cannot rewrite this.</summary>
public sealed record AuditAnchor(long Seq, string Hash);

/// <summary>
/// The anchor file: one line <c>seq hash</c> per minute in which something was appended. Only ever appended to; keep a copy on another machine.
/// </summary>
public sealed class AuditAnchorFile(string path)
{
    public string Path => path;

    public async Task AppendAsync(AuditAnchor anchor, CancellationToken stop = default)
    {
        var options = new FileStreamOptions { Mode = FileMode.Append, Access = FileAccess.Write, Share = FileShare.Read };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        await using var file = new FileStream(path, options);
        await using var writer = new StreamWriter(file);
        await writer.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{anchor.Seq} {anchor.Hash}").AsMemory(), stop);
    }

    /// <summary>All anchors, oldest first; none when the file does not exist. A torn last line is left out: the next minute repeats it.</summary>
    public async Task<IReadOnlyList<AuditAnchor>> ReadAsync(CancellationToken stop = default)
    {
        if (!File.Exists(path))
            return [];
        List<AuditAnchor> anchors = [];
        await foreach (var line in File.ReadLinesAsync(path, stop))
        {
            var parts = line.Split(' ');
            if (parts.Length == 2 && parts[1].Length == 64 && long.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var seq))
                anchors.Add(new AuditAnchor(seq, parts[1]));
        }

        return anchors;
    }
}
