using System.Text.Json;
using Rlhf.Core;
using Rlhf.Core.Files;
using Rlhf.Definitions;
using Rlhf.Pipeline.Runs;

namespace Rlhf.Pipeline.Files;

/// <summary>
/// Reads <c>rankings.jsonl</c>, whoever wrote it. A name or value that would otherwise be passed over is refused: a misspelled
/// "split" would put held-out prompts into the training.
/// </summary>
public static class RankingsReader
{
    private static readonly string[] Names =
        ["prompt", "completions", "ranks", "split", "simulated", "weight", "strength", "promptHash", "ids", "gold"];

    /// <summary>The rankings with the numbers of their lines; blank lines are passed over.</summary>
    /// <exception cref="UserError">No such file, or a line that is not a ranking, with file and line.</exception>
    public static IEnumerable<(int Number, RankingLine Ranking)> Read(string path)
    {
        var sides = new Dictionary<string, (string? Split, int Number)>(StringComparer.Ordinal);
        (bool Named, int Number)? first = null;
        foreach (var (number, place, ranking) in ObjectLines.Read(
            path, Names, "an object {\"prompt\", \"completions\", \"ranks\"}", (line, place) => Check(Bind(line, place), place)))
        {
            first ??= (ranking.Split is not null, number);
            if (first.Value.Named != ranking.Split is not null)
            {
                throw new UserError($"{place}: {(ranking.Split is null ? "no split" : "a split")} here, "
                    + $"but line {first.Value.Number} has {(first.Value.Named ? "one" : "none")}; "
                    + "give \"split\" on every line, or on none");
            }
            if (!sides.TryAdd(ranking.Prompt, (ranking.Split, number))
                && sides[ranking.Prompt] is var side && side.Split != ranking.Split)
            {
                throw new UserError($"{place}: split is \"{ranking.Split}\" here and \"{side.Split}\" on line {side.Number}, "
                    + "which has the same prompt; a prompt belongs to one side only");
            }
            yield return (number, ranking);
        }
    }

    private static RankingLine Bind(JsonElement line, string place)
    {
        try
        {
            return line.Deserialize<RankingLine>(RunJson.Compact)!;
        }
        catch (JsonException exception)
        {
            string fault = JsonFault.Describe(exception, line, RunJson.Compact.GetTypeInfo(typeof(RankingLine)));
            throw new UserError($"{place}: {fault}", exception);
        }
    }

    private static RankingLine Check(RankingLine ranking, string place)
    {
        int count = ranking.Completions.Count;
        if (count < 2)
            throw new UserError($"{place}: completions: a ranking compares two or more; got {count}");
        if (ranking.Ranks.Count != count)
            throw new UserError($"{place}: ranks: one for each of the {count} completions, 1 is best; got {ranking.Ranks.Count}");
        for (int i = 0; i < count; i++)
        {
            if (ranking.Ranks[i] < 1)
                throw new UserError($"{place}: ranks[{i}] must be a whole number of 1 or more (1 is best); got {ranking.Ranks[i]}");
        }
        if (ranking.Ids is { } ids && ids.Count != count)
            throw new UserError($"{place}: ids: one list for each of the {count} completions; got {ids.Count}");
        if (ranking.Ids?.ToList().FindIndex(list => list is null) is >= 0 and var missing)
            throw new UserError($"{place}: ids[{missing}] must be a list; got null");
        if (ranking.Gold is { } gold && (gold.Count != count || !gold.All(double.IsFinite)))
            throw new UserError($"{place}: gold: one number for each of the {count} completions; got {gold.Count}");
        if (ranking.Weight is not (>= RankingLine.MinWeight and <= RankingLine.MaxWeight))
            throw new UserError($"{place}: weight must be {RankingLine.WeightLimits}; got {ranking.Weight} "
                + "(leave the line out to give it no weight)");
        if (ranking.Strength is { } strength and not (>= 0 and <= RankingLine.MaxWeight))
            throw new UserError($"{place}: strength must be between 0 and 1000000; got {strength}");
        return ranking with { Split = Side(ranking.Split, place) };
    }

    private static string? Side(string? split, string place) => split switch
    {
        null => null,
        RankingLine.Train => RankingLine.Train,
        RankingLine.OnHeldOut or "heldout" or "held_out" or "test" => RankingLine.OnHeldOut,
        _ => throw new UserError($"{place}: split is \"{RankingLine.Train}\" or \"{RankingLine.OnHeldOut}\" (\"test\" means the same); "
            + $"got \"{OneLine.Quote(split)}\""),
    };
}
