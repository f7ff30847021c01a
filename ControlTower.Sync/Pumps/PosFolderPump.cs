using System.Globalization;
using System.Text;
using ControlTower.Data.Audit;
using ControlTower.Data.Db;
using ControlTower.Data.PosImports;
using ControlTower.Sync.PosImports;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace ControlTower.Sync.Pumps;

/// <summary>Takes the files that till servers drop. They are read by a worker, and lie in <c>reading</c> until they are; then in <c>done</c> or <c>refused</c>.</summary>
public sealed class PosFolderPump(
    TowerDataSources data, PosImportDesk desk, PosFileStore files, PosImportReport report, IOptions<PosImportOptions> options, TimeProvider clock, ILogger<PosFolderPump> log)
    : FolderPump<PosReceipt>(data, clock, log)
{
    public override string Name => "pos-folder";

    protected override (string Path, string Setting) Root => (options.Value.Folder, "PosImports:Folder");

    protected override TimeSpan Settle => options.Value.Settle;

    protected override IReadOnlyList<string> Connections => [.. desk.Connections.Select(c => c.Id)];

    protected override async Task<PosReceipt> StoreAsync(string connection, FileInfo file, CancellationToken cancel)
    {
        await using var bytes = file.OpenRead();
        return await desk.TakeAsync(connection, file.Name, "folder", bytes, Actor.Tower(Name), cancel);
    }

    protected override PosReceipt Refused(string why) => new(null, IsNew: false, why);

    protected override async Task<string> MoveAsync(FileInfo file, string folder, PosReceipt receipt, CancellationToken cancel)
    {
        if (receipt.Id is { } id)
        {
            var reading = Free(Path.Combine(folder, "reading"), string.Create(CultureInfo.InvariantCulture, $"I-{id}~"), file.Name);
            File.Move(file.FullName, reading);
            return reading;
        }

        var kept = Free(Path.Combine(folder, "refused"), "", file.Name);
        File.Move(file.FullName, kept);
        await File.WriteAllTextAsync(kept + ".report.txt", receipt.Refusal, cancel);
        return kept;
    }

    /// <summary>What was read to its end goes where people look for it.</summary>
    protected override async Task SettleAllAsync(string connection, string folder, CancellationToken cancel)
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
}
