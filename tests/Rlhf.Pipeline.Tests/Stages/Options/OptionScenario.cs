using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using Rlhf.Core;
using Rlhf.Core.Options;
using Rlhf.Definitions;
using Rlhf.Pipeline.Files;
using Rlhf.Pipeline.Runs;
using Rlhf.Pipeline.Stages;
using Rlhf.Pipeline.Stages.Planning;
using Rlhf.Pipeline.Tests.Hub.Waiting;
using Rlhf.Simulation.Reviews;

namespace Rlhf.Pipeline.Tests.Stages.Options;

/// <summary>What a run came to.</summary>
/// <param name="Made">The model, or the file that later stages read.</param>
/// <param name="Told">All the rest: lines, result, settings of a labeling project.</param>
/// <param name="Refused">Why it was refused; null where it was done.</param>
internal sealed record OptionOutcome(string Made, string Told, string? Refused = null);

/// <summary>Each stage with options that leave room for all others to act, on models and files small enough for a test each.</summary>
public sealed class OptionScenario : IAsyncLifetime
{
    private static readonly Dictionary<string, string[]> Settings = new()
    {
        [RunKinds.Pretrain] =
        [
            "device=cpu", "seed=3", "documents=4", "vocabularySize=280", "sequenceLength=24", "batchSize=2", "heldOutShare=0.25",
            "warmupShare=0.3", "model.hiddenSize=16", "model.layers=1", "model.heads=2", "model.intermediateSize=24",
            "model.maxPositions=40",
        ],
        [RunKinds.Sft] =
        [
            "device=cpu", "seed=3", "model=@policy-1", "documents=4", "sequenceLength=24", "batchSize=2", "heldOutShare=0.25",
            "warmupShare=0.3", "epochs=3",
        ],
        [RunKinds.Candidates] =
        [
            "device=cpu", "seed=3", "model=@policy-1", "prompts.source=@prompts.txt", "prompts.count=12", "prompts.heldOut=0.4",
            "trainPrompts=3", "heldOutPrompts=2", "perPrompt=2", "sampling.temperature=1.3", "sampling.maxNewTokens=8", "batchSize=4",
            "round=2",
        ],
        [RunKinds.Collect] =
        [
            "seed=3", "candidates=@candidates.jsonl", "overlap=2", "heldOut=0.3", "annotators.count=3", "annotators.errorRate=0.2",
        ],
        [RunKinds.Label] = ["candidates=@tasks.jsonl", "overlap=2", "heldOut=0.3"],
        [RunKinds.Reward] =
        [
            "device=cpu", "seed=3", "model=@policy-1", "rankings=@rankings.jsonl", "batchSize=2", "heldOutShare=0.3",
            "warmupShare=0.3", "normalizationSamples=3",
        ],
        [RunKinds.Ppo] =
        [
            "device=cpu", "seed=3", "model=@policy-1", "rewardModel=@reward-2", "prompts.source=@prompts.txt", "prompts.count=12",
            "prompts.heldOut=0.4", "updates=2", "batchSize=4", "minibatches=2", "epochs=2", "maxNewTokens=6", "temperature=1.3",
            "learningRate=0.01", "evaluationPrompts=2", "evaluateEvery=1",
        ],
        [RunKinds.Evaluate] =
        [
            "device=cpu", "seed=3", "model=@policy-1", "policy=@policy-2", "rewardModel=@reward-2", "goldReward=stories",
            "prompts.source=@prompts.txt", "prompts.count=12", "prompts.heldOut=0.4", "heldOutPrompts=0", "perPrompt=2", "batchSize=3",
            "resamples=200", "reportSamples=1", "sampling.temperature=1.3", "sampling.maxNewTokens=8",
        ],
    };

    private readonly StageRun _run = new();
    private readonly Dictionary<string, OptionOutcome> _known = new(StringComparer.Ordinal);
    private OptionHub? _hub;
    private int _runs;

    public ValueTask InitializeAsync()
    {
        foreach (ulong seed in new ulong[] { 1, 2, 3 })
            _run.Policy($"policy-{seed}", seed);
        // Half of its ids end a text.
        _run.Policy("policy-ending", 1, endsInConfig: [.. Enumerable.Range(100, 150)]);
        foreach (ulong seed in new ulong[] { 1, 2, 3 })
            _run.Reward($"reward-{seed}", _run[$"policy-{seed}"], seed);
        WritePrompts("prompts.txt", "The soup was warm");
        WritePrompts("other-prompts.txt", "A walk in the sun");
        File.WriteAllText(_run["corpus.txt"], Documents("The soup was warm and the bread was good", 5));
        File.WriteAllText(_run["other-corpus.txt"], Documents("The cold rain fell on the old road", 5));
        RunJson.WriteLines(_run["texts.jsonl"], Enumerable.Range(0, 6).Select(i => new TextLine($" was warm {i}.", "The soup")));
        RunJson.WriteLines(_run["other-texts.jsonl"], Enumerable.Range(0, 6).Select(i => new TextLine($" was cold {i}.", "The room")));
        WriteRankings("rankings.jsonl", "warm", "cold room", "good");
        WriteRankings("other-rankings.jsonl", "sun", "old road", "bed");
        WriteCandidates("candidates.jsonl", 0);
        WriteCandidates("other-candidates.jsonl", 50);
        Labelers.WriteCandidates(_run["tasks.jsonl"], 8, completions: 2);
        Labelers.WriteCandidates(_run["more-tasks.jsonl"], 9, completions: 2);
        string[] pairs = [.. Enumerable.Range(0, 12).Select(i => $$"""{"prompt":"p {{i}}","chosen":"good","rejected":"bad"}""")];
        File.WriteAllLines(_run["pairs.jsonl"], pairs);
        File.WriteAllLines(_run["damaged.jsonl"], [.. pairs[..4], "what?"]);
        File.WriteAllLines(_run["weights.jsonl"], [Weight(ReviewGrammar.Prompt(1, 0).Text)]);
        File.WriteAllLines(_run["task-weights.jsonl"], [Weight("prompt 1")]);
        return ValueTask.CompletedTask;
    }

