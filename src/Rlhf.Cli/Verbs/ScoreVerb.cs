using System.CommandLine;
using Rlhf.Core;
using Rlhf.Models;
using Rlhf.Models.Checkpoints;
using Rlhf.Models.Tokenization;
using static TorchSharp.torch;

namespace Rlhf.Cli.Verbs;

/// <summary><c>rlhf score</c>: log-probabilities of a text under a language model, or the score that a reward model gives it.</summary>
internal static class ScoreVerb
{
    public static Command Create()
    {
        var model = InputOptions.Model();
        var text = new Option<string?>("--text") { Description = "The text; the tokenizer's special tokens are added.", HelpName = "TEXT" };
        var ids = InputOptions.Ids("Token ids, taken as they are; no tokenizer is needed.");
        var json = InputOptions.Json();
        var device = InputOptions.Device();
        var dtype = InputOptions.Number();
        var threads = InputOptions.Threads();
        var command = new Command("score", "The log-probability of each token under a language model, or a reward model's score.")
        {
            model, text, ids, json, device, dtype, threads,
        };
        command.SetAction(parse =>
        {
            InputOptions.RequireOne(parse, text, ids);
            string folder = parse.GetRequiredValue(model);
            string? given = parse.GetValue(text);
            int[] list = parse.GetValue(ids) is { } numbers ? InputOptions.ParseIds(numbers) : [];
            Tokenizer? tokenizer = given is null ? Tokenizer.TryLoad(folder) : Tokenizer.Load(folder);
            if (given is not null)
                list = tokenizer!.Encode(given, addSpecialTokens: true);
            if (list.Length == 0)
                throw new UserError("there is nothing to score: no token ids");
            ModelConfig config = ModelConfig.Load(folder);
            InputOptions.Check(list, config, folder);
            var (where, number) = InputOptions.Compute(parse.GetRequiredValue(device), parse.GetValue(dtype), parse.GetValue(threads));
            if (config.IsScalar)
                PrintScore(list, Score(folder, list, where, number), parse.GetValue(json));
            else
                PrintLogProbs(list, tokenizer, LogProbs(folder, list, where, number), parse.GetValue(json));
            return CommandLine.Success;
        });
        return command;
    }

    private static float[] Score(string folder, int[] ids, Device device, ScalarType dtype)
    {
        using ScalarModel model = ModelFolder.LoadScalarModel(folder, device, dtype);
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        var (row, mask) = TokenRows.PadRight([ids], padId: 0, device);
        return [.. model.Scores(row, mask).to(ScalarType.Float32).cpu().data<float>()];
    }

    /// <summary>The natural-log probability of each token after the first, given those before it, and the logits after the last.</summary>
    private static (float[] LogProbs, float[] LastLogits) LogProbs(string folder, int[] ids, Device device, ScalarType dtype)
    {
        using CausalLm model = ModelFolder.LoadCausalLm(folder, device, dtype);
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        var (row, mask) = TokenRows.PadRight([ids], padId: 0, device);
        Tensor hidden = model.Decoder.HiddenStates(row, mask);
        float[] last = Row(model, hidden, ids.Length - 1).cpu().data<float>().ToArray();
        // A place at a time: the logits of a whole text need its length times the vocabulary.
        float[] logProbs = new float[ids.Length - 1];
        for (int i = 0; i < logProbs.Length; i++)
        {
            using var step = NewDisposeScope();
            logProbs[i] = nn.functional.log_softmax(Row(model, hidden, i), dim: -1)[ids[i + 1]].item<float>();
        }
        return (logProbs, last);
    }

    /// <returns>[vocabulary], fp32</returns>
    private static Tensor Row(CausalLm model, Tensor hidden, int at) => model.LogitsOf(hidden[0, at]).to(ScalarType.Float32);

    private static void PrintScore(int[] ids, float[] score, bool json)
    {
        if (json)
            JsonLine.Write(new { ids, score });
        else
            Console.Out.WriteLine(score[0]);
    }

    private static void PrintLogProbs(int[] ids, Tokenizer? tokenizer, (float[] LogProbs, float[] LastLogits) result, bool json)
    {
        // A model's vocabulary may be padded beyond its tokenizer's.
        string?[]? tokens = tokenizer is null ? null : [.. ids.Select(tokenizer.TokenOrNull)];
        if (json)
        {
            JsonLine.Write(new { ids, tokens, logprobs = result.LogProbs, last_logits = result.LastLogits });
            return;
        }
        for (int i = 0; i < ids.Length; i++)
        {
            string token = tokens?[i] is { } known ? "\t" + JsonLine.Escaped(known) : "";
            Console.Out.WriteLine($"{ids[i]}{token}\t{(i == 0 ? "-" : result.LogProbs[i - 1].ToString("F6"))}");
        }
    }
}
