using System.Text;

namespace ControlTower.Sync.Tables;

/// <summary>A list that a person chose on their machine.</summary>
public static class TableFile
{
    /// <summary>What a picker offers.</summary>
    public const string Accept = ".csv,.txt,.xlsx";

    /// <summary>A workbook by the end of its name, else text in UTF-8. Lines are read as they are asked for.</summary>
    /// <param name="most">Of a workbook no more lines are read than these and one.</param>
    /// <exception cref="FormatException">It is no such file; the words are for whoever chose it.</exception>
    public static IEnumerable<TableLine> Read(string name, Stream file, int most)
    {
        if (name.EndsWith(".xlsx", StringComparison.OrdinalIgnoreCase))
        {
            return XlsxLines.Read(file, most + 1);
        }

        return Text(new StreamReader(file, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true)));
    }

    private static IEnumerable<TableLine> Text(StreamReader text)
    {
        using var lines = CsvLines.Read(text).GetEnumerator();
        while (Next(lines))
        {
            yield return lines.Current;
        }
    }

    private static bool Next(IEnumerator<TableLine> lines)
    {
        try
        {
            return lines.MoveNext();
        }
        catch (DecoderFallbackException broken)
        {
            throw new FormatException("The text is not UTF-8. Save it as CSV UTF-8, or as .xlsx.", broken);
        }
    }
}
