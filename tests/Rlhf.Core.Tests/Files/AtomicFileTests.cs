using Rlhf.Core.Files;
using Rlhf.Testing;

namespace Rlhf.Core.Tests.Files;

public sealed class AtomicFileTests : IDisposable
{
    private readonly TemporaryFolder _place = new();

    public void Dispose() => _place.Dispose();

    [Fact]
    public void A_file_that_cannot_be_written_is_named_and_nothing_of_it_stays()
    {
        File.WriteAllText(_place["file"], "before");
        // As the system tells it of the file that is open.
        var error = Assert.Throws<IOException>(() => AtomicFile.Write(_place["file"], stream =>
            throw new IOException($"No space left on device : '{((FileStream)stream).Name}'")));
        Assert.Equal($"No space left on device : '{_place["file"]}'", error.Message);
        Assert.Equal("before", File.ReadAllText(_place["file"]));
        Assert.Equal(["file"], Directory.EnumerateFileSystemEntries(_place.Path).Select(Path.GetFileName));
    }

    [Fact]
    public void Other_failures_pass_through_as_they_are()
    {
        Assert.Throws<InvalidOperationException>(() => AtomicFile.Write(_place["file"], _ => throw new InvalidOperationException("no")));
        Assert.Empty(Directory.EnumerateFileSystemEntries(_place.Path));
    }
}
