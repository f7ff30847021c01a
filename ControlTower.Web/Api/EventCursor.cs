using System.Buffers.Binary;
using System.Buffers.Text;
using ControlTower.Data.EventLog;

namespace ControlTower.Web.Api;

/// <summary>
/// A place in the event log as programs keep it: opaque, so that it may come to mean something else. It opens nothing: what a client may read is asked of its key, wherever it stands.
/// </summary>
internal static class EventCursor
{
    private const byte Form = 1;
    private const int Length = 17;

    public static string Of(LogPosition place)
    {
        Span<byte> bytes = stackalloc byte[Length];
        bytes[0] = Form;
        BinaryPrimitives.WriteUInt64BigEndian(bytes[1..], place.TxId);
        BinaryPrimitives.WriteInt64BigEndian(bytes[9..], place.Seq);
        return Base64Url.EncodeToString(bytes);
    }

    /// <summary>Null for what is none.</summary>
    public static LogPosition? Read(string text)
    {
        Span<byte> bytes = stackalloc byte[Length];
        return text.Length <= 2 * Length && Base64Url.IsValid(text) && Base64Url.TryDecodeFromChars(text, bytes, out var written) && written == Length && bytes[0] == Form
            ? new LogPosition(BinaryPrimitives.ReadUInt64BigEndian(bytes[1..]), BinaryPrimitives.ReadInt64BigEndian(bytes[9..]))
            : null;
    }
}
