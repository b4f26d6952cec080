using System.Runtime.InteropServices;
using System.Text;

namespace Rlhf.Core.Files;

/// <summary>
/// Opens files that a user names. Only regular files: a device such as /dev/zero never ends, and opening a named pipe waits
/// until somebody writes to it, so that not even a signal ends the program.
/// </summary>
public static class RegularFile
{
    private const int ReadBuffer = 1 << 16;

    /// <summary>Opens a regular file for reading; a symbolic link to one will do.</summary>
    /// <exception cref="UserError">No such file, a folder, a device or pipe, or it cannot be read.</exception>
    public static FileStream OpenRead(string path)
    {
        Check(path);
        try
        {
            return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, ReadBuffer);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new UserError($"{path}: cannot be read: {exception.Message}", exception);
        }
    }

    /// <summary>Refuses what is not a regular file, without opening it.</summary>
    /// <exception cref="UserError">No such file, a folder, or a device or pipe.</exception>
    public static void Check(string path)
    {
        if (path.Length == 0 || path.Contains('\0'))
            throw new UserError($"'{path.Replace('\0', '?')}' names no file");
        if (Directory.Exists(path))
            throw new UserError($"{path}: is a folder; expected a file");
        if (!File.Exists(path))
            throw new UserError($"{path}: no such file");
        if (OperatingSystem.IsLinux() && FileType.OfPath(path) is { } other)
            throw new UserError($"{path}: is {other}; expected a regular file (save what it gives to a file first)");
    }

    /// <summary>What a path is, by statx(2), whose result has the same layout on every architecture.</summary>
    private static class FileType
    {
        private const int CurrentFolder = -100, ModeOffset = 28, TypeMask = 0xF000;
        private const uint WantType = 1;

        /// <summary>Null for a regular file, and where the system cannot say.</summary>
        public static string? OfPath(string path)
        {
            byte[] result = new byte[256];
            try
            {
                if (Statx(CurrentFolder, [.. Encoding.UTF8.GetBytes(path), 0], 0, WantType, result) != 0)
                    return null;
            }
            catch (EntryPointNotFoundException)
            {
                return null;
            }
            return (BitConverter.ToUInt16(result, ModeOffset) & TypeMask) switch
            {
                0x1000 => "a named pipe",
                0x2000 => "a character device",
                0x6000 => "a block device",
                0xC000 => "a socket",
                _ => null,
            };
        }

        [DllImport("libc", EntryPoint = "statx")]
        [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
        private static extern int Statx(int folder, byte[] path, int flags, uint mask, byte[] result);
    }
}
