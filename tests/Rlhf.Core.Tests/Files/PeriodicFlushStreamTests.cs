using Rlhf.Core.Files;
using Rlhf.Testing;

namespace Rlhf.Core.Tests.Files;

public sealed class PeriodicFlushStreamTests : IDisposable
{
    private readonly TemporaryFolder _place = new();

    public void Dispose() => _place.Dispose();

    [Fact]
    public void No_more_than_a_step_waits_for_the_disk_however_it_is_written()
    {
        byte[] content = new byte[(3 * PeriodicFlushStream.Step) + 12345];
        new Random(1).NextBytes(content);
        var flushed = new List<long>();
        using (var file = new CountedFile(_place["file"], flushed))
        {
            file.Write(content.AsSpan(0, 10));
            file.Write(content, 10, PeriodicFlushStream.Step);
            using var rest = new MemoryStream(content, 10 + PeriodicFlushStream.Step, content.Length - 10 - PeriodicFlushStream.Step);
            rest.CopyTo(file);
        }
        Assert.Equal([1L * PeriodicFlushStream.Step, 2L * PeriodicFlushStream.Step, 3L * PeriodicFlushStream.Step], flushed);
        Assert.Equal(content, File.ReadAllBytes(_place["file"]));
    }

    [Fact]
    public void Files_that_are_written_whole_are_written_so()
    {
        AtomicFile.Write(_place["file"], stream => Assert.IsType<PeriodicFlushStream>(stream));
    }

    [Fact]
    public void It_is_cleared_in_steps_too()
    {
        var flushed = new List<long>();
        using var file = new CountedFile(_place["file"], flushed);
        file.Write(new byte[(9 * PeriodicFlushStream.Step) + 1]);
        flushed.Clear();
        file.Clear();
        Assert.Equal([(5L * PeriodicFlushStream.Step) + 1, PeriodicFlushStream.Step + 1, 0], flushed);
        Assert.Equal(0, file.Length);
        // What is written then counts from there.
        file.Write(new byte[PeriodicFlushStream.Step]);
        Assert.Equal(PeriodicFlushStream.Step, flushed[^1]);
    }

    /// <summary>Notes how much was written at each flush to the disk.</summary>
    private sealed class CountedFile(string path, List<long> flushed) : PeriodicFlushStream(path)
    {
        public override void Flush(bool flushToDisk)
        {
            base.Flush(flushToDisk);
            if (flushToDisk)
                flushed.Add(Position);
        }
    }
}
