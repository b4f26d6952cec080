using System.Text.RegularExpressions;
using Rlhf.Core.Files;
using TorchSharp;

namespace Rlhf.Models.Native;

/// <summary>
/// The version of the libtorch in a folder, from a file next to it. libtorch exports no version, and TorchSharp gives the version that
/// it was built for.
/// </summary>
internal static partial class LibtorchVersion
{
    /// <param name="folder">
    /// The folder of the libraries: "lib" of an installation of PyTorch or of a libtorch archive, or a package's.
    /// </param>
    public static string Read(string folder)
    {
        string parent = Path.GetDirectoryName(Path.TrimEndingDirectorySeparator(folder)) ?? folder;
        string python = Path.Combine(parent, "version.py"), archive = Path.Combine(parent, "build-version");
        if (File.Exists(python) && PythonVersion().Match(RegularFile.ReadAllText(python)) is { Success: true } found)
            return found.Groups[1].Value;
        return File.Exists(archive) ? RegularFile.ReadAllText(archive).Trim() : torch.__version__;
    }

    [GeneratedRegex(@"^__version__ = ['""]([^'""]+)['""]", RegexOptions.Multiline)]
    private static partial Regex PythonVersion();
}
