using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using ControlTower.Data.Audit;
using ControlTower.Data.Db;
using ControlTower.Data.Reconciliation;
using ControlTower.Data.Live;
using ControlTower.Sync.Connectors;
using ControlTower.Sync.Pumps;
using ControlTower.Sync.Statements;
using Npgsql;

namespace ControlTower.Sync.Reconciliation;

/// <param name="IsNew">False: these bytes were applied before, by the import that is named; nothing was changed.</param>
public sealed record StatementReceipt(StatementFileRow File, bool IsNew);

/// <summary>
/// Takes files of processors and banks. A file is applied whole, in one transaction with its audit entry, or refused with what is wrong; sending it may be repeated after any error. The caller has checked
/// the permission.
/// </summary>
public sealed class StatementDesk(TowerDataSources data, AuditLog audit, ReconActing acting, ChangeNotifier changes, Doorbell doorbell)
{
    public const string ImportPermission = "finance:statement:import";

    private const int PerBatch = 1_000;

    /// <param name="connection">The processor or bank whose file it is.</param>
    /// <param name="file">Read once; copied to disk first, so that a slow upload holds no transaction open.</param>
    /// <exception cref="FormatException">The file is larger than <see cref="StatementFile.MostBytes"/>; nothing is stored of it.</exception>
    public async Task<StatementReceipt> ImportAsync(ConnectionProfile connection, SystemRole role, string name, Stream file, Actor actor, CancellationToken cancel)
    {
        await using var spool = Spool();
        var hash = await CopyAsync(file, spool, cancel);
        if (await KnownAsync(connection.Id, hash, cancel) is { } before)
        {
            return new StatementReceipt(before, IsNew: false);
        }

        // Read to its end first: a session that waits for a large file within its transaction is ended.
        await using var told = Spool();
        var statement = new StatementFile(spool, StatementSettings.Of(connection));
        var lines = Read(statement, told, cancel);
        var report = statement.Report;
        await using var work = await data.Work.OpenConnectionAsync(cancel);
        await using var transaction = await work.BeginTransactionAsync(cancel);
        await StatementFileStore.LockAsync(work, connection.Id, cancel);
        if (await StatementFileStore.AppliedAsync(work, connection.Id, hash, cancel) is { } known)
        {
            return new StatementReceipt(known, IsNew: false);
        }

        var plain = VendorText.Plain(Path.GetFileName(name), 200) ?? "file";
        var id = await StatementFileStore.BeginAsync(work, connection.Id, hash, plain, spool.Length, actor.Name, cancel);
        if (report.Count == 0)
        {
            await StoreAsync(work, connection.Id, role == SystemRole.Bank ? "bank" : "payouts", id, told, cancel);
        }

        var row = await StatementFileStore.EndAsync(
            work, id, statement.Format, report.Rows, lines, JsonSerializer.Serialize(report.Problems, StatementJson.Default.IReadOnlyListStatementProblem), report.Count, cancel);
        await audit.AppendAsync(work, transaction, Entry(actor, row, hash), cancel);
        await transaction.CommitAsync(cancel);
        doorbell.Ring(Doorbell.Ledger);
        changes.Announce(LiveTopics.Reconciliation);
        return new StatementReceipt(row, IsNew: true);
    }

    /// <summary>Takes back a file that should not have been taken: its lines go, and it may be handed in again. Lines that a feed told before it stay. Not where a month of it is signed.</summary>
    public Task<ReconAnswer> TakeBackAsync(long file, string why, Actor actor, CancellationToken cancel) =>
        ReconActing.Reason(why) is { } wrong ? Task.FromResult<ReconAnswer>(wrong)
        : acting.InAsync(
            actor, ImportPermission, Subject(file), why.Trim(), new Dictionary<string, string>(StringComparer.Ordinal) { ["act"] = "take back" },
            async connection =>
            {
                if (await StatementFileStore.LockAsync(connection, file, cancel) is not { } known)
                {
                    return new ReconAnswer.Refused("unknown", "There is no such file.");
                }

                if (!known.Applied)
                {
                    return known.TakenBackAt is null ? new ReconAnswer.Refused("state", "The file was refused: nothing of it was taken.") : ReconActing.Moved;
                }

                await StatementFileStore.LockAsync(connection, known.Connection, cancel);
                if (await StatementFileStore.IsSignedAsync(connection, file, cancel))
                {
                    return ReconActing.ClosedMonth;
                }

                await StatementFileStore.TakeBackAsync(connection, known, actor.Name, why.Trim(), cancel);
                return new ReconAnswer.Done(Math.Max(1, known.Lines));
            },
            cancel);

