using System.CommandLine;
using Rlhf.Cli.Output;
using Rlhf.Cli.Parsing;
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
    private const int MostSamples = 100_000;
    private const int SamplingBatch = 128;

    private static readonly SamplingOptions Defaults = new();

    public static Command Create()
    {
        var model = InputOptions.Model();
        var prompt = new Option<string?>("--prompt")
        {
            Description = "The text to continue; an empty one begins with BOS.",
            HelpName = "TEXT",
        };
        var ids = InputOptions.Ids("The token ids to continue; with --json no tokenizer is needed.");
        var count = NumberOptions.Integer("--samples", "How many continuations.", 1, "-n");
        var greedy = new Option<bool>("--greedy") { Description = "Takes the most probable token instead of drawing one." };
        var temperature = NumberOptions.Real("--temperature", "Logits are divided by this; 0 is greedy.", Defaults.Temperature);
        var topK = NumberOptions.Integer("--top-k", "Draws among the k most probable tokens only; 0 is off.", Defaults.TopK);
        var topP = NumberOptions.Real("--top-p", "Draws among the smallest set of tokens that reaches this probability; 1 is off.",
            Defaults.TopP);
        var maxNew = NumberOptions.Integer("--max-new-tokens", "The largest number of tokens per continuation.", Defaults.MaxNewTokens);
        var ignoreEos = new Option<bool>("--ignore-eos") { Description = "Continues after an end-of-text token." };
        var stop = new Option<string[]>("--stop")
        {
            Description = "Stops after the token that completes this text; may be given several times.",
            HelpName = "TEXT",
        };
        var seed = NumberOptions.Seed("The same seed draws the same continuations.");
        var json = InputOptions.Json();
        var device = InputOptions.Device();
        var dtype = NumberOptions.Dtype();
        var threads = InputOptions.Threads();
        var command = new Command(
            "sample", "Continues a prompt. Standard output holds the continuation alone, token by token as it is drawn.")
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
                throw new UserError($"{folder} holds a {config.Architecture}, a reward model; expected a language model");
            ModelTokenizer? texts = tokenizer is null ? null : new ModelTokenizer(tokenizer, config);
            if (!options.IgnoreEos && texts?.MissingEosWarning is { } warning)
                Console.Error.WriteLine($"rlhf: {warning}");
            int[] start = text is null ? InputOptions.ParseIds(parse.GetValue(ids)!) : texts!.EncodePrompt(text);
            if (start.Length == 0)
                start = [tokenizer?.BosId ?? config.BosId
                    ?? throw new UserError($"the prompt is empty, and {folder} names no BOS to begin with")];
            InputOptions.Check(start, config, folder);
            var (where, number) = InputOptions.Compute(parse.GetRequiredValue(device), parse.GetValue(dtype), parse.GetValue(threads));
            using CausalLm policy = ModelFolder.LoadCausalLm(folder, where, number, tokenizer);
            var requests = Enumerable.Range(0, samples).Select(i => new SampleRequest(start, new DrawKey(0, 0, (uint)i))).ToArray();
            var sampler = new Sampler(policy, config.PaddingId, SamplingBatch);
            var stream = asJson ? null : new CompletionStream(start, samples, texts!, Console.Out);
            var completions = sampler.Sample(requests, options, new RandomStream(parse.GetValue(seed), "sampling"), tokenizer,
                stream is null ? null : stream.Add);
            if (asJson)
                PrintJson(start, completions, texts);
            return CommandLine.Success;
        });
        return command;
    }

    private static void Validate(SamplingOptions options, int samples)
    {
        if (samples is < 1 or > MostSamples)
            throw new UserError($"the number of continuations must be between 1 and {MostSamples}; got {samples} (-n)");
        if (options.StopStrings.Contains(""))
            throw new UserError("a stop text must not be empty (--stop)");
        InputOptions.Check(options, new Dictionary<string, string>
        {
            ["temperature"] = "--temperature",
            ["topK"] = "--top-k",
            ["topP"] = "--top-p",
            ["maxNewTokens"] = "--max-new-tokens",
        });
    }

    private static void PrintJson(int[] prompt, IReadOnlyList<SampledCompletion> completions, ModelTokenizer? tokenizer) =>
        JsonLine.Write(new
        {
            completions = completions.Select(completion => new
            {
                ids = completion.Ids,
                text = tokenizer?.DecodeCompletion(prompt, completion.Ids),
                logprobs = completion.LogProbs,
                finish = completion.Finish switch { FinishReason.Eos => "eos", FinishReason.Stop => "stop", _ => "length" },
            }),
        });
}
