using System.Security.Cryptography;

namespace Rlhf.Models.Native;

/// <summary>
/// A changed copy of a native library in a folder that belongs to this user alone. The package's own file (often a hard link into a shared
/// cache) is never touched. Written beside and renamed, so that any number of processes may start at once.
/// </summary>
internal static class PrivateCopy
{
    private const string TemporaryPrefix = "rlhf-native-";
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <summary>Writes <paramref name="content"/> where it is not there yet, and gives its path.</summary>
    public static string Place(string fileName, byte[] content)
    {
        string folder = Folder(Convert.ToHexStringLower(SHA256.HashData(content))[..16]);
        string path = Path.Combine(folder, fileName);
        // The bytes are compared, not trusted: what lies there may be half of an older attempt.
        if (File.Exists(path) && File.ReadAllBytes(path).AsSpan().SequenceEqual(content))
            return path;
        string beside = Path.Combine(folder, Guid.NewGuid().ToString("N") + ".tmp");
        File.WriteAllBytes(beside, content);
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(beside, OwnerOnly);
        File.Move(beside, path, overwrite: true);
        return path;
    }

    /// <summary>
    /// After loading: a copy in a temporary folder is in nobody's way any more (on Linux what is loaded stays), one in the home serves
    /// again.
    /// </summary>
    public static void Loaded(string path)
    {
        string folder = Path.GetDirectoryName(path)!;
        if (Path.GetFileName(folder).StartsWith(TemporaryPrefix, StringComparison.Ordinal))
            Directory.Delete(folder, recursive: true);
    }

    private static string Folder(string name)
    {
        string home = Environment.GetFolderPath(
            Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify);
        if (home.Length > 0)
        {
            string folder = Path.Combine(home, "rlhf", "native", name);
            try
            {
                if (OperatingSystem.IsWindows())
                    Directory.CreateDirectory(folder);
                else
                    Directory.CreateDirectory(folder, OwnerOnly);
                return folder;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // A home that cannot be written (a service's account, a container): a fresh folder of our own instead.
            }
        }
        return Directory.CreateTempSubdirectory(TemporaryPrefix).FullName;
    }
}
