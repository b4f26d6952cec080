using System.Security.Cryptography;

namespace Rlhf.Models.Native;

/// <summary>
/// A patched copy of a native library in a folder that only this user can access. The package's own file, often a hard link into a
/// shared cache, is never changed. The copy is written to a temporary file and renamed, so several processes may start at once.
/// </summary>
internal static class PrivateCopy
{
    private const string TemporaryPrefix = "rlhf-native-";
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <summary>Writes <paramref name="content"/> unless it exists already, and returns its path.</summary>
    public static string Place(string fileName, byte[] content)
    {
        string folder = Folder(Convert.ToHexStringLower(SHA256.HashData(content))[..16]);
        string path = Path.Combine(folder, fileName);
        // The bytes are compared, because an existing file may be incomplete.
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
    /// Called after loading: deletes a copy in a temporary folder (on Linux a loaded library needs no file). A copy in the home folder is
    /// kept for the next start.
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
                // If the home folder is not writable (a service account, a container), a new temporary folder is used.
            }
        }
        return Directory.CreateTempSubdirectory(TemporaryPrefix).FullName;
    }
}
