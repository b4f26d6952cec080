using Rlhf.Core;

namespace Rlhf.Models.Checkpoints;

/// <summary>
/// Checks symbolic links in a model folder. They may point into the same folder, or into the "blobs" folder of a Hugging Face cache,
/// whose snapshots consist of such links. Other targets are refused, because a downloaded folder must not give access to other files.
/// </summary>
internal static class LinkTarget
{
    /// <exception cref="UserError">The file is a link to a file outside of these folders.</exception>
    public static void Check(string folder, string path)
    {
        FileSystemInfo? target;
        try
        {
            target = File.ResolveLinkTarget(path, returnFinalTarget: true);
        }
        catch (IOException e)
        {
            throw new UserError($"{path} cannot be read: {e.Message}", e);
        }
        if (target is null)
            return;
        string here = Path.TrimEndingDirectorySeparator(Real(folder));
        string? cache = Path.GetDirectoryName(Path.GetDirectoryName(here));
        string parent = Path.GetDirectoryName(target.FullName) ?? "";
        if (parent != here && (cache is null || parent != Path.Combine(cache, "blobs")))
            throw new UserError($"{path} is a link to {target.FullName}, which is outside of its folder");
    }

    /// <summary>The path of the folder with all symbolic links resolved.</summary>
    private static string Real(string folder)
    {
        string full = Path.GetFullPath(folder), root = Path.GetPathRoot(full)!, real = root;
        foreach (string part in full[root.Length..].Split(Path.DirectorySeparatorChar, StringSplitOptions.RemoveEmptyEntries))
        {
            string next = Path.Combine(real, part);
            real = Directory.ResolveLinkTarget(next, returnFinalTarget: true)?.FullName ?? next;
        }
        return real;
    }
}
