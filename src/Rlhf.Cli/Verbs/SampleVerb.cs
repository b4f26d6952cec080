using System.CommandLine;
using Rlhf.Core;
using Rlhf.Core.Options;
using Rlhf.Core.Randomness;
using Rlhf.Models;
using Rlhf.Models.Checkpoints;
using Rlhf.Models.Generation;
using Rlhf.Models.Tokenization;

namespace Rlhf.Cli.Verbs;

/// <summary><c>rlhf sample</c>: how a model continues a prompt.</summary>
internal static class SampleVerb
{
    private static readonly SamplingOptions Defaults = new();

    public static Command Create()
    {
        var model = InputOptions.Model();
        var prompt = new Option<string?>("--prompt") { Description = "The text to continue; an empty one begins with BOS.", HelpName = "TEXT" };
        var ids = InputOptions.Ids("The token ids to continue; with --json no tokenizer is needed.");
        var count = new Option<int>("-n", "--samples") { Description = "How many continuations.", DefaultValueFactory = _ => 1 };
        var greedy = new Option<bool>("--greedy") { Description = "Take the most probable token instead of drawing one." };
        var temperature = new Option<double>("--temperature") { Description = "Logits are divided by this; 0 is greedy.", DefaultValueFactory = _ => Defaults.Temperature };
        var topK = new Option<int>("--top-k") { Description = "Draw among the k most probable tokens only; 0 is off.", DefaultValueFactory = _ => Defaults.TopK };
        var topP = new Option<double>("--top-p") { Description = "Draw among the smallest set of this probability; 1 is off.", DefaultValueFactory = _ => Defaults.TopP };
        var maxNew = new Option<int>("--max-new-tokens") { Description = "The most tokens of a continuation.", DefaultValueFactory = _ => Defaults.MaxNewTokens };
        var ignoreEos = new Option<bool>("--ignore-eos") { Description = "Go on after an end of text." };
        var stop = new Option<string[]>("--stop") { Description = "End with the token that completes this text; may be given several times.", HelpName = "TEXT" };
        var seed = new Option<ulong>("--seed") { Description = "The same seed draws the same continuations.", DefaultValueFactory = _ => 1 };
        var json = InputOptions.Json();
        var device = InputOptions.Device();
        var dtype = InputOptions.Number();
        var threads = InputOptions.Threads();
        var command = new Command("sample", "Continue a prompt. Standard output holds the continuation alone.")
        {
            model, prompt, ids, count, greedy, temperature, topK, topP, maxNew, ignoreEos, stop, seed, json, device, dtype, threads,
        };
        command.SetAction(parse =>
        {
            InputOptions.RequireOne(parse, prompt, ids);
            var options = new SamplingOptions
            {
                Temperature = parse.GetValue(temperature),
                TopK = parse.GetValue(topK),
                TopP = parse.GetValue(topP),
                MaxNewTokens = parse.GetValue(maxNew),
                IgnoreEos = parse.GetValue(ignoreEos),
                Greedy = parse.GetValue(greedy),
                StopStrings = parse.GetValue(stop) ?? [],
            };
            int samples = parse.GetValue(count);
            Validate(options, samples);
            string folder = parse.GetRequiredValue(model);
            bool asJson = parse.GetValue(json);
            string? text = parse.GetValue(prompt);
            // Ids need a tokenizer only where text is printed or looked for.
            bool needsText = text is not null || !asJson || options.StopStrings.Count > 0;
            Tokenizer? tokenizer = needsText ? Tokenizer.Load(folder) : Tokenizer.TryLoad(folder);
            ModelConfig config = ModelConfig.Load(folder);
            if (config.IsScalar)
                throw new UserError($"{folder} holds a {config.Architecture}, a reward model; a language model is wanted");
            int[] start = text is null ? InputOptions.ParseIds(parse.GetValue(ids)!) : new ModelTokenizer(tokenizer!, config).Prompt(text);
            if (start.Length == 0)
                start = [tokenizer?.BosId ?? config.BosId ?? throw new UserError($"the prompt is empty, and {folder} names no BOS to begin with")];
            InputOptions.Check(start, config, folder);
            var (where, number) = InputOptions.Compute(parse.GetRequiredValue(device), parse.GetValue(dtype), parse.GetValue(threads));
            using CausalLm policy = ModelFolder.LoadCausalLm(folder, where, number, tokenizer);
            var requests = Enumerable.Range(0, samples).Select(i => new SampleRequest(start, new DrawKey(0, 0, (uint)i))).ToArray();
            var sampler = new Sampler(policy, config.FillId);
            var completions = sampler.Sample(requests, options, new RandomStream(parse.GetValue(seed), "sampling"), tokenizer);
            Print(start, completions, tokenizer, asJson);
            return CommandLine.Success;
        });
        return command;
    }

    private static void Validate(SamplingOptions options, int samples)
    {
        if (samples < 1)
            throw new UserError($"-n {samples}: at least 1 continuation");
        // An attribute's range lets NaN through in no comparison of its own.
        if (double.IsNaN(options.Temperature) || double.IsNaN(options.TopP))
            throw new UserError("--temperature and --top-p must be numbers");
        InputOptions.Check(options, new Dictionary<string, string>
        {
            [nameof(SamplingOptions.Temperature)] = "--temperature",
            [nameof(SamplingOptions.TopK)] = "--top-k",
            [nameof(SamplingOptions.TopP)] = "--top-p",
            [nameof(SamplingOptions.MaxNewTokens)] = "--max-new-tokens",
        });
        if (options.StopStrings.Contains(""))
            throw new UserError("--stop is empty; it should be the text to stop at");
    }

    private static void Print(int[] prompt, IReadOnlyList<SampledCompletion> completions, Tokenizer? tokenizer, bool json)
    {
        string?[] texts = [.. completions.Select(c => tokenizer is null ? null : Continuation(prompt, c.Ids, tokenizer))];
        if (!json)
        {
            foreach (string? text in texts)
                Console.Out.WriteLine(text);
            return;
        }
        JsonLine.Write(new
        {
            completions = completions.Zip(texts, (completion, text) => new
            {
                ids = completion.Ids,
                text,
                logprobs = completion.LogProbs,
                finish = completion.Finish switch { FinishReason.Eos => "eos", FinishReason.Stop => "stop", _ => "length" },
            }),
        });
    }

    /// <summary>
    /// The text of all ids less the text of the prompt's: decoding the new ids alone would lose a leading space (SentencePiece)
    /// or a character whose bytes lie on both sides.
    /// </summary>
    private static string Continuation(int[] prompt, int[] completion, Tokenizer tokenizer)
    {
        string before = tokenizer.Decode(prompt, skipSpecialTokens: true);
        string all = tokenizer.Decode([.. prompt, .. completion], skipSpecialTokens: true);
        int common = before.AsSpan().CommonPrefixLength(all);
        if (common > 0 && char.IsHighSurrogate(all[common - 1]))
            common--;
        return all[common..];
    }
}
