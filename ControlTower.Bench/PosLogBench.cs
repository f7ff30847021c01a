using System.Diagnostics;
using System.Xml;
using ControlTower.Data.Audit;
using ControlTower.Data.Db;
using ControlTower.Data.PosImports;
using ControlTower.Simulator.PosLog;
using ControlTower.Sync.Connections;
using ControlTower.Sync.Connectors.PosLog;
using ControlTower.Sync.PosImports;
using ControlTower.Sync.Pumps;
using Microsoft.Extensions.DependencyInjection;

namespace ControlTower.Bench;

/// <summary>
/// A day of 50,000 till transactions, from a file to the inbox, in less than 200 MiB of memory: the peak of the whole process, its engine included. The limit of its speed is a plain XML reader that
/// goes over the same file in the same run, in turns.
/// </summary>
internal sealed class PosLogBench(BenchDatabase database, TextWriter log)
{
    private const string Tills = "tills";
    private const double MostMiB = 200;

    public async Task<BenchResult> RunAsync(int transactions, int rounds)
    {
        var folder = Directory.CreateTempSubdirectory("ct-bench-poslog-").FullName;
        try
        {
            var path = Path.Combine(folder, "day.xml");
            await using (var file = File.Create(path))
            {
                PosLogWriter.Write(new PosLogDay { Transactions = transactions, Stores = 50, TillsPerStore = 4, Date = new DateOnly(2026, 11, 20) }, file);
            }

            await log.WriteLineAsync($"{transactions} transactions, {new FileInfo(path).Length / 1024 / 1024} MiB");
            var (plain, read) = (new List<double>(), new List<double>());
            for (var round = 0; round < rounds; round++)
            {
                plain.Add(transactions / Time(() => Plain(path)));
                read.Add(transactions / await TimeAsync(() => ReadAsync(path)));
                await log.WriteLineAsync($"plain XML reader {plain[^1]:0}/s, cut, read and added up {read[^1]:0}/s");
            }

            return await ImportAsync(path, transactions, Benches.Median(plain), Benches.Median(read));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private async Task<BenchResult> ImportAsync(string path, int transactions, double plain, double read)
    {
        await using var engine = await BenchEngine.StartAsync(database.ConnectionString, works: false);
        await database.Sources.Work.Command($"insert into connection (id, kind, role, name, brand, currency) values ('{Tills}', 'poslog', 'shop', 'Tills', 'bench', 'EUR')").ExecuteAsync(default);
        await engine.Services.GetRequiredService<ConnectionDirectory>().RefreshAsync(default);
        var desk = engine.Services.GetRequiredService<PosImportDesk>();
        var pump = ActivatorUtilities.CreateInstance<PosImportPump>(engine.Services, NodeIdentity.New("bench"));
        long id = 0;
        var store = await TimeAsync(async () =>
        {
            await using var file = File.OpenRead(path);
            id = (await desk.TakeAsync(Tills, "day.xml", "upload", file, Actor.Tower("bench"), default)).Id!.Value;
        });
        var import = await TimeAsync(async () =>
        {
            while ((await pump.RunOnceAsync(default)).Again)
            {
            }
        });
        var done = (await engine.Services.GetRequiredService<PosFileStore>().FindAsync(id))!;
        var inbox = await database.LongAsync($"select count(*) from inbox_message where connection_id = '{Tills}'");
        using var self = Process.GetCurrentProcess();
        var peak = self.PeakWorkingSet64 / 1024.0 / 1024;
        var sound = done.State == "done" && done.Counts.Seen == transactions && done.Counts.Taken == inbox && done.Counts.Faulty == 0;
        return new BenchResult(
            new
            {
                bench = "poslog",
                transactions,
                plainXmlReaderPerSecond = Math.Round(plain),
                readPerSecond = Math.Round(read),
                readRatio = Math.Round(read / plain, 2),
                storeSeconds = Math.Round(store, 1),
                importPerSecond = Math.Round(transactions / import),
                importRatio = Math.Round(transactions / import / plain, 2),
                peakWorkingSetMiB = Math.Round(peak),
                limit = "200 MiB at its peak, the engine included; speed against a plain XML reader over the same file",
                met = peak < MostMiB,
                taken = done.Counts.Taken,
                leftOut = done.Counts.LeftOut,
                sound,
            },
            sound);
    }

    private static void Plain(string path)
    {
        using var file = File.OpenRead(path);
        using var reader = XmlReader.Create(file, new XmlReaderSettings { DtdProcessing = DtdProcessing.Prohibit, IgnoreWhitespace = true });
        while (reader.Read())
        {
        }
    }

    private static async Task ReadAsync(string path)
    {
        await using var file = File.OpenRead(path);
        var cutter = new PosLogCutter(file);
        while (await cutter.NextAsync(default) is { } slice)
        {
            PosLogReading.Read(cutter.Head!.Document(slice.Bytes.Span), TimeZoneInfo.Utc);
        }
    }

    private static double Time(Action act)
    {
        var began = Stopwatch.GetTimestamp();
        act();
        return Stopwatch.GetElapsedTime(began).TotalSeconds;
    }

    private static async Task<double> TimeAsync(Func<Task> act)
    {
        var began = Stopwatch.GetTimestamp();
        await act();
        return Stopwatch.GetElapsedTime(began).TotalSeconds;
    }
}
