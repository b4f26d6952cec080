using System.Runtime.InteropServices;
using System.Text;

namespace Rlhf.Core.Files;

/// <summary>
/// Opens files that a user names, regular files only: a device such as /dev/zero never ends, and opening a named pipe blocks
/// until a writer opens it, so that not even a signal ends the program.
/// </summary>
public static class RegularFile
{
    private const int ReadBuffer = 1 << 16;

    /// <summary>No text of a home folder that is read as a whole comes near it.</summary>
    private const long MaxTextBytes = 1L << 28;

    /// <summary>Opens a regular file, or a symbolic link to one, for reading.</summary>
    /// <exception cref="UserError">The file does not exist, is a folder, device or pipe, or cannot be read.</exception>
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

    /// <summary>The content of a regular file that is small.</summary>
    /// <exception cref="UserError">As for <see cref="OpenRead"/>, or the file is larger than any of its kind.</exception>
    public static byte[] ReadAllBytes(string path, long maxBytes)
    {
        using var stream = OpenRead(path);
        try
        {
            if (stream.Length > maxBytes)
                throw new UserError($"{path}: the file has {stream.Length} bytes; a file of this kind has at most {maxBytes}");
            byte[] bytes = new byte[stream.Length];
            stream.ReadExactly(bytes);
            return bytes;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new UserError($"{path}: cannot be read: {exception.Message}", exception);
        }
    }

    /// <summary>The same as text, in UTF-8 or in the encoding of its byte order mark.</summary>
    /// <inheritdoc cref="ReadAllBytes"/>
    public static string ReadAllText(string path, long maxBytes = MaxTextBytes)
    {
        using var reader = new StreamReader(new MemoryStream(ReadAllBytes(path, maxBytes)));
        return reader.ReadToEnd();
    }

    /// <summary>Checks that a path is a regular file, without opening it.</summary>
    /// <exception cref="UserError">The file does not exist, or is a folder, device or pipe.</exception>
    public static void Check(string path)
    {
        if (path.Length == 0 || path.Contains('\0'))
            throw new UserError($"'{path.Replace('\0', '?')}' names no file");
        if (Directory.Exists(path))
            throw new UserError($"{path}: is a folder; expected a file");
        if (!File.Exists(path))
            throw new UserError($"{path}: no such file");
        if (OperatingSystem.IsLinux() && FileType.Describe(path) is { } other)
            throw new UserError($"{path}: is {other}; expected a regular file (save its output to a file first)");
    }

    /// <summary>The type of a file by statx(2), whose result has the same layout on every architecture.</summary>
    private static class FileType
    {
        private const int CurrentFolder = -100, ModeOffset = 28, TypeMask = 0xF000;
        private const uint WantType = 1;

        /// <summary>Null for a regular file, or if the system cannot tell.</summary>
        public static string? Describe(string path)
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