    /// <summary>What was wrong with a file, as far as it was kept.</summary>
    public static IReadOnlyList<StatementProblem> ProblemsOf(StatementFileRow file) => JsonSerializer.Deserialize(file.Problems, StatementJson.Default.IReadOnlyListStatementProblem) ?? [];

    private async Task<StatementFileRow?> KnownAsync(string connection, byte[] hash, CancellationToken cancel)
    {
        await using var work = await data.Work.OpenConnectionAsync(cancel);
        return await StatementFileStore.AppliedAsync(work, connection, hash, cancel);
    }

    /// <summary>Reads a file into lines on disk. Once something is wrong nothing is kept; the rest is read for its problems alone.</summary>
    private static int Read(StatementFile statement, FileStream told, CancellationToken cancel)
    {
        var lines = 0;
        foreach (var line in statement.Read())
        {
            lines++;
            if (statement.Report.Count == 0)
            {
                JsonSerializer.Serialize(told, line, StatementJson.Default.MoneyLine);
                told.WriteByte((byte)'\n');
            }

            cancel.ThrowIfCancellationRequested();
        }

        told.Flush();
        return lines;
    }

    private static async Task StoreAsync(NpgsqlConnection work, string connectionId, string kind, long id, FileStream told, CancellationToken cancel)
    {
        told.Position = 0;
        await foreach (var batch in JsonSerializer.DeserializeAsyncEnumerable(told, StatementJson.Default.MoneyLine, topLevelValues: true, cancel).Chunk(PerBatch).WithCancellation(cancel))
        {
            var lines = Array.ConvertAll(batch, line => line!);
            await LedgerStore.StoreAsync(work, connectionId, lines, id, cancel);
            // An old file tells nothing of today.
            await LedgerStore.CoverAsync(work, connectionId, kind, lines.Min(l => l.At), lines.Max(l => l.At), cancel);
        }
    }

    private static FileStream Spool() => new(Path.GetTempFileName(), FileMode.Open, FileAccess.ReadWrite, FileShare.None, 64 * 1024, FileOptions.DeleteOnClose | FileOptions.Asynchronous);

    private static async Task<byte[]> CopyAsync(Stream from, FileStream to, CancellationToken cancel)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var piece = new byte[64 * 1024];
        while (await from.ReadAsync(piece, cancel) is > 0 and var length)
        {
            if (to.Length + length > StatementFile.MostBytes)
            {
                throw new FormatException("The file is larger than 200 MB. Export a shorter time.");
            }

            hash.AppendData(piece, 0, length);
            await to.WriteAsync(piece.AsMemory(0, length), cancel);
        }

        await to.FlushAsync(cancel);
        return hash.GetHashAndReset();
    }

    private static string Subject(long file) => $"statement-file:{file.ToString(CultureInfo.InvariantCulture)}";

    private static AuditEntry Entry(Actor actor, StatementFileRow row, byte[] hash) => new(
        actor, ImportPermission, Subject(row.Id), row.Applied ? AuditOutcome.Done : AuditOutcome.Refused, row.Applied ? null : "The file has problems.",
        new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["connection"] = row.Connection, ["file"] = row.Name, ["sha256"] = Convert.ToHexStringLower(hash), ["lines"] = row.Lines.ToString(CultureInfo.InvariantCulture),
            ["problems"] = row.Wrong.ToString(CultureInfo.InvariantCulture),
        });
}
