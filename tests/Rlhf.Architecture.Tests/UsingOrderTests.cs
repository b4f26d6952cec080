using System.Text.RegularExpressions;

namespace Rlhf.Architecture.Tests;

/// <summary>Usings are sorted, System first. Neither the build nor <c>dotnet format whitespace</c> looks at them.</summary>
public sealed partial class UsingOrderTests
{
    [Fact]
    public void Usings_are_in_order()
    {
        string[] files = SourceFiles.OfRepository(".cs");
        Assert.Contains(files, file => file.EndsWith("UsingOrderTests.cs", StringComparison.Ordinal));
        string[] found = [.. files.Where(file => !IsSorted(File.ReadAllText(file)))];
        Assert.True(found.Length == 0, $"Files whose usings are not in order:\n{string.Join('\n', found)}");
    }

    [Theory]
    [InlineData("using System.Text;\nusing Microsoft.Data;\nusing Rlhf.Core;\nusing Rlhf.Core.Options;\n", true)]
    [InlineData("using Rlhf.Core.Options;\nusing Rlhf.Core;\n", false)]
    [InlineData("using Microsoft.Data;\nusing System.Text;\n", false)]
    [InlineData("using System.Text;\nusing System.Net;\n", false)]
    [InlineData("using Xunit;\nusing static System.Math;\nusing Place = System.Int32;\n", true)]
    public void Order_is_System_first_and_then_by_name(string text, bool sorted) => Assert.Equal(sorted, IsSorted(text));

    private static bool IsSorted(string text)
    {
        string[] names = [.. Namespaces().Matches(text).Select(match => match.Groups[1].Value)];
        return names.SequenceEqual(names.OrderByDescending(name => name.Split('.')[0] == "System")
            .ThenBy(name => name.Replace('.', '\0'), StringComparer.OrdinalIgnoreCase));
    }

    /// <summary>Usings of a namespace; those of types and aliases follow them in an order of their own.</summary>
    [GeneratedRegex(@"^using ([\w.]+);$", RegexOptions.Multiline)]
    private static partial Regex Namespaces();
}
