using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Rlhf.Core;
using Rlhf.Pipeline.Files;
using Rlhf.Pipeline.Runs;
using Rlhf.Simulation;

namespace Rlhf.Cli.Verbs;

/// <summary><c>rlhf gold</c>: what a gold reward says of texts, so that anyone can check a result.</summary>
internal static class GoldVerb
{
    public static Command Create()
    {
        var reward = new Option<string>("--reward") { Description = $"The gold reward: {string.Join(", ", GoldRewards.Names)}.", HelpName = "NAME", Required = true };
        var file = new Option<string>("--file") { Description = "Lines of {\"prompt\": …, \"completion\": …}.", HelpName = "FILE.jsonl", Required = true };
        var json = new Option<bool>("--json") { Description = "One JSON object: the scores and their mean." };
        var command = new Command("gold", "Scores completions by a gold reward, the judgment that simulated annotators follow.") { reward, file, json };
        command.SetAction(parse => Score(parse.GetRequiredValue(reward), parse.GetRequiredValue(file), parse.GetValue(json)));
        return command;
    }

    private static int Score(string name, string file, bool json)
    {
        var reward = GoldRewards.Get(name);
        double[] scores = [.. RunJson.ReadNumberedLines<TextLine>(file).Select(line => Score(reward, line.Value, $"{file}:{line.Number}"))];
        if (scores.Length == 0)
            throw new UserError($"{file}: no lines in it");
        if (json)
        {
            Console.Out.WriteLine(JsonSerializer.Serialize(new { reward = name, scores, mean = scores.Average() }));
            return CommandLine.Success;
        }
        foreach (double score in scores)
            Console.Out.WriteLine(score.ToString("R", CultureInfo.InvariantCulture));
        return CommandLine.Success;
    }

    private static double Score(IGoldReward reward, TextLine line, string place)
    {
        try
        {
            return reward.Score(line.Prompt, line.Completion);
        }
        catch (UserError error)
        {
            throw new UserError($"{place}: {error.Message}", error);
        }
    }
}
