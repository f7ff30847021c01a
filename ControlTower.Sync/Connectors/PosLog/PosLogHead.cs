using System.Security;
using System.Text;
using System.Xml;

namespace ControlTower.Sync.Connectors.PosLog;

/// <summary>
/// What a transaction needs from the head of its file to be a document of its own: encoding and namespaces. Nothing else of the head is kept, so that the same transaction is the same bytes
/// whatever else its files say.
/// </summary>
/// <param name="Open">The start of such a document, ASCII.</param>
public sealed record PosLogHead(string Open)
{
    private static readonly string[] Encodings = ["utf-8", "us-ascii", "iso-8859-1"];

    public string Close => $"</{Open[(Open.LastIndexOf('<') + 1)..].TrimEnd('>').Split(' ')[0]}>";

    public bool IsUtf8 => !Open.StartsWith("<?xml", StringComparison.Ordinal);

    /// <summary>The bytes of the transaction, unchanged, as a document.</summary>
    public byte[] Document(ReadOnlySpan<byte> transaction)
    {
        var (open, close) = (Encoding.ASCII.GetBytes(Open), Encoding.ASCII.GetBytes(Close));
        var document = new byte[open.Length + transaction.Length + close.Length];
        open.CopyTo(document.AsSpan());
        transaction.CopyTo(document.AsSpan(open.Length));
        close.CopyTo(document.AsSpan(open.Length + transaction.Length));
        return document;
    }

    /// <param name="declaration">The XML declaration, or nothing.</param>
    /// <param name="root">The start tag of the root element.</param>
    /// <exception cref="PosLogRefusedException">It is no POSLog, or none that is read.</exception>
    public static PosLogHead Of(string declaration, string root, PosLogPlace at)
    {
        var encoding = EncodingOf(declaration, at);
        try
        {
            using var text = new StringReader(root.EndsWith("/>", StringComparison.Ordinal) ? root : root[..^1] + "/>");
            using var reader = XmlReader.Create(text, new XmlReaderSettings { DtdProcessing = DtdProcessing.Prohibit, XmlResolver = null });
            reader.MoveToContent();
            return reader.LocalName == "POSLog"
                ? new PosLogHead($"{(encoding == "iso-8859-1" ? "<?xml version=\"1.0\" encoding=\"iso-8859-1\"?>" : "")}<{reader.Name}{Namespaces(reader, at)}>")
                : throw new PosLogRefusedException("not-poslog", $"This is no POSLog: its first element is <{VendorText.Cut(reader.Name, 60)}>. Choose the file that the till server wrote.", at);
        }
        catch (XmlException)
        {
            throw new PosLogRefusedException("xml", "The first element cannot be read as XML. Have the file written again by the till server.", at);
        }
    }

    private static string Namespaces(XmlReader reader, PosLogPlace at)
    {
        var found = new SortedDictionary<string, string>(StringComparer.Ordinal);
        while (reader.MoveToNextAttribute())
        {
            if (reader.Prefix == "xmlns" || reader.Name == "xmlns")
            {
                found[reader.Name] = reader.Value;
            }
        }

        var text = string.Concat(found.Select(pair => $" {pair.Key}=\"{SecurityElement.Escape(pair.Value)}\""));
        reader.MoveToElement();
        return Ascii.IsValid(text + reader.Name) ? text : throw new PosLogRefusedException("xml", "A namespace of the first element is not ASCII. Have the file written again by the till server.", at);
    }

    private static string EncodingOf(string declaration, PosLogPlace at)
    {
        var from = declaration.IndexOf("encoding", StringComparison.Ordinal);
        var name = from < 0 ? "utf-8" : declaration[(from + 8)..].Trim(' ', '\t', '\r', '\n', '=').TrimStart('"', '\'').Split('"', '\'')[0].ToLowerInvariant();
        return Encodings.Contains(name)
            ? name
            : throw new PosLogRefusedException("encoding", $"The encoding '{VendorText.Cut(name, 30)}' is not read. Have the till server write UTF-8.", at);
    }
}
