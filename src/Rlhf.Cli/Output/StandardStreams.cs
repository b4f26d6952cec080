using System.Text;

namespace Rlhf.Cli.Output;

/// <summary>Standard output cannot be written: a full disk, say. Nothing that was read is to blame.</summary>
internal sealed class OutputFailedException(Exception cause) : Exception($"standard output cannot be written: {cause.Message}", cause);

/// <summary>
/// Standard output and standard error as other programs read them: UTF-8 without a byte order mark, line feeds on every platform.
/// Results that cannot be written are a failure with that reason, whoever was writing. Progress and warnings beside them are
/// lost where they cannot be written. A reader that has gone away, as in <c>| head</c>, is not a failure.
/// </summary>
internal static class StandardStreams
{
    /// <summary>Puts them in the place of <see cref="Console.Out"/> and <see cref="Console.Error"/>.</summary>
    public static void Install()
    {
        var utf8 = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
        Console.OutputEncoding = utf8;
        Console.SetOut(Writer(Console.OpenStandardOutput(), e => throw new OutputFailedException(e)));
        Console.SetError(Writer(Console.OpenStandardError(), _ => { }));
        // Console wraps the writers, and each wrapper has a line break of its own.
        Console.Out.NewLine = "\n";
        Console.Error.NewLine = "\n";

        StreamWriter Writer(Stream stream, Action<IOException> onFailure) =>
            new(new WatchedStream(stream, onFailure), utf8, bufferSize: 1024) { AutoFlush = true, NewLine = "\n" };
    }

    /// <summary>A stream whose failures to write go to a handler.</summary>
    private sealed class WatchedStream(Stream inner, Action<IOException> onFailure) : Stream
    {
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
                inner.Write(buffer);
            }
            catch (IOException e)
            {
                onFailure(e);
            }
        }

        public override void Flush() => inner.Flush();

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
