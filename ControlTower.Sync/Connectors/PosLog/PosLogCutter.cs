using System.Buffers;
using System.Text;

namespace ControlTower.Sync.Connectors.PosLog;

/// <summary>
/// Cuts a POSLog into its transactions, one at a time, without ever holding more than one: an XML reader tells neither byte offsets nor lets one begin in the middle, and both are needed to go on
/// after a death at any byte. It knows just enough of XML to find where elements end; each transaction is then read by a real reader. Definitions (DTD) and with them entities are refused, as are
/// transactions that are too large or too deep.
/// </summary>
public sealed class PosLogCutter(Stream stream, PosLogHead? head = null, PosLogPlace? from = null)
{
    /// <summary>Bytes of one transaction, and of anything else that must be held as a whole.</summary>
    public const int Largest = 4 * 1024 * 1024;

    public const int Deepest = 64;

    private static readonly SearchValues<byte> Space = SearchValues.Create(" \t\r\n"u8);

    private byte[] buffer = new byte[128 * 1024];
    private int first;
    private int pos;
    private int end;
    private int depth;
    private PosLogPlace place = from ?? PosLogPlace.Start;
    private PosLogPlace? begun;
    private PosLogPlace? stray;
    private string declaration = "";

    // Reading goes on behind a transaction only.
    private bool isFound = from is { Byte: > 0 };
    private bool isEnded;
    private bool isOver;

    private enum Step { More, Slice }

    /// <summary>Null until the first element was read.</summary>
    public PosLogHead? Head { get; private set; } = head;

    public PosLogPlace Place => place;

    /// <summary>The next transaction; null behind the last one.</summary>
    /// <exception cref="PosLogRefusedException">The file is not read any further.</exception>
    public async ValueTask<PosLogSlice?> NextAsync(CancellationToken cancel)
    {
        while (!isOver)
        {
            if (Take(out var slice) is Step.Slice)
            {
                return slice;
            }

            isOver = !await MoreAsync(cancel).ConfigureAwait(false);
        }

        return null;
    }

    private Step Take(out PosLogSlice? slice)
    {
        slice = null;
        while (true)
        {
            var text = buffer.AsSpan(pos, end - pos).IndexOf((byte)'<');
            PassText(text < 0 ? end - pos : text);
            var rest = buffer.AsSpan(pos, end - pos);
            var length = Token.Length(rest);
            if (text < 0 || length == 0)
            {
                return Step.More;
            }

            var token = rest[..length];
            if (isEnded && !token.StartsWith("<!--"u8) && token[1] != (byte)'?')
            {
                throw Trailing();
            }

            var step = token[1] switch
            {
                (byte)'!' => token.StartsWith("<!--"u8) || token.StartsWith("<![CDATA["u8) ? Skip(length) : throw Definition(),
                (byte)'?' => Declare(token),
                (byte)'/' => Leave(token, out slice),
                _ => Enter(token, out slice),
            };
            if (step is not Step.More)
            {
                return step;
            }
        }
    }

    private void PassText(int length)
    {
        if (isEnded && buffer.AsSpan(pos, length).ContainsAnyExcept(Space))
        {
            throw Trailing();
        }

        Pass(length);
    }

    private Step Skip(int length)
    {
        Pass(length);
        return Step.More;
    }

    private Step Declare(ReadOnlySpan<byte> token)
    {
        if (place.Line == 1 && Head is null && token.StartsWith("<?xml "u8))
        {
            declaration = Encoding.Latin1.GetString(token);
        }

        return Skip(token.Length);
    }

