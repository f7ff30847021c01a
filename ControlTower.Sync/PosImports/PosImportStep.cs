using System.Security.Cryptography;
using ControlTower.Data.PosImports;
using ControlTower.Sync.Connectors.PosLog;

namespace ControlTower.Sync.PosImports;

/// <summary>Reads a file on from a place until it has enough for one transaction of the database.</summary>
internal sealed class PosImportStep(PosLogCutter cutter, TimeZoneInfo zone)
{
    /// <summary>Transactions of a step.</summary>
    public const int Most = 250;

    private const int MostBytes = 2 * 1024 * 1024;

    /// <summary>Faults told of one transaction.</summary>
    private const int MostFaults = 5;

    private readonly List<PosTransaction> transactions = [];
    private readonly List<PosFinding> findings = [];
    private long faulty;
    private PosLogPlace after = cutter.Place;

    public bool IsLast { get; private set; }

    /// <summary>Set if the file is not read any further behind this step.</summary>
    public PosLogRefusedException? Refusal { get; private set; }

    public PosStep Result => new(transactions, findings, faulty, cutter.Head?.Open, after.Byte, after.Line, after.Column);

    public async Task ReadAsync(CancellationToken cancel)
    {
        var bytes = 0;
        try
        {
            while (transactions.Count + faulty < Most && bytes < MostBytes)
            {
                if (await cutter.NextAsync(cancel) is not { } slice)
                {
                    IsLast = true;
                    after = cutter.Place;
                    return;
                }

                bytes += slice.Bytes.Length;
                Take(slice);
                after = slice.After;
            }
        }
        catch (PosLogRefusedException refusal)
        {
            Refusal = refusal;
        }
    }

    private void Take(PosLogSlice slice)
    {
        if (slice.IsTorn)
        {
            Find(slice, null, new PosLogFault("torn", "This transaction is not closed before the next one begins. Have it written again by the till server.", 1, 0));
            faulty++;
            return;
        }

        if (slice.IsStray)
        {
            Find(slice, null, new PosLogFault("stray", "Here an element ends that was not begun. What follows up to the next transaction was not read. Have the file written again by the till server.", 1, 0));
            faulty++;
            return;
        }

        var document = cutter.Head!.Document(slice.Bytes.Span);
        var (receipt, faults) = Read(document);
        if (receipt is null)
        {
            foreach (var fault in faults.Take(MostFaults))
            {
                Find(slice, cutter.Head, fault);
            }

            faulty++;
            return;
        }

        var key = receipt.Key;
        transactions.Add(new PosTransaction(
            key.Store, key.Till, key.Day, key.Sequence, receipt.Kind.ToString().ToLowerInvariant(), SHA256.HashData(slice.Bytes.Span), receipt.At, slice.At.Line, slice.At.Column, key.Id, key.Name,
            receipt.IsLeftOut ? null : document, $"order/{(receipt.Kind == PosLogKind.Return ? receipt.Lines[0].Of?.Key ?? key : key).Id}"));
    }

    // The last resort: what the reader never thought of costs one transaction, not the rest of the file.
    private (PosLogReceipt? Receipt, IReadOnlyList<PosLogFault> Faults) Read(byte[] document)
    {
        try
        {
            return PosLogReading.Read(document, zone);
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            return (null, [new PosLogFault("unreadable", "This transaction cannot be read, and that is our fault. Nothing of it was taken. Tell the support of the tower, with this file.", 1, 1)]);
        }
    }

    // The reader counts in the document of the transaction; people look into the file.
    private void Find(PosLogSlice slice, PosLogHead? head, PosLogFault fault)
    {
        var column = fault.Line > 1 ? fault.Column : slice.At.Column + Math.Max(0, fault.Column - 1 - (head?.Open.Length ?? 0));
        findings.Add(new PosFinding(slice.At.Line + fault.Line - 1, column, fault.Code, null, fault.Message));
    }
}
