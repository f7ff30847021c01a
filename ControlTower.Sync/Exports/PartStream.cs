namespace ControlTower.Sync.Exports;

/// <summary>
/// Takes bytes as they come and hands them on in pieces of one size, so that a file of any length needs the memory of a piece. The last one is handed on by <see cref="EndAsync"/>. Nobody waits on a
/// thread for a piece to go: what a zip writes while it closes an entry, which it does on the thread, is kept until the next call that may wait.
/// </summary>
internal sealed class PartStream(int size, Func<ReadOnlyMemory<byte>, CancellationToken, Task> put) : Stream
{
    /// <summary>More than any end of an entry; whoever writes more on the thread would gather the file.</summary>
    private const int MostKept = 256 * 1024;

    private byte[] kept = new byte[size];
    private int filled;
    private long written;

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => written; set => throw new NotSupportedException(); }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        await HandOnAsync(cancellationToken);
        while (buffer.Length > 0)
        {
            var take = Math.Min(buffer.Length, size - filled);
            Keep(buffer.Span[..take]);
            buffer = buffer[take..];
            await HandOnAsync(cancellationToken);
        }
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        if (filled + buffer.Length > size + MostKept)
        {
            throw new NotSupportedException("Write so much with WriteAsync.");
        }

        Keep(buffer);
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public async Task EndAsync(CancellationToken cancel)
    {
        await HandOnAsync(cancel);
        if (filled > 0)
        {
            await put(kept.AsMemory(0, filled), cancel);
            filled = 0;
        }
    }

    public override void Flush()
    {
        // A piece is handed on when it is full.
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    private void Keep(ReadOnlySpan<byte> bytes)
    {
        if (filled + bytes.Length > kept.Length)
        {
            Array.Resize(ref kept, size + MostKept);
        }

        bytes.CopyTo(kept.AsSpan(filled));
        (filled, written) = (filled + bytes.Length, written + bytes.Length);
    }

    private async Task HandOnAsync(CancellationToken cancel)
    {
        var at = 0;
        for (; filled - at >= size; at += size)
        {
            await put(kept.AsMemory(at, size), cancel);
        }

        if (at > 0)
        {
            kept.AsSpan(at, filled - at).CopyTo(kept);
            filled -= at;
        }
    }
}