    private Step Enter(ReadOnlySpan<byte> token, out PosLogSlice? slice)
    {
        slice = null;
        var closed = token[^2] == (byte)'/';
        if (Head is null)
        {
            Head = PosLogHead.Of(declaration, Encoding.Latin1.GetString(token), place);
            return closed ? Close(token.Length) : Skip(token.Length);
        }

        var isTransaction = Token.LocalName(token).SequenceEqual("Transaction"u8);
        if (isTransaction && begun is not null)
        {
            slice = Slice(torn: true);
            return Step.Slice;
        }

        if (stray is not null)
        {
            return isTransaction ? Found(out slice) : Skip(token.Length);
        }

        if (isTransaction)
        {
            Begin();
        }

        Pass(token.Length);
        if (!closed && ++depth > Deepest)
        {
            throw new PosLogRefusedException("too-deep", $"Elements are nested more than {Deepest} deep, as no till writes them. The file is not read any further.", place);
        }

        return closed && depth == 0 && begun is not null ? Cut(out slice) : Step.More;
    }

    private void Begin()
    {
        if (depth > 0)
        {
            throw new PosLogRefusedException(
                "nested", "A transaction stands inside of another element instead of directly in POSLog, so nobody knows what it belongs to. The file is not read any further. Have it written again by the till server.", place);
        }

        (begun, first, isFound) = (place, pos, true);
    }

    private Step Leave(ReadOnlySpan<byte> token, out PosLogSlice? slice)
    {
        slice = null;
        if (Head is null)
        {
            throw Ended();
        }

        var isRoot = Token.LocalName(token).SequenceEqual("POSLog"u8);
        if (begun is not null && isRoot)
        {
            slice = Slice(torn: true);
            return Step.Slice;
        }

        if (stray is not null)
        {
            return isRoot ? Found(out slice) : Skip(token.Length);
        }

        if (depth == 0)
        {
            return isRoot ? Close(token.Length) : Stray(token.Length);
        }

        depth--;
        Pass(token.Length);
        return depth == 0 && begun is not null ? Cut(out slice) : Step.More;
    }

    // The end of an element that nobody began. Depths mean nothing behind it, until the next transaction begins.
    private Step Stray(int length)
    {
        stray = place;
        return Skip(length);
    }

    // Told only where it is known again what stands where, so that a reader that goes on from there sees the same.
    private Step Found(out PosLogSlice? slice)
    {
        slice = new PosLogSlice(stray!.Value, place, ReadOnlyMemory<byte>.Empty, IsTorn: false, IsStray: true);
        (stray, depth) = (null, 0);
        return Step.Slice;
    }

    private Step Close(int length)
    {
        if (!isFound)
        {
            throw new PosLogRefusedException("no-transaction", "The file holds no transaction. Choose the file that the till server wrote, or have it written again.", place);
        }

        isEnded = true;
        return Skip(length);
    }

    private Step Cut(out PosLogSlice? slice)
    {
        slice = Slice(torn: false);
        return Step.Slice;
    }

    private PosLogSlice Slice(bool torn)
    {
        var slice = new PosLogSlice(begun!.Value, place, buffer.AsMemory(first, pos - first), torn);
        (begun, depth) = (null, 0);
        return slice;
    }

    private void Pass(int length)
    {
        var passed = buffer.AsSpan(pos, length);
        var lines = passed.Count((byte)'\n');
        var tail = lines == 0 ? passed : passed[(passed.LastIndexOf((byte)'\n') + 1)..];
        place = new PosLogPlace(place.Byte + length, place.Line + lines, (lines == 0 ? place.Column : 1) + Characters(tail));
        pos += length;
    }

    private int Characters(ReadOnlySpan<byte> bytes)
    {
        if (Head is { IsUtf8: false } || Ascii.IsValid(bytes))
        {
            return bytes.Length;
        }

        var count = 0;
        foreach (var b in bytes)
        {
            count += (b & 0xC0) == 0x80 ? 0 : 1;
        }

        return count;
    }

