using System.Globalization;
using System.Xml;
using System.Xml.Linq;

namespace ControlTower.Sync.Connectors.PosLog;

/// <summary>
/// One transaction's document to what it says. Elements are known by their names without namespace, for real files are dialects: version 6 and NCR 2.1 are both read. Never throws on hostile bytes.
/// </summary>
public static class PosLogReading
{
    private static readonly XmlReaderSettings Settings = new()
    {
        DtdProcessing = DtdProcessing.Prohibit, XmlResolver = null, MaxCharactersInDocument = 2 * PosLogCutter.Largest, IgnoreComments = true, IgnoreProcessingInstructions = true, IgnoreWhitespace = true,
    };

    /// <param name="document">As <see cref="PosLogHead.Document"/> makes it. Lines and columns of faults are its own.</param>
    /// <param name="zone">Of times that name none.</param>
    public static (PosLogReceipt? Receipt, IReadOnlyList<PosLogFault> Faults) Read(ReadOnlyMemory<byte> document, TimeZoneInfo zone)
    {
        var faults = new List<PosLogFault>();
        try
        {
            using var bytes = System.Runtime.InteropServices.MemoryMarshal.TryGetArray(document, out var part) ? new MemoryStream(part.Array!, part.Offset, part.Count) : new MemoryStream(document.ToArray());
            using var reader = XmlReader.Create(bytes, Settings);
            var root = XElement.Load(reader, LoadOptions.SetLineInfo);
            var receipt = root.Part("Transaction") is { } transaction ? new PosLogElement(transaction, zone, faults).Receipt() : null;
            return (faults.Count == 0 ? receipt : null, faults);
        }
        catch (XmlException error)
        {
            faults.Add(new PosLogFault("xml", "This is not readable as XML from here on. Have the transaction written again by the till server.", error.LineNumber, error.LinePosition));
        }
        catch (OverflowException)
        {
            faults.Add(new PosLogFault("amount", "An amount is out of range. Correct it and send the file again.", 1, 1));
        }

        return (null, faults);
    }

    public static XElement? Part(this XElement? element, string name)
    {
        for (var node = element?.FirstNode; node is not null; node = node.NextNode)
        {
            if (node is XElement child && child.Name.LocalName == name)
            {
                return child;
            }
        }

        return null;
    }

    public static IEnumerable<XElement> Parts(this XElement? element, string name) => element?.Elements().Where(e => e.Name.LocalName == name) ?? [];

    public static string? Mark(this XElement? element, string name) => VendorText.Plain(element?.Attributes().FirstOrDefault(a => a.Name.LocalName == name)?.Value);

    public static string? Text(this XElement? element) => element is null ? null : VendorText.Plain(element.HasElements ? element.Elements().First().Value : element.Value);

    public static bool Flag(this XElement? element, string name) => element.Mark(name) is "true" or "1";

    public static decimal? Number(this XElement? element) => VendorText.Amount(element.Text());

    public static DateOnly? Day(string? text) =>
        text is { Length: >= 10 } && DateOnly.TryParseExact(text[..10], "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day) && IsBusiness(day.Year) ? day : null;

    /// <summary>A year in which a till may have sold.</summary>
    internal static bool IsBusiness(int year) => year is >= 1990 and < 2200;
}
