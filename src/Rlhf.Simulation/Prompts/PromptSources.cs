using Rlhf.Core;
using Rlhf.Core.Content;
using Rlhf.Core.Options;
using Rlhf.Simulation.Reviews;
using Rlhf.Simulation.Stories;

namespace Rlhf.Simulation.Prompts;

/// <summary>The prompts of a pipeline on both sides of the held-out split, each once.</summary>
public sealed record PromptSet(IReadOnlyList<string> Train, IReadOnlyList<string> HeldOut);

/// <summary>Where prompts come from: the grammar of reviews, openings of stories, or a file.</summary>
public static class PromptSources
{
    /// <summary>Prompts of the bundled reviews.</summary>
    public const string Grammar = "grammar";

    /// <summary>Openings of children's stories.</summary>
    public const string Stories = "stories";

    /// <summary>After so many draws in a row that bring nothing new a generator is taken to be exhausted.</summary>
    private const int Patience = 2000;

    public static IReadOnlyList<string> Names { get; } = [Grammar, Stories];

    /// <summary>Takes <c>Count</c> different prompts of the source and puts each on its side.</summary>
    public static PromptSet Load(PromptOptions options, ulong seed)
    {
        var prompts = Distinct(options, seed);
        if (prompts.Count == 0)
            throw new UserError($"{options.Source}: contains no prompt");
        var sides = prompts.ToLookup(prompt => PromptSplit.Side(prompt, options.HeldOut));
        return new([.. sides[PromptSide.Train]], [.. sides[PromptSide.HeldOut]]);
    }

    private static List<string> Distinct(PromptOptions options, ulong seed)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var prompts = new List<string>();
        int idle = 0;
        foreach (string prompt in All(options.Source, seed))
        {
            if (seen.Add(PromptSplit.Normalize(prompt)))
            {
                prompts.Add(prompt);
                idle = 0;
            }
            else if (++idle == Patience)
            {
                break;
            }
            if (prompts.Count == options.Count)
                break;
        }
        return prompts;
    }

    private static IEnumerable<string> All(string source, ulong seed) => source switch
    {
        Grammar => Enumerable.Range(0, int.MaxValue).Select(index => ReviewGrammar.Prompt(seed, index).Text),
        Stories => Enumerable.Range(0, int.MaxValue).Select(index => StoryOpenings.Opening(seed, index)),
        // A name that is neither the program's nor a path is more likely mistyped than a file that is missing.
        _ when !Path.Exists(source) && !source.Contains('/') && !source.Contains('\\') && !Path.HasExtension(source) =>
            throw new UserError(
                $"unknown source of prompts '{source}'; expected one of {string.Join(", ", Names)}, or a file (a prompt per "
                + $"line, or JSON Lines with {{\"prompt\": …}})"),
        _ => PromptFile.Read(source),
    };
}
