using ControlTower.Data.Db;
using Npgsql;

namespace ControlTower.Data.PosImports;

/// <summary>The bytes of a stored file from a place on. Holds one piece at a time.</summary>
public sealed class PosFileStream(NpgsqlDataSource data, long file, int parts, long from) : Stream
{
    /// <summary>Bytes of a piece; the last one is shorter.</summary>
    public const int PartSize = 512 * 1024;

    private byte[] piece = [];
    private int next = (int)(from / PartSize);
    private int pos = (int)(from % PartSize);

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (pos >= piece.Length)
        {
            if (next >= parts)
            {
                return 0;
            }

            pos = piece.Length == 0 ? pos : 0;
            piece = await data.Command("select bytes from pos_file_part where file_id = $1 and part = $2", Sql.Of(file), Sql.Of(next)).ScalarAsync<byte[]>(cancellationToken)
                ?? throw new IOException($"Piece {next} of file {file} is gone.");
            next++;
        }

        var length = Math.Min(buffer.Length, piece.Length - pos);
        piece.AsMemory(pos, length).CopyTo(buffer);
        pos += length;
        return length;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
