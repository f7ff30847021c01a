using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Xml;
using System.Xml.Linq;
using ControlTower.Data.Canonical;
using ControlTower.Sync.Connectors;

namespace ControlTower.Sync.Statements;

/// <summary>
/// A bank's statement in ISO 20022 camt.053, any version: elements by their local names, entry by entry. An entry that lists its transactions with their amounts is told as these. Where a statement names
/// its balances they must agree with its entries.
/// </summary>
public sealed class CamtStatement(StatementSettings settings, StatementReport report)
{
    public const string Format = "camt.053";

    private const decimal Largest = 10_000_000_000_000m;

    private static readonly XmlReaderSettings Reading = new() { DtdProcessing = DtdProcessing.Prohibit, XmlResolver = null, IgnoreComments = true, IgnoreProcessingInstructions = true, MaxCharactersInDocument = StatementFile.MostBytes };

    private readonly Dictionary<ulong, int> equal = [];
    private (string? Account, string? Currency, decimal? Opening, decimal? Closing, decimal Booked) statement;

    /// <exception cref="XmlException">It is no sound XML; what was read until then was told.</exception>
    public IEnumerable<MoneyLine> Read(TextReader text)
    {
        using var reader = XmlReader.Create(text, Reading);
        reader.MoveToContent();
        if (reader.LocalName != "Document" || (reader.NamespaceURI.Length > 0 && !reader.NamespaceURI.Contains("camt.053", StringComparison.Ordinal)))
        {
            report.Add(0, reader.LocalName, reader.NamespaceURI, "This XML is no account statement (camt.053). Ask the bank for the statement of the day, not for its notices.");
            yield break;
        }

        reader.Read();
        while (!reader.EOF)
        {
            if (reader is { NodeType: XmlNodeType.EndElement, LocalName: "Stmt" })
            {
                Close();
            }

            if (reader.NodeType != XmlNodeType.Element || reader.LocalName is not ("Stmt" or "Acct" or "Bal" or "Ntry"))
            {
                reader.Read();
                continue;
            }

            if (reader.LocalName == "Stmt")
            {
                statement = default;
                reader.Read();
                continue;
            }

            var part = (XElement)XNode.ReadFrom(reader);
            foreach (var line in Part(part))
            {
                yield return line;
            }
        }
    }

    private List<MoneyLine> Part(XElement part)
    {
        switch (part.Name.LocalName)
        {
            case "Acct":
                statement.Account = (At(part, "Id", "IBAN") ?? At(part, "Id", "Othr", "Id"))?.Replace(" ", "", StringComparison.Ordinal);
                statement.Currency = At(part, "Ccy");
                if (settings.Iban is { } ours && statement.Account is { } theirs && !ours.Replace(" ", "", StringComparison.Ordinal).Equals(theirs, StringComparison.OrdinalIgnoreCase))
                {
                    report.Add(0, "IBAN", theirs, "This is the statement of another account than the connection's.");
                }

                return [];
            case "Bal":
                Balance(part);
                return [];
            default:
                report.Rows++;
                return Entry(part, report.Rows);
        }
    }

    private void Balance(XElement part)
    {
        var kind = At(part, "Tp", "CdOrPrtry", "Cd");
        if (kind is not ("OPBD" or "PRCD" or "CLBD") || Amount(part, 0) is not { } amount)
        {
            return;
        }

        if (kind == "CLBD")
        {
            statement.Closing ??= amount.Amount;
        }
        else
        {
            statement.Opening ??= amount.Amount;
        }
    }

    // Balances stand before the entries or behind them, so the sum is compared at the end.
    private void Close()
    {
        if (statement is { Opening: { } opening, Closing: { } closing } && opening + statement.Booked != closing)
        {
            report.Add(0, "Bal", StatementReport.Number(closing),
                $"Opening balance and entries come to {StatementReport.Number(opening + statement.Booked)}. Entries are missing or doubled: ask the bank for the whole statement.");
        }
    }

    private List<MoneyLine> Entry(XElement entry, int number)
    {
        var status = At(entry, "Sts", "Cd") ?? At(entry, "Sts");
        var at = Day(entry, number);
        if (Amount(entry, number) is not { } whole || at is null)
        {
            return [];
        }

        if (status is not ("BOOK" or null))
        {
            // Announced, or for information: no money yet. It comes again when it is booked.
            return [];
        }

        statement.Booked += whole.Amount;

        var details = Inner(entry, "NtryDtls").SelectMany(d => Inner(d, "TxDtls")).ToList();
        var parts = details.Count > 1 ? details.ConvertAll(d => Detail(d, whole.Currency)) : [];
        var reference = At(entry, "AcctSvcrRef") ?? At(entry, "NtryRef");
        var id = Id(entry, reference, at.Value, whole);
        // A batch whose transactions do not say what the bank booked is told as the bank booked it.
        return parts.Count > 1 && parts.TrueForAll(p => p is not null) && parts.Sum(p => p!.Value) == whole.Amount
            ? [.. details.Index().Select(d => Line($"{id}/{(d.Index + 1).ToString(CultureInfo.InvariantCulture)}", new Money(parts[d.Index]!.Value, whole.Currency), at.Value, entry, [d.Item]))]
            : [Line(id, whole, at.Value, entry, details)];
    }

