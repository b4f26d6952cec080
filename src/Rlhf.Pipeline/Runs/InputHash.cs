using System.Security.Cryptography;
using Rlhf.Core;
using Rlhf.Core.Files;
using Rlhf.Models.Checkpoints;

namespace Rlhf.Pipeline.Runs;

/// <summary>What an input holds, as one SHA-256: of a file, or of the folder of a model.</summary>
public static class InputHash
{
    private const int ShownDigits = 12;

    /// <exception cref="UserError">It does not exist, or is not a regular file.</exception>
    public static string Compute(string path)
    {
        if (Directory.Exists(path))
            return ModelFolder.Sha256(path);
        using var stream = RegularFile.OpenRead(path);
        return Convert.ToHexStringLower(SHA256.HashData(stream));
    }

    /// <summary>Checks that everything a run starts from is what it was when the run was planned, so that its lineage is true.</summary>
    /// <exception cref="UserError">Something is gone or was changed.</exception>
    public static void Verify(RunFolder folder)
    {
        foreach (var input in folder.Read().Inputs)
        {
            string path = Path.GetFullPath(input.Path, folder.Path);
            if (!Path.Exists(path))
                throw new UserError(
                    $"{path}: the input '{input.Name}' of this run is no longer there; put it back, or start the stage again");
            string now = Compute(path);
            if (now != input.Sha256)
            {
                throw new UserError(
                    $"{path}: the input '{input.Name}' was changed after the run was planned (SHA-256 now {now[..ShownDigits]}…, "
                    + $"{input.Sha256[..Math.Min(ShownDigits, input.Sha256.Length)]}… in {folder.ManifestFile}); start the stage again");
            }
        }
    }
}
