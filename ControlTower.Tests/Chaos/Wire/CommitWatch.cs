using System.Buffers.Binary;
using System.Text;

namespace ControlTower.Tests.Chaos.Wire;

/// <summary>
/// Reads along what a client says to PostgreSQL (protocol 3, not encrypted) and tells when it has asked for a commit: COMMIT itself, or the end of a statement that writes outside of a
/// transaction, which commits by itself.
/// </summary>
internal sealed class CommitWatch
{
    private const int Most = 256 * 1024;
    private static readonly int[] negotiations = [80877103, 80877104];
    private static readonly string[] writing = ["insert", "update", "delete", "merge"];

    private readonly Dictionary<string, bool> statements = new(StringComparer.Ordinal);
    private readonly Dictionary<string, bool> portals = new(StringComparer.Ordinal);
    private readonly List<byte> message = [];
    private bool started;
    private bool inTransaction;
    private bool wrote;

    /// <summary>True if these bytes complete a request to commit.</summary>
    public bool Read(ReadOnlySpan<byte> bytes)
    {
        var commits = false;
        foreach (var b in bytes)
        {
            message.Add(b);
            if (message.Count == Length())
            {
                commits |= Take();
                message.Clear();
            }
        }

        return commits;
    }

    /// <summary>True if the server's bytes end with "ready for the next query".</summary>
    public static bool IsReady(ReadOnlySpan<byte> bytes) => bytes.Length >= 6 && bytes[^6] == (byte)'Z' && BinaryPrimitives.ReadInt32BigEndian(bytes[^5..]) == 5;

    private int Length()
    {
        var head = started ? 1 : 0;
        return message.Count < head + 4 ? int.MaxValue : head + BinaryPrimitives.ReadInt32BigEndian(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(message)[head..]);
    }

    private bool Take()
    {
        var whole = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(message);
        if (!started)
        {
            started = !negotiations.Contains(BinaryPrimitives.ReadInt32BigEndian(whole[4..]));
            return false;
        }

        var body = whole[5..Math.Min(whole.Length, Most)];
        switch ((char)whole[0])
        {
            case 'P':
                statements[Text(body, 0)] = Writes(Text(body, 1));
                return false;
            case 'B':
                portals[Text(body, 0)] = statements.GetValueOrDefault(Text(body, 1));
                return false;
            case 'E':
                wrote |= portals.GetValueOrDefault(Text(body, 0));
                return false;
            case 'S':
                return Ends(wrote && !inTransaction);
            case 'Q':
                return Query(Text(body, 0));
            default:
                return false;
        }
    }

    private bool Query(string sql)
    {
        var word = sql.AsSpan().TrimStart();
        if (Starts(word, "begin") || Starts(word, "start transaction"))
        {
            inTransaction = true;
            return false;
        }

        var commits = Starts(word, "commit") || (!inTransaction && Writes(sql));
        if (Starts(word, "commit") || Starts(word, "rollback"))
        {
            inTransaction = false;
        }

        return Ends(commits);
    }

    private bool Ends(bool commits)
    {
        wrote = false;
        return commits;
    }

    private static bool Starts(ReadOnlySpan<char> sql, string word) => sql.StartsWith(word, StringComparison.OrdinalIgnoreCase);

    private static bool Writes(string sql) => writing.Any(w => sql.Contains(w, StringComparison.OrdinalIgnoreCase));

    /// <summary>The text with this number in a body that begins with texts, each ended by a zero.</summary>
    private static string Text(ReadOnlySpan<byte> body, int number)
    {
        for (; number > 0; number--)
        {
            body = body[(body.IndexOf((byte)0) + 1)..];
        }

        var end = body.IndexOf((byte)0);
        return Encoding.UTF8.GetString(end < 0 ? body : body[..end]);
    }
}
