using System.Text.RegularExpressions;
using Rlhf.Testing;

namespace Rlhf.Architecture.Tests;

/// <summary>
/// A named pipe in the place of a file blocks whoever opens it, and a device never ends. What a user names and what lies in a home folder
/// is therefore read by <c>RegularFile</c> or <c>TextLines</c> alone.
/// </summary>
public sealed partial class FileReadingTests
{
    /// <summary>Where a file is opened otherwise, how often, and why.</summary>
    private static readonly Dictionary<string, (int Count, string Why)> Allowed = new()
    {
        ["src/Rlhf.Core/Files/RegularFile.cs"] = (1, "behind the check"),
        ["src/Rlhf.Models/Checkpoints/SafetensorsFile.cs"] = (1, "behind the check: read at offsets"),
        ["src/Rlhf.Storage/Erasure/ErasedFiles.cs"] = (2, "behind the check: line by line"),
        ["src/Rlhf.Storage/Erasure/Erasures.cs"] = (2, "behind the check: line by line; and appends"),
        ["labeling-ui/Rlhf.LabelingUi/Features/Runs/Details/LogTail.cs"] = (1, "behind the check: its process may be writing it"),
        ["src/Rlhf.Models/Native/CudaDevices.cs"] = (1, "of the system, in /proc"),
        ["src/Rlhf.Pipeline/Runs/MemoryUse.cs"] = (1, "of the system, in /proc and /sys"),
        ["src/Rlhf.Models/Native/Libtorch.cs"] = (1, "a library that the linker has read before"),
        ["src/Rlhf.Models/Native/PrivateCopy.cs"] = (1, "a library that this program has written"),
        ["src/Rlhf.Cli/Hosting/HubAddressFile.cs"] = (1, "creates"),
        ["src/Rlhf.Pipeline/Hub/HomeLock.cs"] = (2, "a lock, whose content is not read"),
        ["src/Rlhf.Pipeline/Runs/ChildLog.cs"] = (1, "appends"),
        ["src/Rlhf.Storage/Erasure/Backups.cs"] = (1, "creates"),
        ["src/Rlhf.Storage/SchemaUpdate.cs"] = (1, "a lock, whose content is not read"),
        ["labeling-ui/Rlhf.LabelingUi/Features/Account/Store/AccountsDatabase.cs"] = (1, "creates"),
        ["labeling-ui/Rlhf.LabelingUi/Features/Account/Store/LockFile.cs"] = (1, "a lock, whose content is not read"),
        ["labeling-ui/Rlhf.LabelingUi/Features/Exchange/UploadedFile.cs"] = (1, "creates"),
    };

    [Fact]
    public void Files_are_opened_by_those_who_look_at_what_they_open()
    {
        string root = SharedData.RepositoryRoot;
        var found = SourceFiles.OfRepository(".cs")
            .Select(file => Path.GetRelativePath(root, file).Replace(Path.DirectorySeparatorChar, '/'))
            .Where(file => file.StartsWith("src/", StringComparison.Ordinal) || file.StartsWith("labeling-ui/", StringComparison.Ordinal))
            .Select(file => (File: file, Count: Opening().Count(File.ReadAllText(Path.Combine(root, file)))))
            .Where(file => file.Count > 0);
        Assert.Equal(
            Allowed.Select(file => (file.Key, file.Value.Count)).Order(),
            found.Order());
    }

    [Theory]
    [InlineData("File.ReadAllText(path)", 1)]
    [InlineData("System.IO.File.ReadLinesAsync(path)", 1)]
    [InlineData("await File.ReadAllBytesAsync(path)", 1)]
    [InlineData("new FileStream(path, FileMode.Open)", 1)]
    [InlineData("RegularFile.OpenRead(path); SourceFile.Open(path); new FileStreamOptions()", 0)]
    public void What_opens_a_file(string code, int count) => Assert.Equal(count, Opening().Count(code));

    [GeneratedRegex(@"(?<!\w)File\.(?:ReadAll\w+|ReadLines\w*|OpenRead|OpenText|OpenHandle|Open)\(|new FileStream\(")]
    private static partial Regex Opening();
}
