using System.Buffers.Binary;
using System.IO.Compression;

namespace Rlhf.Core.Files;

/// <summary>
/// Unpacks a gzip file member by member (RFC 1952). GZipStream ends, without an error, where a member is followed by something that does
/// not look like one: a file whose second member has a damaged first byte would lose all lines from there on.
/// </summary>
/// <param name="file">A file at its first member; closed with this stream.</param>
internal sealed class GzipMembers(FileStream file) : Stream
{
    private const int TrailerBytes = 8;

    /// <summary>How much of the file the unpacking of a member may have read beyond its end.</summary>
    private const int ReadAhead = 1 << 16;

    private static readonly uint[] s_crcTable = [.. Enumerable.Range(0, 256).Select(CrcOfByte)];

    private DeflateStream? _member;
    private long _memberStart;
    private uint _crc;
    private uint _size;
    private bool _ended;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <exception cref="InvalidDataException">The data are damaged, truncated, or followed by something else.</exception>
    public override int Read(Span<byte> buffer)
    {
        while (!_ended)
        {
            _member ??= BeginMember();
            int read = _member.Read(buffer);
            if (read > 0 || buffer.Length == 0)
            {
                Count(buffer[..read]);
                return read;
            }
            EndMember();
        }
        return 0;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _member?.Dispose();
            file.Dispose();
        }
        base.Dispose(disposing);
    }

    private DeflateStream BeginMember()
    {
        SkipHeader();
        _memberStart = file.Position;
        (_crc, _size) = (uint.MaxValue, 0);
        return new DeflateStream(file, CompressionMode.Decompress, leaveOpen: true);
    }

    private void SkipHeader()
    {
        Span<byte> start = stackalloc byte[10];
        if (file.ReadAtLeast(start, start.Length, throwOnEndOfStream: false) < start.Length
            || !start.StartsWith((ReadOnlySpan<byte>)[0x1F, 0x8B, 8]))
            throw new InvalidDataException("not a gzip member");
        int flags = start[3];
        if ((flags & 4) != 0)
            Skip(Byte() | Byte() << 8);
        // The name of the file, then a comment, each up to a zero byte.
        foreach (int text in (int[])[8, 16])
        {
            while ((flags & text) != 0 && Byte() != 0)
            {
            }
        }
        if ((flags & 2) != 0)
            Skip(2);
    }

    /// <summary>
    /// After the last byte of a member: finds its trailer (CRC-32 and size of what was unpacked) and goes on behind it.
    /// </summary>
    private void EndMember()
    {
        _member!.Dispose();
        _member = null;
        long read = file.Position, from = Math.Max(_memberStart, read - ReadAhead);
        byte[] window = new byte[read - from + TrailerBytes];
        file.Position = from;
        int length = file.ReadAtLeast(window, window.Length, throwOnEndOfStream: false);
        Span<byte> trailer = stackalloc byte[TrailerBytes];
        BinaryPrimitives.WriteUInt32LittleEndian(trailer, ~_crc);
        BinaryPrimitives.WriteUInt32LittleEndian(trailer[4..], _size);
        int at = window.AsSpan(0, length).IndexOf(trailer);
        if (at < 0)
            throw new InvalidDataException("a wrong checksum, or truncated data");
        file.Position = from + at + TrailerBytes;
        _ended = OnlyPadding();
    }

    /// <summary>Whether nothing but zeros follows; else the file stays where the next member begins.</summary>
    private bool OnlyPadding()
    {
        long next = file.Position;
        int value = file.ReadByte();
        while (value == 0)
            value = file.ReadByte();
        if (value < 0)
            return true;
        file.Position = next;
        return false;
    }

    private void Count(ReadOnlySpan<byte> unpacked)
    {
        uint crc = _crc;
        foreach (byte value in unpacked)
            crc = s_crcTable[(byte)crc ^ value] ^ crc >> 8;
        _crc = crc;
        _size = unchecked(_size + (uint)unpacked.Length);
    }

    private int Byte() => file.ReadByte() is var value and >= 0 ? value : throw new InvalidDataException("truncated");

    private void Skip(int bytes)
    {
        for (int i = 0; i < bytes; i++)
            Byte();
    }

    private static uint CrcOfByte(int value)
    {
        uint crc = (uint)value;
        for (int bit = 0; bit < 8; bit++)
            crc = (crc & 1) != 0 ? 0xEDB88320 ^ crc >> 1 : crc >> 1;
        return crc;
    }
}
