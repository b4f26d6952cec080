using System.Text.Json;
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
            throw new UserError($"{options.Source}: no prompt in it");
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
        _ when File.Exists(source) => source.EndsWith(".jsonl", StringComparison.OrdinalIgnoreCase) ? JsonLines(source) : Lines(source),
        _ => throw new UserError($"unknown source of prompts '{source}'; there are: {string.Join(", ", Names)}, or a file (.txt, a prompt a line; .jsonl, lines of {{\"prompt\": …}})"),
    };

    private static IEnumerable<string> Lines(string path) => File.ReadLines(path).Where(line => !string.IsNullOrWhiteSpace(line));

    private static IEnumerable<string> JsonLines(string path)
    {
        int number = 0;
        foreach (string line in File.ReadLines(path))
        {
            number++;
            if (!string.IsNullOrWhiteSpace(line))
                yield return Prompt(line, $"{path}:{number}");
        }
    }

    private static string Prompt(string line, string where)
    {
        try
        {
            using var json = JsonDocument.Parse(line);
            if (json.RootElement.ValueKind == JsonValueKind.Object
                && json.RootElement.TryGetProperty("prompt", out var prompt)
                && prompt.ValueKind == JsonValueKind.String)
            {
                return prompt.GetString()!;
            }
        }
        catch (JsonException error)
        {
            throw new UserError($"{where}: not JSON: {error.Message}", error);
        }
        throw new UserError($"{where}: no \"prompt\"; a line is {{\"prompt\": \"text\"}}");
    }
}
