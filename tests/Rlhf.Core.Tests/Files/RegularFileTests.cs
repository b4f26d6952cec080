using System.Diagnostics;
using System.Net.Sockets;
using Rlhf.Core.Files;
using Rlhf.Testing;

namespace Rlhf.Core.Tests.Files;

public sealed class RegularFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Files_and_links_to_them_are_opened()
    {
        File.WriteAllText(_folder["a"], "text");
        File.CreateSymbolicLink(_folder["link"], _folder["a"]);
        foreach (string name in new[] { "a", "link" })
        {
            using var file = RegularFile.OpenRead(_folder[name]);
            Assert.Equal(4, file.Length);
        }
    }

    [Fact]
    public void What_never_ends_or_waits_for_a_writer_is_not_opened()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "SKIPPED: device files and named pipes as on Linux");
        Assert.Equal("/dev/zero: is a character device; expected a regular file (save its output to a "
            + "file first)", Refusal("/dev/zero"));
        using (var made = Process.Start("mkfifo", [_folder["pipe"]]))
            made.WaitForExit();
        Assert.Contains("is a named pipe", Refusal(_folder["pipe"]));
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(_folder["socket"]));
        Assert.Contains("is a socket", Refusal(_folder["socket"]));
    }

    [Fact]
    public void What_is_read_as_a_whole_is_a_regular_file_and_not_too_large()
    {
        File.WriteAllText(_folder["a"], "\uFEFFé");
        Assert.Equal("é", RegularFile.ReadAllText(_folder["a"]));
        Assert.Equal([0xEF, 0xBB, 0xBF, 0xC3, 0xA9], RegularFile.ReadAllBytes(_folder["a"], 5));
        Assert.Equal($"{_folder["a"]}: the file has 5 bytes; a file of this kind has at most 4",
            Assert.Throws<UserError>(() => RegularFile.ReadAllBytes(_folder["a"], 4)).Message);
        using (var file = File.Create(_folder["huge"]))
            file.SetLength(1L << 40);
        Assert.Contains("has at most", Assert.Throws<UserError>(() => RegularFile.ReadAllText(_folder["huge"])).Message);
        Assert.SkipUnless(OperatingSystem.IsLinux(), "SKIPPED: device files as on Linux");
        Assert.Contains("is a character device", Assert.Throws<UserError>(() => RegularFile.ReadAllText("/dev/zero")).Message);
    }

    [Fact]
    public void What_is_not_there_or_no_file_is_said()
    {
        Assert.Equal($"{_folder.Path}: is a folder; expected a file", Refusal(_folder.Path));
        Assert.Equal($"{_folder["no"]}: no such file", Refusal(_folder["no"]));
        Assert.Contains("names no file", Refusal(""));
        Assert.Contains("names no file", Refusal("a\0b"));
    }

    private static string Refusal(string path) => Assert.Throws<UserError>(() => RegularFile.OpenRead(path)).Message;
}