    /// <summary>False: the file was read to its end, and it may end there.</summary>
    private async ValueTask<bool> MoreAsync(CancellationToken cancel)
    {
        var keep = begun is null ? pos : first;
        if (end - keep >= Largest)
        {
            throw new PosLogRefusedException("too-large", $"Something is larger than {Largest / 1024 / 1024} MiB, as no transaction is. The file is not read any further.", begun ?? place);
        }

        if (keep > 0)
        {
            buffer.AsSpan(keep, end - keep).CopyTo(buffer);
            (first, pos, end) = (0, pos - keep, end - keep);
        }

        if (end == buffer.Length)
        {
            Array.Resize(ref buffer, buffer.Length * 2);
        }

        var read = await stream.ReadAsync(buffer.AsMemory(end), cancel).ConfigureAwait(false);
        if (read == 0)
        {
            if (isEnded && pos == end)
            {
                return false;
            }

            throw Ended();
        }

        var isStart = place.Byte == 0 && end == 0;
        end += read;
        if (isStart)
        {
            SkipMark();
        }

        return true;
    }

    private void SkipMark()
    {
        var start = buffer.AsSpan(0, end);
        if (start.StartsWith("\uFEFF"u8))
        {
            (pos, place) = (3, place with { Byte = 3 });
        }
        else if (start.Length > 1 && start[..2] is [0xFF, 0xFE] or [0xFE, 0xFF] or [0, (byte)'<'] or [(byte)'<', 0])
        {
            throw new PosLogRefusedException("encoding", "The file is UTF-16, which is not read. Have the till server write UTF-8.", place);
        }
    }

    private PosLogRefusedException Ended() => Head is null
        ? new("not-poslog", "This is no POSLog: it holds no XML element. Choose the file that the till server wrote.", place)
        : isEnded ? Trailing()
        : begun is { } torn ? new("cut-off", "The file ends in the middle of this transaction. Send the whole file; what was taken already is not taken twice.", torn)
        : new("cut-off", "The file ends before its last element is closed. Send the whole file; what was taken already is not taken twice.", place);

    private PosLogRefusedException Trailing() =>
        new("trailing", "Something stands behind the end of POSLog, such as a second file. It is not read. Have the till server write each as a file of its own, and send them one by one.", place);

    private PosLogRefusedException Definition() =>
        new("dtd", "The file holds a document type definition (<!DOCTYPE or <!ENTITY), which can make a small file endless. It is not read any further. Have it written without one.", place);

    private static class Token
    {
        private static readonly SearchValues<byte> NameEnd = SearchValues.Create(" \t\r\n/>"u8);

        /// <summary>Length of the markup that begins here; 0 if it does not end here yet.</summary>
        public static int Length(ReadOnlySpan<byte> rest) => rest.Length < 2 ? 0 : rest[1] switch
        {
            (byte)'?' => Until(rest, 2, "?>"u8),
            (byte)'!' => rest.StartsWith("<!--"u8) ? Until(rest, 4, "-->"u8)
                : rest.StartsWith("<![CDATA["u8) ? Until(rest, 9, "]]>"u8)
                : rest.Length < 9 ? 0 : 9,
            _ => Tag(rest),
        };

        public static ReadOnlySpan<byte> LocalName(ReadOnlySpan<byte> tag)
        {
            var name = tag[(tag[1] == (byte)'/' ? 2 : 1)..];
            name = name[..name.IndexOfAny(NameEnd)];
            return name[(name.IndexOf((byte)':') + 1)..];
        }

        private static int Until(ReadOnlySpan<byte> rest, int from, ReadOnlySpan<byte> mark) =>
            rest.Length > from && rest[from..].IndexOf(mark) is >= 0 and var at ? from + at + mark.Length : 0;

        private static int Tag(ReadOnlySpan<byte> rest)
        {
            for (var i = 1; ;)
            {
                var at = rest[i..].IndexOfAny((byte)'>', (byte)'"', (byte)'\'');
                if (at < 0)
                {
                    return 0;
                }

                i += at + 1;
                if (rest[i - 1] == (byte)'>')
                {
                    return i;
                }

                var quote = rest[i..].IndexOf(rest[i - 1]);
                if (quote < 0)
                {
                    return 0;
                }

                i += quote + 1;
            }
        }
    }
}
