using Rlhf.Core;
using Rlhf.Pipeline.Hub;
using Rlhf.Storage;
using Rlhf.Testing;

namespace Rlhf.Pipeline.Tests.Hub;

/// <summary>A home folder that another hub holds, and one that nobody could hold: the two are told apart.</summary>
public sealed class HomeLockTests : IDisposable
{
    private readonly TemporaryFolder _place = new();

    public void Dispose() => _place.Dispose();

    private Home Home => Home.Open(_place["home"]);

    private string LockFile => Path.Combine(Home.Root, "hub.lock");

    [Fact]
    public void A_home_folder_has_one_hub()
    {
        using (HomeLock.TryTake(Home))
        {
            Assert.Null(HomeLock.TryTake(Home));
            Assert.True(HomeLock.IsHeld(LockFile));
        }
        Assert.False(HomeLock.IsHeld(LockFile));
        using var next = HomeLock.TryTake(Home);
        Assert.NotNull(next);
    }

    /// <summary>A folder in place of the file: not to be opened for writing by anyone, root included.</summary>
    [Fact]
    public void A_lock_that_cannot_be_written_is_no_other_hub()
    {
        Directory.CreateDirectory(LockFile);
        AssertRefused();
    }

    [Fact]
    public void A_home_folder_that_cannot_be_written_is_no_other_hub()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("SKIPPED: permissions as on Unix");
            return;
        }
        var before = File.GetUnixFileMode(Home.Root);
        File.SetUnixFileMode(Home.Root, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        try
        {
            Assert.SkipWhen(CanWrite(Home.Root), "SKIPPED: this user writes into every folder");
            AssertRefused();
        }
        finally
        {
            File.SetUnixFileMode(Home.Root, before);
        }
    }

    /// <summary>As on a read-only file system, or where no file can be made any more.</summary>
    [Fact]
    public void A_lock_that_is_not_there_is_held_by_nobody() => Assert.False(HomeLock.IsHeld(LockFile));

    private void AssertRefused()
    {
        string message = Assert.Throws<UserError>(() => HomeLock.TryTake(Home)).Message;
        Assert.StartsWith($"{Home.Root}: cannot be written (", message, StringComparison.Ordinal);
    }

    private static bool CanWrite(string folder)
    {
        try
        {
            File.WriteAllText(Path.Combine(folder, "probe"), "");
            return true;
        }
        catch (UnauthorizedAccessException)
        {
            return false;
        }
    }
}
