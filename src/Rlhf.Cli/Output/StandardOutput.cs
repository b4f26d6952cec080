using System.Text;

namespace Rlhf.Cli.Output;

/// <summary>Standard output cannot be written: a full disk, say. Nothing that was read is to blame.</summary>
internal sealed class OutputFailedException(Exception cause) : Exception($"standard output cannot be written: {cause.Message}", cause);

/// <summary>
/// Standard output as other programs read it: UTF-8 without a byte order mark, line feeds on every platform, and a failure that
/// says what failed, whoever was writing. (A reader that has gone away, as in <c>| head</c>, is no failure.)
/// </summary>
internal sealed class StandardOutput : Stream
{
    private readonly Stream _inner;

    private StandardOutput(Stream inner) => _inner = inner;

    /// <summary>Puts it in the place of <see cref="Console.Out"/>.</summary>
    public static void Install()
    {
        var utf8 = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
        Console.OutputEncoding = utf8;
        Console.SetOut(new StreamWriter(new StandardOutput(Console.OpenStandardOutput()), utf8, bufferSize: 1024) { AutoFlush = true, NewLine = "\n" });
        Console.Out.NewLine = "\n";
        Console.Error.NewLine = "\n";
    }

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        try
        {
            _inner.Write(buffer);
        }
        catch (IOException e)
        {
            throw new OutputFailedException(e);
        }
    }

    public override void Flush() => _inner.Flush();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}
