using System.Globalization;
using System.Text;
using ControlTower.Data.Db;
using Microsoft.Extensions.Logging;

namespace ControlTower.Sync.Pumps;

/// <summary>
/// Takes the files that systems drop into the folder of their connection. A file counts as complete when it did not change from one look to the next. It is stored first and moved then, so that a death in
/// between only makes it the same file again; it ends where people look for it, beside its report, and is never deleted. What was moved is what was stored: a file that another took the place of meanwhile is looked at again.
/// </summary>
/// <typeparam name="TReceipt">What storing a file answers.</typeparam>
public abstract class FolderPump<TReceipt>(TowerDataSources data, TimeProvider clock, ILogger log) : IPump
{
    /// <summary>Bytes of a name in the usual file systems, less those of a report's ending and of a number that tells two of one name apart.</summary>
    private const int LongestName = 255 - 11 - 8;

    private const int LongestExtension = 20;

    private readonly Dictionary<string, (FileLook Look, long SeenAt)> looks = new(StringComparer.Ordinal);

    // Stored, but not moved yet: they are not stored again each time.
    private readonly Dictionary<string, TReceipt> stored = new(StringComparer.Ordinal);
    private int stuck;

    public abstract string Name { get; }

    public string Bell => "#" + Name;

    public TimeSpan Idle => Settle;

    /// <summary>The folder of folders, and the name of its setting.</summary>
    protected abstract (string Path, string Setting) Root { get; }

    /// <summary>For so long a complete file did not change.</summary>
    protected abstract TimeSpan Settle { get; }

    /// <summary>Connections whose folders are looked into, by id.</summary>
    protected abstract IReadOnlyList<string> Connections { get; }

    public async Task<PumpRun> RunOnceAsync(CancellationToken cancel)
    {
        var (root, setting) = Root;
        if (!Directory.Exists(root))
        {
            return PumpRun.Nothing with { Trouble = $"The folder {root} of {setting} is not there." };
        }

        // One node looks at a time: the folder is the same for all. The lock is the session's, for a look may take longer than a transaction should.
        await using var connection = await data.Work.OpenConnectionAsync(cancel);
        if (!await connection.Command("select pg_try_advisory_lock(hashtext($1))", Sql.Of(Name)).ScalarAsync<bool>(cancel))
        {
            return PumpRun.Nothing;
        }

        try
        {
            var taken = 0;
            stuck = 0;
            foreach (var folder in Connections.Where(id => Directory.Exists(Path.Combine(root, id))))
            {
                await TryAsync(async () => taken += await LookAsync(folder, Path.Combine(root, folder), cancel));
            }

            var trouble = stuck == 0 ? null : string.Create(CultureInfo.InvariantCulture, $"Files or folders below {root} that cannot be read or moved: {stuck}. The tower needs the right to do both.");
            return new PumpRun(taken, 0, Again: false, trouble);
        }
        finally
        {
            await connection.Command("select pg_advisory_unlock(hashtext($1))", Sql.Of(Name)).ExecuteAsync(CancellationToken.None);
        }
    }

    /// <summary>Stores a complete file. May be asked again for the same file after a death: it must then be the same.</summary>
    protected abstract Task<TReceipt> StoreAsync(string connection, FileInfo file, CancellationToken cancel);

    /// <summary>What becomes of a file that cannot be stored, however often it is tried.</summary>
    protected abstract TReceipt Refused(string why);

    /// <summary>Moves a stored file out of the way, to where it is read or looked for. Returns where it lies then.</summary>
    protected abstract Task<string> MoveAsync(FileInfo file, string folder, TReceipt receipt, CancellationToken cancel);

    /// <summary>Before each look: what was read to its end since.</summary>
    protected virtual Task SettleAllAsync(string connection, string folder, CancellationToken cancel) => Task.CompletedTask;

    /// <summary>What cannot be read or moved stops nothing but itself.</summary>
    protected async Task TryAsync(Func<Task> work)
    {
        try
        {
            await work();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            FolderLog.Unreachable(log, Name, error);
            stuck++;
        }
    }

    // Two files of one name are two files: the second gets a number.
    protected static string Free(string folder, string prefix, string name)
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

