using ControlTower.Data.Audit;
using ControlTower.Data.Exports;
using ControlTower.Data.Triage;
using ControlTower.Sync.Exports;

namespace ControlTower.Tests.Support;

/// <summary>Many cases, people who want them as files, and files put together again from their pieces.</summary>
public static class ExportWorld
{
    public static Actor Person(string name = "Ida Holm") => new(Guid.CreateVersion7(), name, "Operations");

    /// <summary>So many open cases, each worth something else; every other one of the brand Fjord, every tenth closed.</summary>
    public static async Task CasesAsync(TestDatabase database, int count)
    {
        // Slice by slice: no statement takes long, however busy the machine is.
        for (var from = 1; from <= count; from += 1_000)
        {
            await database.ExecuteAsync(
                $"""
                insert into exception_case (subject, fingerprint, failure, code, title, message, value, currency, brand, state, closed_at, closed_by)
                select 'test/' || i, 'missing:tax', 'missing', 'tax-code', case when i % 100 = 0 then '=1+' || i else 'Tax ' || i || repeat(' and more', 20) end, 'No.', i, 'EUR',
                    case when i % 2 = 0 then 'Fjord' else 'Northlane' end, case when i % 10 = 5 then 'resolved' else 'open' end, case when i % 10 = 5 then now() end, case when i % 10 = 5 then 'tower' end
                from generate_series({from}, {Math.Min(count, from + 999)}) i
                """);
        }
    }

    public static ExportAsked Cases(ExportFormat format = ExportFormat.Csv, params string[] brands) => CaseExport.Ask(new CaseFilter { Brands = brands }, format, "/exceptions?view=oldest");

    /// <summary>The whole file of an export.</summary>
    public static async Task<byte[]> FileAsync(TestDatabase database, ExportRow export)
    {
        var exports = new ExportStore(database.Sources);
        using var file = new MemoryStream();
        for (var part = 0; part < export.Parts; part++)
        {
            await file.WriteAsync(await exports.PartAsync(export.Id, part));
        }

        return file.ToArray();
    }
}

/// <summary>A table whose rows the test holds back, or that breaks.</summary>
public sealed class TestTable(int count, Func<CancellationToken, Task>? before = null) : IExportTable
{
    public string Kind => CaseExport.Name;

    public string Act => "exceptions:case:export";

    public string Rows => "cases";

    public string File => "test";

    public IReadOnlyList<ExportColumn> Columns { get; } = [new("Number", 10)];

    public Task<long> CountAsync(string filter, CancellationToken cancel) => Task.FromResult((long)count);

    public Task<IReadOnlyList<long>> KeysAsync(string filter, int most, CancellationToken cancel) => Task.FromResult<IReadOnlyList<long>>([.. Enumerable.Range(1, count).Select(i => (long)i)]);

    public async Task<IReadOnlyList<object?[]>> RowsAsync(IReadOnlyList<long> keys, CancellationToken cancel)
    {
        await (before?.Invoke(cancel) ?? Task.CompletedTask);
        return [.. keys.Select(key => new object?[] { key })];
    }
}
