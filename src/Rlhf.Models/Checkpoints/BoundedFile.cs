using Rlhf.Core;
using Rlhf.Core.Files;

namespace Rlhf.Models.Checkpoints;

/// <summary>Files of a model folder that are read whole: regular ones, up to a size that no real one reaches.</summary>
internal static class BoundedFile
{
    /// <exception cref="UserError">No regular file, too large, or it cannot be read.</exception>
    public static byte[] ReadAllBytes(string path, long maxBytes)
    {
        try
        {
            using var stream = RegularFile.OpenRead(path);
            if (stream.Length > maxBytes)
                throw new UserError($"{path}: {stream.Length} bytes are too many for a file of this kind (at most {maxBytes})");
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
