using Rlhf.Testing;

namespace Rlhf.Architecture.Tests;

/// <summary>The files of the repository that people write.</summary>
internal static class SourceFiles
{
    /// <summary>Made by tools, or by others.</summary>
    private static readonly string[] SkippedFolders = ["bin", "obj", "Migrations", "lib"];

    /// <param name="extensions">Of the files, such as <c>.cs</c>.</param>
    public static string[] OfRepository(params string[] extensions) =>
        [.. Files(new DirectoryInfo(SharedData.RepositoryRoot)).Where(file => extensions.Contains(file.Extension)).Select(f => f.FullName)];

    private static IEnumerable<FileInfo> Files(DirectoryInfo folder) => folder.EnumerateFiles()
        .Concat(folder.EnumerateDirectories()
            .Where(sub => !sub.Name.StartsWith('.') && sub.LinkTarget is null && !SkippedFolders.Contains(sub.Name))
            .SelectMany(Files));
}
