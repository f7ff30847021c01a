using System.Text.Json;
using ControlTower.Data.Audit;
using ControlTower.Data.Exports;

namespace ControlTower.Sync.Exports;

/// <summary>The entries of the audit trail that fit a filter, newest first, with their places in the chain: whoever has the whole trail can recompute it.</summary>
public sealed class AuditExport(AuditQueries audit) : IExportTable
{
    public const string Name = "audit";

    public string Kind => Name;

    public string Act => "admin:audit:export";

    public string Rows => "entries";

    public string File => "audit";

    public IReadOnlyList<ExportColumn> Columns { get; } =
    [
        new("Number", 9), new("At", 20), new("Who", 22), new("Role", 14), new("Address", 16), new("Act", 28), new("Subject", 28), new("Outcome", 9), new("Reason", 40), new("Detail", 60),
        new("Follows", 20), new("Hash", 20),
    ];

    /// <summary>The entries of this filter as a file. Give <see cref="AuditFilter.UpTo"/>, or what is appended until it is made comes along.</summary>
    /// <param name="what">The address of the list, for people and the trail.</param>
    public static ExportAsked Ask(AuditFilter filter, ExportFormat format, string what) => new(Name, format, JsonSerializer.Serialize(filter, AuditFilterJson.Default.AuditFilter), what);

    public Task<long> CountAsync(string filter, CancellationToken cancel) => audit.CountAsync(Read(filter), cancel);

    public Task<IReadOnlyList<long>> KeysAsync(string filter, int most, CancellationToken cancel) => audit.KeysAsync(Read(filter), most, cancel);

    public async Task<IReadOnlyList<object?[]>> RowsAsync(IReadOnlyList<long> keys, CancellationToken cancel) => [.. (await audit.RowsAsync(keys, cancel)).Select(Cells)];

    private static AuditFilter Read(string filter) => JsonSerializer.Deserialize(filter, AuditFilterJson.Default.AuditFilter)!;

    private static object?[] Cells(AuditRow row) =>
    [
        row.Seq, row.At, row.Actor.Name, row.Actor.Role, row.Actor.Address, row.Action, row.Subject, row.Outcome, row.Reason, row.Detail, Convert.ToHexStringLower(row.PrevHash),
        Convert.ToHexStringLower(row.Hash),
    ];
}
