using System.Globalization;
using System.Text;
using ControlTower.Data.Audit;
using ControlTower.Data.Db;
using ControlTower.Data.PosImports;
using ControlTower.Sync.PosImports;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace ControlTower.Sync.Pumps;

/// <summary>
/// Takes the files that till servers drop into the folder of their connection. A file counts as complete when it did not change from one look to the next. It is stored first and moved then, so that
/// a death in between only makes it the same file again; it ends in <c>done</c> or <c>refused</c> beside its report, and is never deleted.
/// </summary>
public sealed partial class PosFolderPump(
    TowerDataSources data, PosImportDesk desk, PosFileStore files, PosImportReport report, IOptions<PosImportOptions> options, TimeProvider clock, ILogger<PosFolderPump> log) : IPump
{
    /// <summary>Bytes of a name in the usual file systems, less those of a report's ending and of a number that tells two of one name apart.</summary>
    private const int LongestName = 255 - 11 - 8;

    private const int LongestExtension = 20;

    private readonly Dictionary<string, (long Size, DateTime WrittenAt, long SeenAt)> looks = new(StringComparer.Ordinal);

    // Stored, but not moved yet: they are not stored again each time.
    private readonly Dictionary<string, PosReceipt> stored = new(StringComparer.Ordinal);
    private int stuck;

    public string Name => "pos-folder";

    public string Bell => "#pos-folder";

    public TimeSpan Idle => options.Value.Settle;

    public async Task<PumpRun> RunOnceAsync(CancellationToken cancel)
    {
        var root = options.Value.Folder;
        if (!Directory.Exists(root))
        {
            return PumpRun.Nothing with { Trouble = $"The folder {root} of PosImports:Folder is not there." };
        }

        // One node looks at a time: the folder is the same for all. The lock is the session's, for a look may take longer than a transaction should.
        await using var connection = await data.Work.OpenConnectionAsync(cancel);
        if (!await connection.Command("select pg_try_advisory_lock(hashtext('pos-folder'))").ScalarAsync<bool>(cancel))
        {
            return PumpRun.Nothing;
        }

        try
        {
            var taken = 0;
            stuck = 0;
            foreach (var folder in desk.Connections.Select(c => c.Id).Where(id => Directory.Exists(Path.Combine(root, id))))
            {
                await TryAsync(async () => taken += await LookAsync(folder, Path.Combine(root, folder), cancel));
            }

            var trouble = stuck == 0 ? null : string.Create(CultureInfo.InvariantCulture, $"Files or folders below {root} that cannot be read or moved: {stuck}. The tower needs the right to do both.");
            return new PumpRun(taken, 0, Again: false, trouble);
        }
        finally
        {
            await connection.Command("select pg_advisory_unlock(hashtext('pos-folder'))").ExecuteAsync(CancellationToken.None);
        }
    }

    /// <summary>What cannot be read or moved stops nothing but itself.</summary>
    private async Task<bool> TryAsync(Func<Task> work)
    {
        try
        {
            await work();
            return true;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            Unreachable(log, error);
            stuck++;
            return false;
        }
    }

    private async Task<int> LookAsync(string connection, string folder, CancellationToken cancel)
    {
        await SettleAllAsync(connection, folder, cancel);
        var taken = 0;
        var there = new DirectoryInfo(folder).EnumerateFiles().Where(IsOurs).OrderBy(f => f.LastWriteTimeUtc).ThenBy(f => f.Name, StringComparer.Ordinal).ToList();
        foreach (var file in there.Where(IsComplete))
        {
            taken += await TryAsync(() => TakeAsync(connection, folder, file, cancel)) ? 1 : 0;
        }

        foreach (var gone in looks.Keys.Where(k => Path.GetDirectoryName(k) == folder && !File.Exists(k)).ToList())
        {
            looks.Remove(gone);
            stored.Remove(gone);
        }

        return taken;
    }

    // A link could lead anywhere; what begins with a dot, or ends so, is still being written by the usual tools.
    private static bool IsOurs(FileInfo file) =>
        !file.Attributes.HasFlag(FileAttributes.ReparsePoint) && !file.Name.StartsWith('.') && file.Extension is not (".tmp" or ".part" or ".filepart") && file.Length > 0;

    private bool IsComplete(FileInfo file)
    {
        var now = clock.GetTimestamp();
        if (looks.TryGetValue(file.FullName, out var look) && (look.Size, look.WrittenAt) == (file.Length, file.LastWriteTimeUtc))
        {
            return clock.GetElapsedTime(look.SeenAt, now) >= options.Value.Settle;
        }

        stored.Remove(file.FullName);
        looks[file.FullName] = (file.Length, file.LastWriteTimeUtc, now);
        return false;
    }

    private async Task TakeAsync(string connection, string folder, FileInfo file, CancellationToken cancel)
    {
        if (!stored.TryGetValue(file.FullName, out var receipt))
        {
            await using var bytes = file.OpenRead();
            receipt = await desk.TakeAsync(connection, file.Name, "folder", bytes, Actor.Tower("pos-folder"), cancel);
            stored[file.FullName] = receipt;
        }

        if (receipt.Id is { } id)
        {
            File.Move(file.FullName, Free(Path.Combine(folder, "reading"), string.Create(CultureInfo.InvariantCulture, $"I-{id}~"), file.Name));
            stored.Remove(file.FullName);
            return;
        }

        var kept = Free(Path.Combine(folder, "refused"), "", file.Name);
        File.Move(file.FullName, kept);
        stored.Remove(file.FullName);
        await File.WriteAllTextAsync(kept + ".report.txt", receipt.Refusal, cancel);
    }

    /// <summary>What was read to its end goes where people look for it.</summary>
    private async Task SettleAllAsync(string connection, string folder, CancellationToken cancel)
    {
        var reading = Path.Combine(folder, "reading");
        foreach (var path in Directory.Exists(reading) ? Directory.GetFiles(reading, "I-*~*") : [])
        {
            var (number, name) = Path.GetFileName(path)[2..].Split('~', 2) is [var n, var rest] ? (n, rest) : ("", "");
            // People can write here. A name with the number of another connection's file must not get its report.
            if (long.TryParse(number, CultureInfo.InvariantCulture, out var id) && await files.FindAsync(id, cancel) is { IsOpen: false } file && file.Connection == connection)
            {
                await TryAsync(() => SettleAsync(file, name, path, folder, cancel));
            }
        }
    }

    private async Task SettleAsync(PosFile file, string name, string path, string folder, CancellationToken cancel)
    {
        var kept = Free(Path.Combine(folder, file.State), $"{file.Number}~", name);
        // The report first: a file that lies there has one.
        await using (var writer = new StreamWriter(kept + ".report.csv", append: false, new UTF8Encoding(encoderShouldEmitUTF8Identifier: true)))
        {
            await report.WriteAsync(file, writer, cancel);
        }

        File.Move(path, kept);
    }

    // Two files of one name are two files: the second gets a number.
    private static string Free(string folder, string prefix, string name)
    {
        Directory.CreateDirectory(folder);
        var (stem, extension) = Fit(prefix, name);
        var to = Path.Combine(folder, stem + extension);
        for (var i = 2; File.Exists(to); i++)
        {
            to = Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"{stem}-{i}{extension}"));
        }

        return to;
    }

    // A till server may have used up the length of a name already, and it becomes longer here.
    private static (string Stem, string Extension) Fit(string prefix, string name)
    {
        var extension = Path.GetExtension(name) is { Length: <= LongestExtension } sound ? sound : "";
        var stem = prefix + name[..^extension.Length];
        while (Encoding.UTF8.GetByteCount(stem) + Encoding.UTF8.GetByteCount(extension) > LongestName)
        {
            stem = stem[..^(char.IsLowSurrogate(stem[^1]) ? 2 : 1)];
        }

        return (stem, extension);
    }

    [LoggerMessage(EventId = 2541, Level = LogLevel.Warning, Message = "The folder of the tills cannot be worked on")]
    private static partial void Unreachable(ILogger log, Exception error);
}
