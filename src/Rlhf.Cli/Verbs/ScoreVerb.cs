using System.CommandLine;
using System.Globalization;
using Rlhf.Cli.Parsing;
using Rlhf.Core;
using Rlhf.Models;
using Rlhf.Models.Checkpoints;
using Rlhf.Models.Generation;
using Rlhf.Models.Tokenization;

namespace Rlhf.Cli.Verbs;

/// <summary>
/// <c>rlhf score</c>: log-probabilities of a text, or of a prompt and its completion, under a language model, or the score that a reward
/// model gives it.
/// </summary>
internal static class ScoreVerb
{
    public static Command Create()
    {
        var model = InputOptions.Model();
        var text = new Option<string?>("--text")
        {
            Description = "A whole text, behind the tokenizer's BOS; for a reward model also followed by the EOS.",
            HelpName = "TEXT",
        };
        var prompt = new Option<string?>("--prompt")
        {
            Description = "The prompt of --completion. The two are encoded apart, as in training: no token belongs to both.",
            HelpName = "TEXT",
        };
        var completion = new Option<string?>("--completion")
        {
            Description = "The completion of --prompt, followed by the EOS.",
            HelpName = "TEXT",
        };
        var ids = InputOptions.Ids("Token ids, taken as they are; no tokenizer is needed.");
        var json = InputOptions.Json();
        var device = InputOptions.Device();
        var dtype = NumberOptions.Dtype();
        var threads = InputOptions.Threads();
        var command = new Command("score", "Computes the log-probability of each token under a language model, or a reward model's score.")
        {
            model, text, prompt, completion, ids, json, device, dtype, threads,
        };
        command.SetAction(parse =>
        {
            InputOptions.RequireOne(parse, text, ids, prompt);
            if ((parse.GetValue(prompt) is null) != (parse.GetValue(completion) is null))
                throw new UserError("--prompt and --completion are given together");
            string folder = parse.GetRequiredValue(model);
            int[] list = parse.GetValue(ids) is { } numbers ? InputOptions.ParseIds(numbers) : [];
            Tokenizer? tokenizer = parse.GetValue(ids) is null ? Tokenizer.Load(folder) : Tokenizer.TryLoad(folder);
            ModelConfig config = ModelConfig.Load(folder);
            if (parse.GetValue(text) is { } whole)
                list = Encode(whole, new ModelTokenizer(tokenizer!, config), config);
            else if (parse.GetValue(prompt) is { } start)
                list = Encode(start, parse.GetValue(completion)!, new ModelTokenizer(tokenizer!, config));
            if (list.Length == 0)
                throw new UserError("there is nothing to score: no token ids");
            InputOptions.Check(list, config, folder);
            var (where, number) = InputOptions.Compute(parse.GetRequiredValue(device), parse.GetValue(dtype), parse.GetValue(threads));
            if (config.IsScalar)
            {
                using ScalarModel scalar = ModelFolder.LoadScalarModel(folder, where, number);
                PrintScore(list, Scoring.Score(scalar, list), parse.GetValue(json));
                return CommandLine.Success;
            }
            using CausalLm causal = ModelFolder.LoadCausalLm(folder, where, number);
            PrintLogProbs(list, tokenizer, Scoring.Score(causal, list), parse.GetValue(json));
            return CommandLine.Success;
        });
        return command;
    }

    /// <summary>As in training: a reward model scores whole texts, a language model may go on after the text.</summary>
    private static int[] Encode(string text, ModelTokenizer tokenizer, ModelConfig config) =>
        config.IsScalar ? tokenizer.EncodeDocument(text) : tokenizer.EncodePrompt(text);

    private static int[] Encode(string prompt, string completion, ModelTokenizer tokenizer) =>
        [.. tokenizer.EncodePrompt(prompt), .. tokenizer.EncodeCompletion(completion)];

    private static void PrintScore(int[] ids, float score, bool json)
    {
        if (json)
            JsonLine.Write(new { ids, score = new[] { score } });
        else
            Console.Out.WriteLine(score.ToString("R", CultureInfo.InvariantCulture));
    }

    private static void PrintLogProbs(int[] ids, Tokenizer? tokenizer, TextScore result, bool json)
    {
        // A model's vocabulary may be padded beyond its tokenizer's.
        string?[]? tokens = tokenizer is null ? null : [.. ids.Select(tokenizer.IdToTokenOrNull)];
        if (json)
        {
            JsonLine.Write(new { ids, tokens, logprobs = result.LogProbs, last_logits = result.LastLogits });
            return;
        }
        for (int i = 0; i < ids.Length; i++)
        {
            string token = tokens?[i] is { } known ? "\t" + JsonLine.Escaped(known) : "";
            Console.Out.WriteLine(
                $"{ids[i]}{token}\t{(i == 0 ? "-" : result.LogProbs[i - 1].ToString("F6", CultureInfo.InvariantCulture))}");
        }
    }
}