    private MoneyLine Line(string id, Money amount, DateTimeOffset at, XElement entry, IReadOnlyList<XElement> details)
    {
        var names = details.SelectMany(d => new[] { At(d, "Refs", "EndToEndId") }.Concat(Deep(d, "Ustrd")).Concat(Inner(d, "RmtInf").SelectMany(r => Deep(r, "Ref"))).Append(At(d, "Refs", "AcctSvcrRef")).Append(At(d, "Refs", "TxId")))
            .Append(At(entry, "AcctSvcrRef")).Append(At(entry, "AddtlNtryInf")).Select(n => VendorText.Plain(n, 200)).OfType<string>().Where(n => n is not ("NOTPROVIDED" or "NONREF")).Distinct(StringComparer.Ordinal).Take(10).ToList();
        var reversal = At(entry, "RvslInd") == "true" ? "Reversal. " : "";
        return new MoneyLine(
            MoneyKind.BankEntry, id, 1, amount, at, At(entry, "AcctSvcrRef") is { } reference ? VendorText.Plain(reference, 120) : null, names,
            Text: VendorText.Plain(reversal + string.Join(' ', details.SelectMany(d => Deep(d, "Ustrd")).Append(At(entry, "AddtlNtryInf"))), 300), Account: VendorText.Plain(statement.Account, 120));
    }

    private string Id(XElement entry, string? reference, DateTimeOffset at, Money amount)
    {
        var account = statement.Account ?? "account";
        if (reference is { Length: > 0 and <= 60 })
        {
            return VendorText.Cut($"{account}/{reference}", 110);
        }

        var content = BitConverter.ToUInt64(SHA256.HashData(Encoding.UTF8.GetBytes($"{account}|{entry.ToString(SaveOptions.DisableFormatting)}")));
        var nth = equal[content] = equal.GetValueOrDefault(content) + 1;
        return VendorText.Cut(string.Create(CultureInfo.InvariantCulture, $"{account}/{at:yyyyMMdd}/{amount.Amount}/{content:x16}-{nth}"), 110);
    }

    /// <summary>Signed by the direction that the bank names; a reversal's direction is its own.</summary>
    private Money? Amount(XElement of, int number)
    {
        var element = Inner(of, "Amt").FirstOrDefault();
        var (text, currency, direction) = (element?.Value.Trim(), element?.Attribute("Ccy")?.Value ?? statement.Currency ?? settings.Currency, At(of, "CdtDbtInd"));
        var wrong = text is null ? "The amount is missing."
            : !Currencies.IsCode(currency) ? "The amount names no currency."
            : direction is not ("CRDT" or "DBIT") ? "It does not say whether money came or left (CdtDbtInd)."
            : VendorText.Amount(text) is not { } value || value < 0m || value > Largest ? "This is no amount. Expected is one such as 1234.56, without a sign."
            : StatementRow.Fits(value, currency!);
        if (wrong is not null)
        {
            report.Add(number, of.Name.LocalName, text, wrong);
            return null;
        }

        return new Money(direction == "CRDT" ? VendorText.Amount(text)!.Value : -VendorText.Amount(text)!.Value, currency!);
    }

    private static decimal? Detail(XElement detail, string currency)
    {
        var element = Inner(detail, "Amt").FirstOrDefault() ?? Inner(detail, "AmtDtls").SelectMany(a => Inner(a, "TxAmt")).SelectMany(a => Inner(a, "Amt")).FirstOrDefault();
        return element is not null && element.Attribute("Ccy")?.Value == currency && VendorText.Amount(element.Value.Trim()) is { } value and >= 0m and <= Largest
            ? At(detail, "CdtDbtInd") == "DBIT" ? -value : value
            : null;
    }

    private DateTimeOffset? Day(XElement entry, int number)
    {
        var text = At(entry, "BookgDt", "Dt") ?? At(entry, "BookgDt", "DtTm") ?? At(entry, "ValDt", "Dt") ?? At(entry, "ValDt", "DtTm");
        if (DateTime.TryParseExact(text, ["yyyy-MM-dd", "yyyy-MM-ddK"], CultureInfo.InvariantCulture, DateTimeStyles.AdjustToUniversal, out var day) && day.Year is > 1990 and < 2200)
        {
            return StatementRow.Zoned(DateTime.SpecifyKind(day, DateTimeKind.Unspecified), settings.Zone);
        }

        if (DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) && time.Year is > 1990 and < 2200)
        {
            return time.ToUniversalTime();
        }

        report.Add(number, "BookgDt", text, "The entry names no day on which it was booked.");
        return null;
    }

    private static IEnumerable<XElement> Inner(XElement of, string name) => of.Elements().Where(e => e.Name.LocalName == name);

    private static IEnumerable<string> Deep(XElement of, string name) => of.Descendants().Where(e => e.Name.LocalName == name).Select(e => e.Value);

    private static string? At(XElement of, params ReadOnlySpan<string> path)
    {
        XElement? found = of;
        foreach (var name in path)
        {
            found = found is null ? null : Inner(found, name).FirstOrDefault();
        }

        return found is null || found.HasElements ? null : found.Value.Trim() is { Length: > 0 } text ? text : null;
    }
}
