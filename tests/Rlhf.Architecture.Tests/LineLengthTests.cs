using Rlhf.Testing;

namespace Rlhf.Architecture.Tests;

/// <summary>Lines end at 140 characters, so that two files fit beside each other and a diff is read without scrolling.</summary>
public sealed class LineLengthTests
{
    private const int MaxLength = 140;

    [Fact]
    public void No_line_is_longer_than_140_characters()
    {
        string[] files = SourceFiles.OfRepository(".cs", ".razor", ".sh", ".md");
        Assert.Contains(files, file => file.EndsWith("LineLengthTests.cs", StringComparison.Ordinal));
        string[] found = [.. files.SelectMany(file => LongLines(File.ReadAllText(file), Path.GetExtension(file))
            .Select(line => $"{Path.GetRelativePath(SharedData.RepositoryRoot, file)}:{line}"))];
        Assert.True(found.Length == 0, $"Lines of more than {MaxLength} characters:\n{string.Join('\n', found)}");
    }

    [Theory]
    [InlineData(".cs", "x", 0)]
    [InlineData(".cs", "// LONG", 1)]
    [InlineData(".cs", "string s = \"\"\"LONG\"\"\";", 0)]
    [InlineData(".cs", "string s = \"\"\"\nLONG\n\"\"\";\n// LONG", 4)]
    [InlineData(".sh", "echo \"\"\"LONG\"\"\"", 1)]
    [InlineData(".md", "x\n\nLONG", 3)]
    [InlineData(".md", "| LONG |", 0)]
    [InlineData(".md", "[LONG](https://example.com)", 0)]
    public void Tables_links_and_raw_strings_may_be_longer(string extension, string text, int expected)
    {
        var found = LongLines(text.Replace("LONG", new string('x', MaxLength + 1), StringComparison.Ordinal), extension);
        Assert.Equal(expected == 0 ? [] : [expected], found);
    }

    /// <summary>The numbers of the lines that are too long.</summary>
    private static IEnumerable<int> LongLines(string text, string extension)
    {
        bool raw = false;
        int number = 0;
        foreach (string line in text.ReplaceLineEndings("\n").Split('\n'))
        {
            number++;
            int quotes = extension == ".cs" ? line.Split("\"\"\"").Length - 1 : 0;
            bool exempt = extension == ".md"
                ? line.StartsWith('|') || line.Contains("](", StringComparison.Ordinal)
                : raw || quotes > 0;
            raw ^= quotes % 2 == 1;
            if (!exempt && line.Length > MaxLength)
                yield return number;
        }
    }
}