    private async Task<int> LookAsync(string connection, string folder, CancellationToken cancel)
    {
        await SettleAllAsync(connection, folder, cancel);
        var taken = 0;
        var there = new DirectoryInfo(folder).EnumerateFiles().Where(IsOurs).OrderBy(f => f.LastWriteTimeUtc).ThenBy(f => f.Name, StringComparer.Ordinal).ToList();
        foreach (var file in there.Where(IsComplete))
        {
            await TryAsync(async () => taken += await TakeAsync(connection, folder, file, cancel) ? 1 : 0);
        }

        foreach (var gone in looks.Keys.Where(k => Path.GetDirectoryName(k) == folder && !File.Exists(k)).ToList())
        {
            looks.Remove(gone);
            stored.Remove(gone);
        }

        return taken;
    }

    /// <returns>False if it is another file than the one that was at rest: it is looked at again.</returns>
    private async Task<bool> TakeAsync(string connection, string folder, FileInfo file, CancellationToken cancel)
    {
        var (path, look) = (file.FullName, looks[file.FullName].Look);
        if (FileLook.Of(path) != look)
        {
            return Again(path);
        }

        if (!stored.TryGetValue(path, out var receipt))
        {
            receipt = await StoreOrRefuseAsync(connection, file, cancel);
            if (FileLook.Of(path) != look)
            {
                return Again(path);
            }

            stored[path] = receipt;
        }

        var moved = await MoveAsync(file, folder, receipt, cancel);
        if (FileLook.Of(moved) != look)
        {
            // It took the place of the one that was read, at the last moment: nobody has read it.
            File.Move(moved, Free(folder, "", file.Name));
            return Again(path);
        }

        return Again(path, taken: true);
    }

    private bool Again(string path, bool taken = false)
    {
        looks.Remove(path);
        stored.Remove(path);
        return taken;
    }

    // One file that nobody can read must not keep those behind it waiting for ever. That the database is away says nothing about it.
    private async Task<TReceipt> StoreOrRefuseAsync(string connection, FileInfo file, CancellationToken cancel)
    {
        try
        {
            return await StoreAsync(connection, file, cancel);
        }
        catch (Exception error) when (error is not (IOException or UnauthorizedAccessException or OperationCanceledException or OutOfMemoryException) && !DatabaseTrouble.IsOfTheWay(error))
        {
            FolderLog.Unreadable(log, Name, connection, error);
            return Refused("The file could not be read, and nothing of it was taken. Export it anew and drop it again; if it comes back, the logs say what is wrong.");
        }
    }

    // A link could lead anywhere; what begins with a dot, or ends so, is still being written by the usual tools.
    private static bool IsOurs(FileInfo file) =>
        !file.Attributes.HasFlag(FileAttributes.ReparsePoint) && !file.Name.StartsWith('.') && file.Extension is not (".tmp" or ".part" or ".filepart") && file.Length > 0;

    private bool IsComplete(FileInfo file)
    {
        var (now, seen) = (clock.GetTimestamp(), FileLook.Of(file));
        if (looks.TryGetValue(file.FullName, out var look) && look.Look == seen)
        {
            return clock.GetElapsedTime(look.SeenAt, now) >= Settle;
        }

        stored.Remove(file.FullName);
        looks[file.FullName] = (seen, now);
        return false;
    }

    /// <summary>By what a file is known again. Both stay when it is moved.</summary>
    private readonly record struct FileLook(long Size, DateTime WrittenAt)
    {
        public static FileLook Of(FileInfo file) => new(file.Length, file.LastWriteTimeUtc);

        public static FileLook Of(string path) => Of(new FileInfo(path));
    }
}

internal static partial class FolderLog
{
    [LoggerMessage(EventId = 2541, Level = LogLevel.Warning, Message = "A folder of {Pump} cannot be worked on")]
    public static partial void Unreachable(ILogger log, string pump, Exception error);

    [LoggerMessage(EventId = 2542, Level = LogLevel.Error, Message = "A file of {Connection} that {Pump} found cannot be read; it is refused")]
    public static partial void Unreadable(ILogger log, string pump, string connection, Exception error);
}
