using ControlTower.Data.Feeds;

namespace ControlTower.Sync.Feeds;

/// <summary>Folders of a server by SFTP. Only servers that the operator has named are called, only at addresses that may be called, and only if they show the key that was pinned.</summary>
public sealed class SftpDrop(SftpServers servers) : IFeedDrop
{
    public bool Takes(FeedPlace place) => place.IsSftp;

    public async Task PutAsync(FeedDelivery delivery, CancellationToken cancel)
    {
        var place = delivery.Place;
        if (FeedNames.PathWrong(place.Path) is { } wrong)
        {
            throw new FeedRefusedException($"The folder {place.Path} cannot be used. {wrong}");
        }

        var secret = delivery.Secret ?? throw new FeedRefusedException("Its password or key is not there. Enter it again, then run the day again.");
        await using var session = await servers.OpenAsync(place, secret, cancel);
        var folder = await FolderAsync(session, place.Path, cancel);
        var (whole, unfinished) = (folder + delivery.File, folder + delivery.Unfinished);
        if (!await LiesThereAsync(session, whole, delivery, cancel))
        {
            await session.WriteAsync(unfinished, delivery.WriteAsync, cancel);
            if (!await IsAsync(session, unfinished, delivery, cancel))
            {
                throw new IOException("The server has not what was sent.");
            }

            await session.RenameAsync(unfinished, whole, cancel);
        }

        await delivery.SayPlacedAsync(cancel);
        foreach (var left in (await session.NamesAsync(folder, cancel)).Where(delivery.IsUnfinished))
        {
            await session.DeleteAsync(folder + left, cancel);
        }
    }

    private static async Task<string> FolderAsync(ISftpSession session, string path, CancellationToken cancel)
    {
        var folder = "";
        foreach (var step in path.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            folder += step;
            if (!await session.ExistsAsync(folder, cancel))
            {
                await session.MakeFolderAsync(folder, cancel);
            }

            folder += "/";
        }

        return folder;
    }

    private static async Task<bool> LiesThereAsync(ISftpSession session, string whole, FeedDelivery delivery, CancellationToken cancel) =>
        await session.ExistsAsync(whole, cancel)
        && (await IsAsync(session, whole, delivery, cancel) ? true : throw new FeedRefusedException($"Another {delivery.File} lies there, and it is never replaced. Have it moved away, then run the day again."));

    private static async Task<bool> IsAsync(ISftpSession session, string path, FeedDelivery delivery, CancellationToken cancel) => (await session.HashAsync(path, cancel)).AsSpan().SequenceEqual(delivery.Sha256);
}
