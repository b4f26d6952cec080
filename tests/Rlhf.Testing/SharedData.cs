namespace Rlhf.Testing;

/// <summary>Reference data: under RLHF_SHARED, by default in the folder "shared" beside the repository.</summary>
public static class SharedData
{
    /// <summary>The root of this repository.</summary>
    public static string RepositoryRoot { get; } = FindRepositoryRoot();

    /// <summary>The folder with reference data, whether it exists or not.</summary>
    public static string Root { get; } = Path.GetFullPath(
        Environment.GetEnvironmentVariable("RLHF_SHARED") is { Length: > 0 } set ? set : "../shared", RepositoryRoot);

    /// <summary>A file or folder below the reference data; the test is skipped, saying why, where it is absent.</summary>
    public static string Require(string relative)
    {
        string path = Path.Combine(Root, relative);
        if (!Path.Exists(path))
            Assert.Skip($"SKIPPED: no reference data at {path} (RLHF_SHARED says where it lies)");
        return path;
    }

    /// <summary>
    /// The sub-folders of a reference folder, by name: test cases. One "absent" row where there is none, for a test that skips.
    /// </summary>
    public static TheoryData<string> Folders(string relative)
    {
        string path = Path.Combine(Root, relative);
        return Directory.Exists(path)
            ? [.. Directory.GetDirectories(path).Select(d => Path.GetFileName(d)!).Order(StringComparer.Ordinal)]
            : [Absent];
    }

    /// <summary>Stands for "the reference data is not there" in rows of a theory.</summary>
    public const string Absent = "(absent)";

    private static string FindRepositoryRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Rlhf.sln")))
                return folder.FullName;
        }
        throw new InvalidOperationException($"No Rlhf.sln above {AppContext.BaseDirectory}");
    }
}
