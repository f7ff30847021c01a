namespace ControlTower.Sync.Connectors.PosLog;

/// <summary>Where something stands in a file. Lines and columns count from 1, columns in characters; bytes from 0.</summary>
public readonly record struct PosLogPlace(long Byte, long Line, long Column)
{
    public static readonly PosLogPlace Start = new(0, 1, 1);
}

/// <summary>One transaction, cut out of its file. The bytes are those of the file and are good until the next one is cut.</summary>
/// <param name="After">The first byte behind it: reading may go on there, in another process as well.</param>
/// <param name="IsTorn">It is not closed before the next one begins.</param>
/// <param name="IsStray">No transaction: an end tag of nothing, and what follows it up to the next transaction. It holds no bytes.</param>
public sealed record PosLogSlice(PosLogPlace At, PosLogPlace After, ReadOnlyMemory<byte> Bytes, bool IsTorn, bool IsStray = false);

/// <summary>A file that is not read any further. What was taken of it before stays taken.</summary>
public sealed class PosLogRefusedException : Exception
{
    public PosLogRefusedException(string code, string message, PosLogPlace at)
        : base(message) => (Code, At) = (code, at);

    public PosLogRefusedException()
    {
    }

    public PosLogRefusedException(string message)
        : base(message)
    {
    }

    public PosLogRefusedException(string message, Exception inner)
        : base(message, inner)
    {
    }

    public string Code { get; } = "refused";

    public PosLogPlace At { get; } = PosLogPlace.Start;
}
