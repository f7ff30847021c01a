using System.Security.Cryptography;
using ControlTower.Data.Feeds;
using Microsoft.Extensions.Options;

namespace ControlTower.Sync.Feeds;

/// <summary>Folders below the root of this installation, never outside: neither by a path nor by a link on its way.</summary>
public sealed class FolderDrop(IOptions<FeedOptions> options) : IFeedDrop
{
    public bool Takes(FeedPlace place) => !place.IsSftp;

    public async Task PutAsync(FeedDelivery delivery, CancellationToken cancel)
    {
        var folder = Folder(delivery.Place.Path);
        var (whole, unfinished) = (Path.Combine(folder, delivery.File), Path.Combine(folder, delivery.Unfinished));
        if (!await LiesThereAsync(whole, delivery, cancel))
        {
            // Its name can be foreseen: what lies there, a link that leads elsewhere too, is taken away and never written through.
            File.Delete(unfinished);
            await using (var file = new FileStream(unfinished, FileMode.CreateNew, FileAccess.Write, FileShare.None, 64 * 1024, FileOptions.Asynchronous))
            {
                await delivery.WriteAsync(file, cancel);
                // A name without its bytes would be half a file after a loss of power.
                file.Flush(flushToDisk: true);
            }

            if (!await IsAsync(unfinished, delivery, cancel))
            {
                throw new IOException("What was written is not what was to be written.");
            }

            File.Move(unfinished, whole, overwrite: false);
        }

        await delivery.SayPlacedAsync(cancel);
        foreach (var left in Directory.GetFiles(folder).Where(path => delivery.IsUnfinished(Path.GetFileName(path))))
        {
            File.Delete(left);
        }
    }

    private string Folder(string path)
    {
        var root = options.Value.Folder;
        if (root.Length == 0)
        {
            throw new FeedRefusedException("This installation has no folder for feeds. Set Feeds:Folder, then run the day again.");
        }

        if (FeedNames.PathWrong(path) is { } wrong)
        {
            throw new FeedRefusedException($"The folder {path} cannot be used. {wrong}");
        }

        if (!Directory.Exists(root))
        {
            throw new IOException($"The folder {root} of Feeds:Folder is not there.");
        }

        var folder = root;
        foreach (var step in path.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            folder = Path.Combine(folder, step);
            if (new DirectoryInfo(folder) is { LinkTarget: not null } || File.Exists(folder))
            {
                throw new FeedRefusedException($"{step} in the folder {path} is a link or a file: feeds do not follow it. Make it a folder, then run the day again.");
            }

            Directory.CreateDirectory(folder);
        }

        return folder;
    }

    private static async Task<bool> LiesThereAsync(string whole, FeedDelivery delivery, CancellationToken cancel)
    {
        if (!Path.Exists(whole) && new FileInfo(whole).LinkTarget is null)
        {
            return false;
        }

        return new FileInfo(whole) is { Exists: true, LinkTarget: null } && await IsAsync(whole, delivery, cancel)
            ? true
            : throw new FeedRefusedException($"Another {delivery.File} lies there, and it is never replaced. Move it away, then run the day again.");
    }

    private static async Task<bool> IsAsync(string path, FeedDelivery delivery, CancellationToken cancel)
    {
        await using var file = File.OpenRead(path);
        return file.Length == delivery.Bytes && (await SHA256.HashDataAsync(file, cancel)).AsSpan().SequenceEqual(delivery.Sha256);
    }
}
