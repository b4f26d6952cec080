using System.Security.Cryptography;
using Rlhf.Core;
using Rlhf.Core.Files;

namespace Rlhf.Storage;

/// <summary>The file that tells home folders apart.</summary>
internal static class HomeId
{
    private const int Bytes = 4;

    public static string ReadOrCreate(string path)
    {
        try
        {
            if (!File.Exists(path))
                Create(path);
            string id = RegularFile.ReadAllText(path).Trim();
            return id.Length == 2 * Bytes && id.All(char.IsAsciiHexDigitLower)
                ? id
                : throw new UserError($"{path}: must hold {2 * Bytes} hexadecimal digits; remove the file and it is created again");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UserError($"{path}: cannot be read or created: {e.Message}", e);
        }
    }

    /// <summary>Written beside and moved into place without replacing: of two processes at once, one wins and both read the same.</summary>
    private static void Create(string path)
    {
        string beside = $"{path}.{Guid.NewGuid():N}";
        File.WriteAllText(beside, Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(Bytes)));
        try
        {
            File.Move(beside, path, overwrite: false);
        }
        catch (IOException) when (File.Exists(path))
        {
            File.Delete(beside);
        }
    }
}
