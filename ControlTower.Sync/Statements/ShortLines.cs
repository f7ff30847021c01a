using System.Text;

namespace ControlTower.Sync.Statements;

/// <summary>Text whose lines have an end in sight: without one a file of a single line would be held in memory whole.</summary>
internal sealed class ShortLines(TextReader text, int longest) : TextReader
{
    private readonly StringBuilder line = new();

    /// <exception cref="FormatException">A line is longer than any row.</exception>
    public override string? ReadLine()
    {
        line.Clear();
        var sign = text.Read();
        if (sign < 0)
        {
            return null;
        }

        for (; sign is >= 0 and not '\n'; sign = text.Read())
        {
            if (sign != '\r' && line.Append((char)sign).Length > longest)
            {
                throw new FormatException("A row is longer than any of a statement. Is this another kind of file?");
            }
        }

        return line.ToString();
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            text.Dispose();
        }

        base.Dispose(disposing);
    }
}
