using System.CommandLine;
using System.CommandLine.Parsing;
using Rlhf.Definitions;

namespace Rlhf.Cli.Parsing;

/// <summary>What is wrong with a command line, in one line, with the nearest right name.</summary>
internal static class UsageErrors
{
    /// <summary>The first thing that is wrong; what follows an unknown name is often wrong for its sake alone.</summary>
    public static string Describe(ParseResult parse)
    {
        var command = parse.CommandResult.Command;
        string verb = FullName(parse.CommandResult);
        string problem = parse.UnmatchedTokens is [var unknown, ..]
            ? Unknown(unknown, parse.CommandResult, verb)
            : string.Join(" ", parse.Errors.Select(Sentence));
        return $"{problem} See {verb} --help{(command is RootCommand ? " for all commands" : "")}.";
    }

    /// <summary>A message that ends with a suggestion is a question.</summary>
    private static string Sentence(ParseError error) =>
        error.Message.EndsWith('?') ? error.Message : error.Message.TrimEnd('.') + ".";

    private static string Unknown(string written, CommandResult result, string verb)
    {
        string shown = JsonLine.Escaped(written);
        if (written.StartsWith('-') && written.Length > 1)
        {
            string name = written.Split('=', ':')[0];
            return $"{verb} has no option '{shown}'{NearestName.Suggest(name, OptionNames(result))}";
        }
        string[] verbs = [.. result.Command.Subcommands.Where(c => !c.Hidden).Select(c => c.Name)];
        return verbs.Length > 0
            ? $"{verb} has no command '{shown}'{NearestName.Suggest(written, verbs)}"
            : $"{verb} takes no argument '{shown}'{NearestName.Suggest("--" + written, OptionNames(result))}";
    }

    /// <summary>The long names of a command's options and of those that it has from the commands above it.</summary>
    private static IEnumerable<string> OptionNames(CommandResult result)
    {
        foreach (var option in result.Command.Options.Where(o => !o.Hidden))
            yield return option.Name;
        for (var above = result.Parent as CommandResult; above is not null; above = above.Parent as CommandResult)
        {
            foreach (var option in above.Command.Options.Where(o => o is { Recursive: true, Hidden: false }))
                yield return option.Name;
        }
    }

    /// <summary>"rlhf pipeline run": the command as it is typed.</summary>
    private static string FullName(CommandResult result) =>
        result.Command is RootCommand ? "rlhf"
        : result.Parent is CommandResult above ? $"{FullName(above)} {result.Command.Name}"
        : result.Command.Name;
}
