using System.Globalization;
using System.Security.Cryptography;
using ControlTower.Data.Db;
using ControlTower.Data.Exports;
using ControlTower.Data.Feeds;
using ControlTower.Sync.Connections;
using ControlTower.Sync.Exports;

namespace ControlTower.Sync.Feeds;

/// <summary>The turn was lost: another node has the run.</summary>
internal sealed class FeedTurnLostException : Exception;

/// <summary>
/// Makes the file of a run, counts it, and takes it where it belongs: three steps, each safe to repeat. The bytes are kept in the database in pieces first; what is counted and what is delivered is what lies there.
/// </summary>
public sealed class FeedMaking(TowerDataSources data, SecretSeal seal, IEnumerable<IFeedDrop> drops)
{
    /// <summary>Runs of a dead node are taken up after so long.</summary>
    public static readonly TimeSpan Lease = TimeSpan.FromSeconds(60);

    /// <summary>Name of the one secret of a feed.</summary>
    public const string Secret = "secret";

    private const int PartSize = 512 * 1024;
    private const int LongestDifference = 500;

    /// <summary>A place that answers, but never to the end, holds no node for longer.</summary>
    internal TimeSpan Longest { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Under which the secrets of a feed are sealed: one that was entered for another server, user or key does not open.</summary>
    public static string SealOf(long feed, FeedPlace place) => string.Create(CultureInfo.InvariantCulture, $"feed/{feed}\n{place.Host}\n{place.Port}\n{place.HostKey}\n{place.User}");

    /// <summary>Writes the file and counts both sides. Afterwards it agrees with its source and is frozen.</summary>
    /// <exception cref="FeedRefusedException">The two sides count differently. Nothing may be delivered.</exception>
    public async Task WriteAsync(FeedTurn turn, CancellationToken cancel)
    {
        var source = FeedSources.Find(turn.Feed.What) ?? throw new FeedRefusedException($"There is no list {turn.Feed.What}.");
        var read = await StoreAsync(turn, source, cancel);
        await using var file = new FileStream(Path.GetTempFileName(), FileMode.Open, FileAccess.ReadWrite, FileShare.None, 64 * 1024, FileOptions.DeleteOnClose | FileOptions.Asynchronous);
        var hash = await FetchAsync(turn, file, cancel);
        file.Position = 0;
        var written = Count(source, turn, file);
        Must(await FeedWork.CountedAsync(data.Work, turn, FeedNames.File(turn.Feed, turn.Run), read, written, file.Length, hash, turn.Before is { } before ? Difference(before, written) : null, cancel));
        if (!read.Agrees(written))
        {
            throw new FeedRefusedException($"The file does not hold what its source counts: {Difference(read, written)}. Nothing was delivered.");
        }

        Must(await FeedWork.WrittenAsync(data.Work, turn, cancel));
    }

    /// <summary>Takes the frozen file to its place.</summary>
    /// <param name="run">As it stands now, with name, size and hash.</param>
    /// <returns>What went wrong behind the delivery, which stands all the same; null: nothing.</returns>
    public async Task<Exception?> DeliverAsync(FeedTurn turn, FeedRun run, CancellationToken cancel)
    {
        if (await FeedWork.IsPlacedAsync(data.Work, turn, cancel))
        {
            return null;
        }

        string? secret = null;
        if (turn.Feed.Place.IsSftp)
        {
            secret = turn.Secrets is { } locked && seal.TryOpen(SealOf(turn.Feed.Id, turn.Feed.Place), locked, out var open) && open.TryGetValue(Secret, out var found)
                ? found
                : throw new FeedRefusedException("Its password or key cannot be opened. Enter it again, then run the day again.");
        }

        var drop = drops.First(d => d.Takes(turn.Feed.Place));
        var placed = false;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(Longest);
        try
        {
            await drop.PutAsync(
                new FeedDelivery(turn.Feed.Place, secret, run.File!, run.Bytes!.Value, Convert.FromHexString(run.Sha256!), turn.Fence, (to, stop) => CopyAsync(turn, to, stop), PlacedAsync), limit.Token);
            return null;
        }
        catch (Exception behind) when (placed && behind is IOException or UnauthorizedAccessException)
        {
            return behind;
        }
        catch (OperationCanceledException slow) when (limit.IsCancellationRequested && !cancel.IsCancellationRequested)
        {
            return placed ? slow : throw new IOException("Its place did not take the file in time.", slow);
        }

        async Task PlacedAsync(CancellationToken stop)
        {
            Must(await FeedWork.PlacedAsync(data.Work, turn, stop));
            placed = true;
        }
    }

    /// <summary>What one count has more or less than another, in words.</summary>
    internal static string Difference(FeedCount before, FeedCount now)
    {
        var words = new List<string>();
        if (now.Rows != before.Rows)
        {
            words.Add(string.Create(CultureInfo.InvariantCulture, $"{Math.Abs(now.Rows - before.Rows)} {(Math.Abs(now.Rows - before.Rows) == 1 ? "row" : "rows")} {(now.Rows > before.Rows ? "more" : "fewer")}"));
        }

        words.AddRange(before.Totals.Keys.Union(now.Totals.Keys, StringComparer.Ordinal).Order(StringComparer.Ordinal)
            .Select(name => (Name: name, By: now.Totals.GetValueOrDefault(name) - before.Totals.GetValueOrDefault(name))).Where(t => t.By != 0m)
            .Select(t => string.Create(CultureInfo.InvariantCulture, $"{t.Name} {t.By:+0.00##;-0.00##}")));
        var all = words.Count == 0 ? "the same rows and totals" : string.Join(", ", words);
        return all.Length <= LongestDifference ? all : all[..(LongestDifference - 1)] + "…";
    }

    /// <exception cref="FeedRefusedException">No file of this format holds so many rows.</exception>
    internal static void MustFit(ExportFormat format, long rows)
    {
        if (format is ExportFormat.Xlsx && rows > XlsxFile.MostRows)
        {
            throw new FeedRefusedException(string.Create(CultureInfo.InvariantCulture, $"The day has {rows} rows, and a workbook holds {XlsxFile.MostRows}. Let the feed write CSV, or give each brand its own, then run the day again."));
        }
    }

    private static FeedCount Count(FeedSource source, FeedTurn turn, Stream file)
    {
        try
        {
            return FeedFile.Count(source, turn.Feed.Format, file);
        }
        catch (FormatException broken)
        {
            throw new FeedRefusedException($"{broken.Message} Nothing was delivered.");
        }
    }

    private async Task<FeedCount> StoreAsync(FeedTurn turn, FeedSource source, CancellationToken cancel)
    {
        await using var reading = await FeedReading.BeginAsync(data.Read, source, turn.Feed.Brand, turn.Run, turn.Span, cancel);
        var read = await reading.CountAsync(cancel);
        MustFit(turn.Feed.Format, read.Rows);
        var part = 0;
        await ExportFile.WriteAsync(
            turn.Feed.Format, [.. source.Columns.Select(c => new ExportColumn(c.Title, c.Width))], reading.RowsAsync(cancel), PartSize,
            async (bytes, stop) => Must(await FeedWork.PutAsync(data.Work, turn, Lease, part++, bytes, stop)), cancel);
        return read;
    }

    private async Task<byte[]> FetchAsync(FeedTurn turn, Stream file, CancellationToken cancel)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        await foreach (var bytes in FeedWork.PartsAsync(data.Work, turn.Run.Id, cancel))
        {
            hash.AppendData(bytes);
            await file.WriteAsync(bytes, cancel);
        }

        return hash.GetHashAndReset();
    }

    private async Task CopyAsync(FeedTurn turn, Stream to, CancellationToken cancel)
    {
        await foreach (var bytes in FeedWork.PartsAsync(data.Work, turn.Run.Id, cancel))
        {
            Must(await FeedWork.KeepAsync(data.Work, turn, Lease, cancel));
            await to.WriteAsync(bytes, cancel);
        }
    }

    private static void Must(bool held)
    {
        if (!held)
        {
            throw new FeedTurnLostException();
        }
    }
}
