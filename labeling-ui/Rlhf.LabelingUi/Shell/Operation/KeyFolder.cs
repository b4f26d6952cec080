using Rlhf.Core;
using Rlhf.Storage;

namespace Rlhf.LabelingUi.Shell.Operation;

/// <summary>
/// The folder of the keys that protect cookies and forms: they outlive the process, and only the folder's owner can read them.
/// </summary>
internal static class KeyFolder
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <summary>Makes the folder where it is missing, and takes it from others where they could read it.</summary>
    /// <exception cref="UserError">It cannot be created, or belongs to another user.</exception>
    public static DirectoryInfo Prepare(Home home)
    {
        try
        {
            if (OperatingSystem.IsWindows())
                return Directory.CreateDirectory(home.Keys);
            var folder = Directory.CreateDirectory(home.Keys, OwnerOnly);
            if (folder.UnixFileMode != OwnerOnly)
                File.SetUnixFileMode(home.Keys, OwnerOnly);
            return folder;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UserError($"{home.Keys}: the keys that protect sign-ins cannot be kept there: {e.Message.TrimEnd('.')}; "
                + "its owner must be who runs this program", e);
        }
    }
}
