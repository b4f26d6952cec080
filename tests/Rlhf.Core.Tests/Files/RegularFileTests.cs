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
    public void What_is_not_there_or_no_file_is_said()
    {
        Assert.Equal($"{_folder.Path}: is a folder; expected a file", Refusal(_folder.Path));
        Assert.Equal($"{_folder["no"]}: no such file", Refusal(_folder["no"]));
        Assert.Contains("names no file", Refusal(""));
        Assert.Contains("names no file", Refusal("a\0b"));
    }

    private static string Refusal(string path) => Assert.Throws<UserError>(() => RegularFile.OpenRead(path)).Message;
}