    /// <summary>Runs a stage with the scenario's options, and those that are given over them.</summary>
    internal async Task<OptionOutcome> RunAsync(string kind, params string[] more)
    {
        string folder = _run[""] + Path.DirectorySeparatorChar;
        string[] settings = [.. Settings[kind].Concat(more).Select(s => s.Replace("@", folder, StringComparison.Ordinal))];
        var stage = StageTable.Get(kind);
        var options = (StageOptions)OptionsFile.Bind(stage.OptionsType, null, settings);
        if (stage.HubWork is null)
            return Execute(stage, options);
        _hub ??= await OptionHub.StartAsync(_run["home"], _run["tasks.jsonl"]);
        return await _hub.RunAsync(kind, options);
    }

    /// <summary>The same, computed once for all who ask.</summary>
    internal async Task<OptionOutcome> KnownAsync(string kind, params string[] more)
    {
        string key = string.Join(' ', more.Prepend(kind));
        return _known.TryGetValue(key, out var known) ? known : _known[key] = await RunAsync(kind, more);
    }

    public async ValueTask DisposeAsync()
    {
        if (_hub is not null)
            await _hub.DisposeAsync();
        _run.Dispose();
    }

    /// <summary>A run as the hub plans it and a process executes it.</summary>
    private OptionOutcome Execute(StageDefinition stage, StageOptions options)
    {
        var run = new RunFolder(_run[$"option-{_runs++}"]);
        Directory.CreateDirectory(run.Path);
        var attempt = run.Attempt(1).Create();
        using var output = new StringWriter();
        try
        {
            // Any prompts and gold reward: options that name others come first.
            var inputs = new StageInputs(Policy: _run["policy-2"], GoldReward: "reviews").OverriddenBy(stage.Kind, options);
            options = stage.Resolve(options, inputs);
            RunInput[] planned = [.. stage.Plan(options, inputs, run)];
            run.Write(new RunManifest(Guid.CreateVersion7(), stage.Kind, ((SeededOptions)options).Seed,
                RunFolder.OptionsObject(options), planned, inputs.GoldReward, MachineFacts.Current()));
            RunExecution.Execute(attempt, new LineObserver(output));
        }
        catch (UserError e)
        {
            return new OptionOutcome("", "", e.Message);
        }
        string[] files = [.. Directory.EnumerateFiles(attempt.Path, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)];
        bool IsMade(string file) => stage.Checkpoint is not null
            ? file.StartsWith(attempt.ModelFolder, StringComparison.Ordinal)
            : file.EndsWith(".jsonl", StringComparison.Ordinal);
        return new OptionOutcome(
            string.Join('\n', files.Where(IsMade).Select(Hash)),
            string.Join('\n', files.Where(f => !IsMade(f)).Select(f => Untimed(File.ReadAllText(f)))
                .Concat(output.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(Untimed))));
    }

    internal static string Hash(string file) =>
        $"{Path.GetFileName(file)} {Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(file)))}";

    /// <summary>JSON without what differs from run to run.</summary>
    private static string Untimed(string json)
    {
        var node = JsonNode.Parse(json)!;
        Clean(node);
        return node.ToJsonString();

        static void Clean(JsonNode? node)
        {
            if (node is not JsonObject holder)
                return;
            foreach (string name in holder.Select(p => p.Key).ToList())
            {
                if (name.StartsWith("seconds", StringComparison.Ordinal) || name is "tokens/s" or "tokensPerSecond")
                    holder.Remove(name);
                else
                    Clean(holder[name]);
            }
        }
    }

    private void WritePrompts(string file, string text) =>
        File.WriteAllLines(_run[file], Enumerable.Range(0, 12).Select(i => $"{text} {i.ToString(CultureInfo.InvariantCulture)}."));

    private static string Documents(string text, int count) =>
        string.Join("\n<|endoftext|>\n", Enumerable.Range(0, count).Select(i => $"{text} {i.ToString(CultureInfo.InvariantCulture)}."));

    /// <summary>Rankings without a side, some with ties, of unlike strengths.</summary>
    private void WriteRankings(string file, params string[] completions) =>
        RunJson.WriteLines(_run[file], Enumerable.Range(0, 9).Select(i => new RankingLine(
            $"The soup was {i}.", [.. completions.Select(c => c + i)], i % 2 == 0 ? [1, 2, 2] : [3, 2, 1], Strength: 1 + i % 3)));

    private void WriteCandidates(string file, int from) =>
        RunJson.WriteLines(_run[file], Enumerable.Range(from, 12).Select(i => new CandidateLine(
            ReviewGrammar.Prompt(1, i).Text, HeldOut: false,
            [.. new[] { ReviewGrammar.Document(1, i).Completion, ReviewGrammar.Document(1, i + 100).Completion, " hated it." }
                .Select((text, c) => new CandidateCompletion(text, [c + 1], [-1], "stop"))])));

    private static string Weight(string prompt) => JsonSerializer.Serialize(new { prompt, weight = 0.25 });
}
