using System.Text.RegularExpressions;
using Rlhf.Testing;

namespace Rlhf.Architecture.Tests;

/// <summary>
/// The faults that tests/bars/mutants.sh plants, which takes most of an hour: here only whether each can still be planted, so that a
/// change of the code is followed by the list.
/// </summary>
public sealed class PlantedFaultTests
{
    [Fact]
    public void Each_planted_fault_stands_once_in_its_file_and_its_tests_exist()
    {
        string root = SharedData.RepositoryRoot;
        var classes = Directory.EnumerateFiles(Path.Combine(root, "tests"), "*Tests.cs", SearchOption.AllDirectories)
            .ToLookup(file => Path.GetRelativePath(Path.Combine(root, "tests"), file).Split(Path.DirectorySeparatorChar)[0],
                file => Path.GetFileNameWithoutExtension(file));
        var wrong = new List<string>();
        int faults = 0;
        string list = File.ReadAllText(Path.Combine(root, "tests/bars/mutants.txt"));
        foreach (string section in Regex.Split(list, "^@ ", RegexOptions.Multiline)[1..])
        {
            string[] lines = section.Split('\n');
            string[] words = lines[0].Split(' ', StringSplitOptions.RemoveEmptyEntries);
            string file = Path.Combine(root, words[0]), tests = words[1], pattern = words[2].TrimStart('*');
            if (!classes[tests].Any(name => name.EndsWith(pattern, StringComparison.Ordinal)))
                wrong.Add($"{tests} has no {words[2]}");
            string text = File.ReadAllText(file);
            foreach (string fault in Regex.Split(section, "^# ", RegexOptions.Multiline)[1..])
            {
                faults++;
                var searched = fault.Split('\n').Where(line => line.StartsWith("- ", StringComparison.Ordinal)).Select(line => line[2..]);
                string search = string.Join('\n', searched);
                if (search.Length == 0 || text.Split(search).Length != 2)
                    wrong.Add($"{words[0]}: {fault.Split('\n')[0]}");
            }
        }
        Assert.True(wrong.Count == 0, string.Join("\n", wrong));
        Assert.True(faults > 100);
    }
}
