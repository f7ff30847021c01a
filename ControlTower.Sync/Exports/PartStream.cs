namespace ControlTower.Sync.Exports;

/// <summary>Takes bytes as they come and hands them on in pieces of one size, so that a file of any length needs the memory of a piece. The last one is handed on by <see cref="EndAsync"/>.</summary>
internal sealed class PartStream(Func<ReadOnlyMemory<byte>, CancellationToken, Task> put) : Stream
{
    public const int PartSize = 512 * 1024;

    private readonly byte[] part = new byte[PartSize];
    private int filled;
    private long written;

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => written; set => throw new NotSupportedException(); }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (buffer.Length > 0)
        {
            var take = Math.Min(buffer.Length, PartSize - filled);
            buffer[..take].CopyTo(part.AsMemory(filled));
            (filled, written, buffer) = (filled + take, written + take, buffer[take..]);
            if (filled == PartSize)
            {
                await EndAsync(cancellationToken);
            }
        }
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public async Task EndAsync(CancellationToken cancel)
    {
        if (filled > 0)
        {
            await put(part.AsMemory(0, filled), cancel);
            filled = 0;
        }
    }

    public override void Flush()
    {
        // A piece is handed on when it is full.
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    // Each piece is a statement of the database: nobody may wait for it on a thread.
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}
