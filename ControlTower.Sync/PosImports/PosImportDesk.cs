using System.Globalization;
using System.Security.Cryptography;
using ControlTower.Data.Audit;
using ControlTower.Data.Db;
using ControlTower.Data.Live;
using ControlTower.Data.PosImports;
using ControlTower.Sync.Connections;
using ControlTower.Sync.Connectors;
using ControlTower.Sync.Connectors.PosLog;
using ControlTower.Sync.Pumps;
using Microsoft.Extensions.Options;

namespace ControlTower.Sync.PosImports;

/// <param name="Id">Null if it was refused.</param>
/// <param name="IsNew">False: the same bytes were there already.</param>
/// <param name="Refusal">Why it was not taken, for the person who sent it.</param>
public sealed record PosReceipt(long? Id, bool IsNew, string? Refusal);

/// <summary>
/// Takes files of tills, from people and from the folder. A file is its content: sent again it is the same file, so sending may be repeated after any error. Reading is a worker's. The caller has
/// checked the permission.
/// </summary>
public sealed class PosImportDesk(
    TowerDataSources data, PosFileStore files, ConnectionDirectory connections, AuditLog audit, ChangeNotifier changes, Doorbell doorbell, IOptions<PosImportOptions> options)
{
    public const string Act = "imports:file:upload";

    private const int LongestName = 200;

    public long MaxBytes => options.Value.MaxBytes;

    public TimeSpan SilentAfter => options.Value.SilentAfter;

    /// <summary>Connections whose tills send files.</summary>
    public IReadOnlyList<ConnectionProfile> Connections => [.. connections.All.Select(c => c.Profile).Where(p => p.Kind == PosLogConnector.Name).OrderBy(p => p.Name, StringComparer.Ordinal)];

    /// <summary>Stores the file piece by piece and lets it be read. Holds one piece at a time.</summary>
    /// <param name="origin"><c>upload</c> or <c>folder</c>.</param>
    public async Task<PosReceipt> TakeAsync(string connectionId, string name, string origin, Stream file, Actor actor, CancellationToken cancel)
    {
        if (Connections.All(c => c.Id != connectionId))
        {
            return new PosReceipt(null, false, "There is no connection of tills of that name. Choose one that reads POSLog files.");
        }

        var plain = VendorText.Plain(Path.GetFileName(name), LongestName) ?? "file";
        var id = await files.BeginAsync(new PosArrival(connectionId, plain, origin, actor.Id, actor.Name), cancel);
        var (size, hash) = await StoreAsync(id, file, cancel);
        if (size == 0 || size > MaxBytes)
        {
            await files.ForgetAsync(id, cancel);
            return new PosReceipt(null, false, size == 0
                ? "The file is empty. Choose the file that the till server wrote."
                : string.Create(CultureInfo.InvariantCulture, $"The file is larger than {options.Value.MaxMegabytes} MB. Have the till server write smaller ones, or have an admin raise PosImports:MaxMegabytes."));
        }

        var (sealedId, isNew) = await SealAsync(id, connectionId, hash, plain, size, actor, cancel);
        changes.Announce(LiveTopics.Imports);
        doorbell.Ring(Doorbell.Imports);
        return new PosReceipt(sealedId, isNew, null);
    }

    private async Task<(long Size, byte[] Hash)> StoreAsync(long id, Stream file, CancellationToken cancel)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var (piece, size) = (new byte[PosFileStream.PartSize], 0L);
        for (var part = 0; ; part++)
        {
            var length = await file.ReadAtLeastAsync(piece, piece.Length, throwOnEndOfStream: false, cancel);
            size += length;
            if (length == 0 || size > MaxBytes)
            {
                return (size, hash.GetHashAndReset());
            }

            hash.AppendData(piece, 0, length);
            await files.PutAsync(id, part, piece.AsMemory(0, length), cancel);
        }
    }

    private async Task<(long Id, bool IsNew)> SealAsync(long id, string connectionId, byte[] hash, string name, long size, Actor actor, CancellationToken cancel)
    {
        await using var connection = await data.Work.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        var (file, isNew) = await PosFileStore.SealAsync(connection, id, connectionId, hash, cancel);
        var detail = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["connection"] = connectionId, ["file"] = name, ["bytes"] = size.ToString(CultureInfo.InvariantCulture), ["sha256"] = Convert.ToHexStringLower(hash), ["known"] = isNew ? "no" : "yes",
        };
        await audit.AppendAsync(connection, transaction, new AuditEntry(actor, Act, $"pos-file:{file}", Detail: detail), cancel);
        await transaction.CommitAsync(cancel);
        return (file, isNew);
    }
}
