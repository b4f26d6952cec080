using System.CommandLine;
using System.Globalization;
using Rlhf.Core;
using Rlhf.Core.Files;
using Rlhf.Pipeline.Files;
using Rlhf.Pipeline.Runs;
using Rlhf.Simulation;

namespace Rlhf.Cli.Verbs;

/// <summary><c>rlhf gold</c>: the gold reward of each completion in a file, so that anyone can check a result.</summary>
internal static class GoldVerb
{
    private const string Expected = "expected JSON Lines with {\"prompt\": \"text\", \"completion\": \"text\"} on each";

    public static Command Create()
    {
        var reward = new Option<string>("--reward")
        {
            Description = $"The gold reward: {string.Join(", ", GoldRewards.Names)}.",
            HelpName = "NAME",
            Required = true,
        };
        var file = new Option<string>("--file")
        {
            Description = "JSON Lines with {\"prompt\": …, \"completion\": …} on each.",
            HelpName = "FILE.jsonl",
            Required = true,
        };
        var json = new Option<bool>("--json") { Description = "Prints one JSON object with the scores and their mean." };
        var command = new Command("gold", "Scores completions with a gold reward, which simulated annotators follow.")
        {
            reward, file, json,
        };
        command.SetAction(parse => Score(parse.GetRequiredValue(reward), parse.GetRequiredValue(file), parse.GetValue(json)));
        return command;
    }

    private static int Score(string name, string file, bool json)
    {
        var reward = GoldRewards.Get(name);
        if (LineContents.Detect(file, Expected) != LineContent.JsonObjects)
            throw new UserError($"{file}: its first line is not a JSON object; {Expected}");
        double[] scores = [.. RunJson.ReadNumberedLines<TextLine>(file).Select(line => Score(reward, line.Value, $"{file}:{line.Number}"))];
        if (scores.Length == 0)
            throw new UserError($"{file}: is empty; {Expected}");
        if (json)
            JsonLine.Write(new { reward = name, scores, mean = scores.Average() });
        foreach (double score in json ? [] : scores)
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
