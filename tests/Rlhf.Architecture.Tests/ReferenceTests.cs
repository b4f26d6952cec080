using System.Reflection;
using System.Xml.Linq;
using Rlhf.Testing;

namespace Rlhf.Architecture.Tests;

/// <summary>Who may reference whom, as src/README.md says it. Read from the project files and from the restored graph.</summary>
public sealed class ReferenceTests
{
    /// <summary>Each project with the projects that it may reference directly.</summary>
    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["Rlhf.Core"] = [],
        ["Rlhf.Definitions"] = ["Rlhf.Core"],
        ["Rlhf.Statistics"] = ["Rlhf.Core"],
        ["Rlhf.Contracts"] = ["Rlhf.Core"],
        ["Rlhf.Models"] = ["Rlhf.Core"],
        ["Rlhf.Storage"] = ["Rlhf.Core"],
        ["Rlhf.Simulation"] = ["Rlhf.Core", "Rlhf.Statistics"],
        ["Rlhf.Training"] = ["Rlhf.Core", "Rlhf.Statistics", "Rlhf.Models"],
        ["Rlhf.LabelingUi"] = ["Rlhf.Core", "Rlhf.Definitions", "Rlhf.Statistics", "Rlhf.Contracts", "Rlhf.Storage"],
        ["Rlhf.Pipeline"] =
        [
            "Rlhf.Core", "Rlhf.Definitions", "Rlhf.Statistics", "Rlhf.Simulation", "Rlhf.Contracts", "Rlhf.Models",
            "Rlhf.Storage", "Rlhf.Training",
        ],
        ["Rlhf.Cli"] =
        [
            "Rlhf.Core", "Rlhf.Definitions", "Rlhf.Statistics", "Rlhf.Simulation", "Rlhf.Contracts", "Rlhf.Models",
            "Rlhf.Storage", "Rlhf.Training", "Rlhf.Pipeline", "Rlhf.LabelingUi",
        ],
    };

    /// <summary>Packages that only the named projects may reach, also through others.</summary>
    private static readonly Dictionary<string, string[]> OnlyIn = new()
    {
        ["TorchSharp"] = ["Rlhf.Models", "Rlhf.Training", "Rlhf.Pipeline", "Rlhf.Cli"],
        ["MassTransit"] = ["Rlhf.Pipeline", "Rlhf.Cli"],
        ["Microsoft.EntityFrameworkCore"] = ["Rlhf.Storage", "Rlhf.LabelingUi", "Rlhf.Pipeline", "Rlhf.Cli"],
    };

    public static TheoryData<string> Projects =>
        [.. ProjectFiles().Select(file => Path.GetFileNameWithoutExtension(file)).Order(StringComparer.Ordinal)];

    [Fact]
    public void Every_project_has_a_row_here() =>
        Assert.Equal(Allowed.Keys.Order(StringComparer.Ordinal), Projects.Select(row => row.Data));

    [Theory]
    [MemberData(nameof(Projects))]
    public void References_point_one_way(string project) =>
        Assert.Empty(References(project).Except(Allowed[project]));

    [Theory]
    [MemberData(nameof(Projects))]
    public void A_package_is_reached_only_where_it_belongs(string project)
    {
        string[] reached = [.. Reach(project).SelectMany(Packages).Distinct()];
        foreach (var (package, homes) in OnlyIn)
        {
            if (!homes.Contains(project))
                Assert.DoesNotContain(reached, name => name == package || name.StartsWith(package + ".", StringComparison.Ordinal));
        }
    }

    [Fact]
    public void Core_and_contracts_have_no_package()
    {
        Assert.Empty(Packages("Rlhf.Core"));
        Assert.Empty(Packages("Rlhf.Contracts"));
    }

    public static TheoryData<string> WithoutTorch => [.. Allowed.Keys.Except(OnlyIn["TorchSharp"]).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(WithoutTorch))]
    public void What_the_web_app_sees_is_built_without_torch(string project)
    {
        var seen = new HashSet<string>();
        var open = new Queue<Assembly>([Assembly.Load(project)]);
        while (open.TryDequeue(out var assembly))
        {
            foreach (var name in assembly.GetReferencedAssemblies())
            {
                Assert.NotEqual("TorchSharp", name.Name);
                if (name.Name!.StartsWith("Rlhf.", StringComparison.Ordinal) && seen.Add(name.Name))
                    open.Enqueue(Assembly.Load(name));
            }
        }
    }

    [Fact]
    public void Every_package_version_has_a_project_that_uses_it()
    {
        string root = SharedData.RepositoryRoot;
        string[] versions = [.. XDocument.Load(Path.Combine(root, "src", "Directory.Packages.props")).Descendants("PackageVersion")
            .Select(node => node.Attribute("Include")!.Value)];
        string[] used = [.. new[] { "src", "tests", "labeling-ui" }
            .SelectMany(folder => Directory.EnumerateFiles(
                Path.Combine(root, folder), "*.*proj", new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = 2 }))
            .Concat(Directory.EnumerateFiles(Path.Combine(root, "tests"), "*.props"))
            .SelectMany(file => XDocument.Load(file).Descendants("PackageReference")).Select(node => node.Attribute("Include")!.Value)];
        Assert.Empty(versions.Except(used));
    }

    [Fact]
    public void The_top_level_holds_what_it_may_and_nothing_else()
    {
        string[] allowed =
            ["src", "tests", "labeling-ui", "pipelines", "experiments", "Rlhf.sln", "docker-compose.yml", "README.md", "LICENSE"];
        // Dot-files and dot-folders are free.
        var found = Directory.EnumerateFileSystemEntries(SharedData.RepositoryRoot)
            .Select(path => Path.GetFileName(path)).Where(name => !name.StartsWith('.'));
        Assert.Equal(allowed.Order(StringComparer.Ordinal), found.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Every_project_has_tests_and_is_in_the_solution()
    {
        string solution = File.ReadAllText(Path.Combine(SharedData.RepositoryRoot, "Rlhf.sln"));
        foreach (string project in Allowed.Keys)
        {
            Assert.True(Directory.Exists(Path.Combine(SharedData.RepositoryRoot, "tests", project + ".Tests")), $"no "
                + $"tests/{project}.Tests");
            Assert.Contains($"\"{project}\"", solution);
            Assert.Contains($"\"{project}.Tests\"", solution);
        }
    }

    private static IEnumerable<string> ProjectFiles() =>
        new[] { "src", "labeling-ui" }.SelectMany(folder => Directory.EnumerateFiles(
            Path.Combine(SharedData.RepositoryRoot, folder), "*.csproj",
            new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = 2 }));

    private static XDocument Read(string project) =>
        XDocument.Load(ProjectFiles().Single(file => Path.GetFileNameWithoutExtension(file) == project));

    private static IEnumerable<string> References(string project) => Read(project).Descendants("ProjectReference")
        .Select(node => Path.GetFileNameWithoutExtension(node.Attribute("Include")!.Value.Replace('\\', '/')));

    // A private asset (a build tool) does not flow on and is no dependency of the program.
    private static IEnumerable<string> Packages(string project) => Read(project).Descendants("PackageReference")
        .Where(node => (string?)node.Attribute("PrivateAssets") != "all").Select(node => node.Attribute("Include")!.Value);

    private static HashSet<string> Reach(string project)
    {
        var reached = new HashSet<string> { project };
        foreach (string reference in References(project))
            reached.UnionWith(Reach(reference));
        return reached;
    }
}
