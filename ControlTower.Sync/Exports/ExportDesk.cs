using System.Globalization;
using ControlTower.Data.Audit;
using ControlTower.Data.Db;
using ControlTower.Data.Exports;
using ControlTower.Data.Live;
using ControlTower.Sync.Pumps;

namespace ControlTower.Sync.Exports;

/// <param name="Id">Null if it was refused.</param>
/// <param name="Refusal">Why nothing was begun, for the person who asked.</param>
public sealed record ExportReceipt(long? Id, string? Refusal);

/// <summary>
/// Lists as files, as people ask for them: short ones at once, long ones made by a worker. The caller has checked the permission. Each act stands in the audit trail: who, what, how many rows. A key
/// begins one export, however often it is sent, so that asking may be repeated after any error.
/// </summary>
public sealed class ExportDesk(TowerDataSources data, AuditLog audit, ExportStore exports, IEnumerable<IExport> exportable, ChangeNotifier changes, Doorbell doorbell)
{
    /// <summary>Rows that are answered at once; more are made by a worker.</summary>
    public const int AtOnce = 10_000;

    /// <summary>Rows of one file.</summary>
    public const int Most = 1_000_000;

    /// <summary>Exports that one person may have under way.</summary>
    public const int MostOpen = 3;

    /// <summary>Bytes handed to a browser at once: the first are with it before the last row is read.</summary>
    private const int Piece = 32 * 1024;

    public IExport Table(string kind) => exportable.First(export => export.Kind == kind);

    public Task<long> CountAsync(ExportAsked asked, CancellationToken cancel) => Table(asked.Kind).CountAsync(asked.Filter, cancel);

    /// <summary>Writes the file into the stream, at most <see cref="AtOnce"/> rows. How many were asked for stands in the trail before the first of them goes out.</summary>
    public async Task WriteAsync(ExportAsked asked, Actor actor, Stream to, CancellationToken cancel)
    {
        var table = Table(asked.Kind);
        var (total, sheets) = await ExportFile.OpenAsync(table, asked.Filter, AtOnce, _ => Task.CompletedTask, cancel);
        await audit.AppendAsync(new AuditEntry(actor, table.Act, $"{total} {table.Rows}", AuditOutcome.Done, null, Detail(asked)), cancel);
        await ExportFile.WriteAsync(asked.Format, sheets, Piece, async (bytes, stop) => await to.WriteAsync(bytes, stop), cancel);
    }

    /// <summary>Has the file made by a worker. The same key again gives the same export.</summary>
    public async Task<ExportReceipt> StartAsync(Guid key, ExportAsked asked, Actor actor, CancellationToken cancel)
    {
        var total = await CountAsync(asked, cancel);
        if (total > Table(asked.Kind).Most)
        {
            return new ExportReceipt(null, $"{Number(total)} {Table(asked.Kind).Rows} fit; a file holds at most {Number(Most)}. Narrow the list.");
        }

        await using var connection = await data.Work.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        var open = await ExportStore.OpenAsync(connection, actor.Id!.Value, cancel);
        if (await ExportStore.FindAsync(connection, key, cancel) is { } known)
        {
            return known.Person == actor.Id ? new ExportReceipt(known.Id, null) : new ExportReceipt(null, "This was asked for already. Load the page again.");
        }

        if (open >= MostOpen)
        {
            return new ExportReceipt(null, $"You have {open} exports under way. Wait for one, or cancel it.");
        }

        var id = await ExportStore.AddAsync(connection, key, asked, total, actor, cancel);
        await audit.AppendAsync(connection, transaction, new AuditEntry(actor, Table(asked.Kind).Act, Subject(id), Detail: Detail(asked, ("act", "ask"), ("rows", Text(total)))), cancel);
        await transaction.CommitAsync(cancel);
        changes.Announce(LiveTopics.Exports);
        doorbell.Ring(Doorbell.Exports);
        return new ExportReceipt(id, null);
    }

    /// <summary>Calls an export of this person off. Returns why nothing was changed, or null.</summary>
    public async Task<string?> CancelAsync(ExportRow export, Actor actor, CancellationToken cancel)
    {
        await using var connection = await data.Work.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        if (!await ExportStore.CancelAsync(connection, export.Id, actor.Id!.Value, cancel))
        {
            return "It is not under way any more. Nothing was changed.";
        }

        await audit.AppendAsync(connection, transaction, new AuditEntry(actor, Table(export.Kind).Act, Subject(export.Id), Detail: new Dictionary<string, string>(StringComparer.Ordinal) { ["act"] = "cancel" }), cancel);
        await transaction.CommitAsync(cancel);
        changes.Announce(LiveTopics.Exports);
        return null;
    }

    /// <summary>Writes a file that was made into the stream, piece by piece. Ends early only with an exception. That it was fetched stands in the trail.</summary>
    public async Task FetchAsync(ExportRow export, Actor actor, Stream to, CancellationToken cancel)
    {
        await audit.AppendAsync(
            new AuditEntry(actor, Table(export.Kind).Act, Subject(export.Id), Detail: new Dictionary<string, string>(StringComparer.Ordinal) { ["act"] = "fetch", ["rows"] = Text(export.RowsDone) }), cancel);
        for (var part = 0; part < export.Parts; part++)
        {
            var bytes = await exports.PartAsync(export.Id, part, cancel) ?? throw new IOException($"Piece {part} of {export.Name} is gone.");
            await to.WriteAsync(bytes, cancel);
        }
    }

    internal static string Subject(long id) => $"export:{id}";

    internal static Dictionary<string, string> Detail(ExportAsked asked, params (string Name, string Value)[] more)
    {
        var detail = new Dictionary<string, string>(StringComparer.Ordinal) { ["filter"] = asked.What, ["format"] = asked.Format.Word() };
        foreach (var (name, value) in more)
        {
            detail[name] = value;
        }

        return detail;
    }

    internal static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    private static string Number(long number) => number.ToString("N0", CultureInfo.InvariantCulture);
}
