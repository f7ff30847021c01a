using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using ControlTower.Data.Feeds;
using ControlTower.Sync.Notifications;
using Microsoft.Extensions.Options;

namespace ControlTower.Sync.Feeds;

/// <summary>Folders of a server by SFTP. Only servers that the operator has named are called, only at addresses that may be called, and only if they show the key that was pinned.</summary>
public sealed class SftpDrop(ISftpWay way, IOptions<FeedOptions> options) : IFeedDrop
{
    public bool Takes(FeedPlace place) => place.IsSftp;

    public async Task PutAsync(FeedDelivery delivery, CancellationToken cancel)
    {
        var place = delivery.Place;
        if (FeedNames.PathWrong(place.Path) is { } wrong)
        {
            throw new FeedRefusedException($"The folder {place.Path} cannot be used. {wrong}");
        }

        var server = new SftpServer(await AddressAsync(place.Host!, cancel), place.Port, place.User!, delivery.Secret ?? throw new FeedRefusedException("Its password or key is not there. Enter it again, then run the day again."), place.HostKey!);
        await using var session = await way.OpenAsync(server, cancel);
        var folder = await FolderAsync(session, place.Path, cancel);
        var (whole, unfinished) = (folder + delivery.File, folder + delivery.Unfinished);
        if (!await LiesThereAsync(session, whole, delivery, cancel))
        {
            await using (var file = await session.CreateAsync(unfinished, cancel))
            {
                await delivery.WriteAsync(file, cancel);
            }

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

    // By name and by what the name leads to: it may lead elsewhere each time.
    private async Task<IPAddress> AddressAsync(string host, CancellationToken cancel)
    {
        if (!options.Value.Allows(host))
        {
            throw new FeedRefusedException($"Feeds:SftpHosts does not name {host}. Have it named, then run the day again.");
        }

        IPAddress[] found;
        try
        {
            found = await Dns.GetHostAddressesAsync(host, cancel);
        }
        catch (SocketException error)
        {
            throw new IOException($"The name {host} leads nowhere.", error);
        }

        return found.FirstOrDefault(address => !WebhookAddress.IsRefused(address, options.Value.AllowPrivateNetworks))
            ?? throw new FeedRefusedException($"{host} lies in a private network. Allow that by Feeds:AllowPrivateNetworks, or enter another server.");
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

    private static async Task<bool> IsAsync(ISftpSession session, string path, FeedDelivery delivery, CancellationToken cancel)
    {
        await using var file = await session.ReadAsync(path, cancel);
        return (await SHA256.HashDataAsync(file, cancel)).AsSpan().SequenceEqual(delivery.Sha256);
    }
}
