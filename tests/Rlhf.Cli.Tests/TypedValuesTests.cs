using System.CommandLine;
using Rlhf.Cli.Parsing;

namespace Rlhf.Cli.Tests;

public sealed class TypedValuesTests
{
    /// <summary>Every option and argument of every verb that is neither a text nor a flag, with values that they cannot have.</summary>
    public static TheoryData<string, string, string> Typed()
    {
        var rows = new TheoryData<string, string, string>();
        foreach (var (path, command) in Commands(CommandTree.Create(), ""))
        {
            foreach (var option in command.Options.Where(o => IsTyped(o.ValueType)))
            {
                rows.Add(path, option.Name, $"{path} {option.Name}=zebra");
                if (option.ValueType.IsEnum)
                    rows.Add(path, option.Name, $"{path} {option.Name}=1");
            }
            for (int i = 0; i < command.Arguments.Count; i++)
            {
                if (IsTyped(command.Arguments[i].ValueType))
                    rows.Add(path, command.Arguments[i].Name, $"{path} {string.Join(' ', Enumerable.Repeat("zebra", i + 1))}");
            }
        }
        return rows;
    }

    [Theory]
    [MemberData(nameof(Typed))]
    public void A_value_of_another_kind_is_told_without_the_names_of_types(string command, string name, string line)
    {
        var parse = CommandTree.Create().Parse(line);
        string message = UsageErrors.Describe(parse);
        Assert.Contains($"{name} must be ", message, StringComparison.Ordinal);
        Assert.Contains($"got '{line.Split(' ', '=')[^1]}'", message, StringComparison.Ordinal);
        Assert.Contains($"{command.Trim()} --help", message, StringComparison.Ordinal);
        Assert.All(["expected type", "System.", "Rlhf.", "Cannot parse"],
            word => Assert.DoesNotContain(word, message, StringComparison.Ordinal));
    }

    private static bool IsTyped(Type type) => type != typeof(string) && type != typeof(string[]) && type != typeof(bool);

    private static IEnumerable<(string Path, Command Command)> Commands(Command command, string path)
    {
        if (command.Subcommands.Count == 0)
            yield return (path, command);
        foreach (var child in command.Subcommands)
        {
            foreach (var found in Commands(child, $"{path} {child.Name}".TrimStart()))
                yield return found;
        }
    }
}
