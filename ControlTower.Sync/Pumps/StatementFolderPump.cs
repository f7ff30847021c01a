using System.Globalization;
using System.Text;
using ControlTower.Data.Audit;
using ControlTower.Data.Db;
using ControlTower.Data.Reconciliation;
using ControlTower.Sync.Connections;
using ControlTower.Sync.Connectors;
using ControlTower.Sync.Exports;
using ControlTower.Sync.Reconciliation;
using ControlTower.Sync.Statements;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace ControlTower.Sync.Pumps;

/// <param name="File">Null if it is too large, or cannot be read at all.</param>
/// <param name="Refusal">Why it is.</param>
public sealed record StatementDrop(StatementFileRow? File, string? Refusal);

/// <summary>Takes the statements that processors and banks drop. A file is applied whole and lies in <c>done</c> then, or in <c>refused</c> beside what is wrong with it.</summary>
public sealed class StatementFolderPump(
    TowerDataSources data, StatementDesk desk, ConnectionDirectory connections, IOptions<StatementFolderOptions> options, TimeProvider clock, ILogger<StatementFolderPump> log)
    : FolderPump<StatementDrop>(data, clock, log)
{
    private static readonly string[] Columns = ["Row", "Column", "Stands there", "What to do"];

    public override string Name => "statement-folder";

    protected override (string Path, string Setting) Root => (options.Value.Folder, "Statements:Folder");

    protected override TimeSpan Settle => options.Value.Settle;

    protected override IReadOnlyList<string> Connections =>
        [.. connections.All.Where(c => c.Connector?.Role is SystemRole.Processor or SystemRole.Bank).Select(c => c.Profile.Id).Order(StringComparer.Ordinal)];

    protected override async Task<StatementDrop> StoreAsync(string connection, FileInfo file, CancellationToken cancel)
    {
        if (await connections.GetFreshAsync(connection, cancel) is not { Connector: { } connector } found)
        {
            throw new IOException($"The connection {connection} is not at work.");
        }

        await using var bytes = file.OpenRead();
        try
        {
            return new StatementDrop((await desk.ImportAsync(found.Profile, connector.Role, file.Name, bytes, Actor.Tower(Name), cancel)).File, null);
        }
        catch (FormatException tooLarge)
        {
            return new StatementDrop(null, tooLarge.Message);
        }
    }

    protected override StatementDrop Refused(string why) => new(null, why);

    protected override async Task<string> MoveAsync(FileInfo file, string folder, StatementDrop receipt, CancellationToken cancel)
    {
        var prefix = receipt.File is { } stored ? string.Create(CultureInfo.InvariantCulture, $"S-{stored.Id}~") : "";
        var kept = Free(Path.Combine(folder, receipt.File is { Applied: true } ? "done" : "refused"), prefix, file.Name);
        // The report first: a file that lies there has one.
        await File.WriteAllTextAsync(kept + ".report.csv", Report(receipt), new UTF8Encoding(encoderShouldEmitUTF8Identifier: true), cancel);
        File.Move(file.FullName, kept);
        return kept;
    }

    private static string Report(StatementDrop receipt)
    {
        var text = new StringBuilder(CsvText.Line(Columns));
        if (receipt.File is not { } file)
        {
            return text.Append(CsvText.Line([0, null, null, receipt.Refusal])).ToString();
        }

        foreach (var problem in StatementDesk.ProblemsOf(file))
        {
            text.Append(CsvText.Line([problem.Row, problem.Column, problem.Found, problem.Wrong]));
        }

        return text.Append(file.Applied ? CsvText.Line([null, null, null, string.Create(CultureInfo.InvariantCulture, $"Taken: {file.Lines} lines of money.")]) : "").ToString();
    }
}
