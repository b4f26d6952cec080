using Rlhf.Core;
using Rlhf.Core.Files;

namespace Rlhf.Models.Checkpoints;

/// <summary>Reads files of a model folder into memory: regular files only, with a size limit that no valid file reaches.</summary>
internal static class BoundedFile
{
    /// <exception cref="UserError">The file is not a regular file, too large, or cannot be read.</exception>
    public static byte[] ReadAllBytes(string path, long maxBytes)
    {
        try
        {
            using var stream = RegularFile.OpenRead(path);
            if (stream.Length > maxBytes)
                throw new UserError($"{path}: the file has {stream.Length} bytes; a file of this kind has at most {maxBytes}");
            byte[] bytes = new byte[stream.Length];
            stream.ReadExactly(bytes);
            return bytes;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UserError($"{path} cannot be read: {e.Message}", e);
        }
    }
}
