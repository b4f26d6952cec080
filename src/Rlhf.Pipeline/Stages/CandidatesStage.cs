using Rlhf.Core.Options;
using Rlhf.Core.Randomness;
using Rlhf.Models.Generation;
using Rlhf.Pipeline.Files;
using Rlhf.Pipeline.Runs;
using Rlhf.Pipeline.Stages.Planning;

namespace Rlhf.Pipeline.Stages;

/// <summary>What the candidates stage says at its end.</summary>
/// <param name="Previous">How many of the completions the policy of the round before has sampled.</param>
public sealed record CandidatesResult(int Prompts, int Completions, double MeanTokens, double EndedShare, int Previous = 0)
{
    public IReadOnlyList<string> Warnings { get; init; } = [];
}

/// <summary>Samples K completions for each prompt of the run.</summary>
public static class CandidatesStage
{
    public static StageDefinition Definition { get; } = StageDefinition.Create<CandidatesOptions>(
        RunKinds.Candidates, "Samples K completions for each prompt.",
        plan: (options, inputs, folder) =>
        [
            PlannedInputs.Policy(inputs),
            .. PreviousPerPrompt(options) > 0 && inputs.PreviousPolicy is { } previous
                ? [PlannedInputs.Checkpoint(InputNames.PreviousPolicy, previous)]
                : Array.Empty<RunInput>(),
            PlannedInputs.Prompts(folder, inputs, set =>
                [.. PlannedInputs.Train(set, options.TrainPrompts, options.Round), .. PlannedInputs.HeldOut(set, options.HeldOutPrompts)]),
        ],
        execute: Run,
        take: (inputs, options) =>
        {
            var round = options.Round > 1 ? inputs.NextRound() : inputs;
            return round with
            {
                Policy = StageInputs.Given(options.Model) ?? round.Policy,
                Prompts = (options.Prompts, options.Seed),
            };
        },
        give: (inputs, run) => inputs with { Candidates = run.CandidatesFile });

    public static CandidatesResult Run(AttemptFolder folder, CandidatesOptions options, LineObserver observer)
    {
        var prompts = RunJson.ReadLines<PromptLine>(folder.Run.PromptsFile).ToList();
        string policy = folder.Run.Input(InputNames.Policy);
        string? previous = folder.Run.TryInput(InputNames.PreviousPolicy);
        int mixed = previous is null ? 0 : PreviousPerPrompt(options);
        // Other random numbers in every round: the same ones would give a policy that changed little the same texts again.
        string stream = options.Round == 1 ? "candidates" : $"candidates/{options.Round}";

        // One policy is loaded at a time.
        var newest = Sample(policy, options.PerPrompt - mixed, stream, "sampling candidates");
        var older = mixed > 0 ? Sample(previous!, mixed, stream + "/previous", "sampling the previous policy") : Sampled.None;

        RunJson.WriteLines(folder.CandidatesFile, prompts.Select((prompt, p) => new CandidateLine(
            prompt.Prompt, prompt.HeldOut,
            [.. newest.Of(p, options.PerPrompt - mixed), .. older.Of(p, mixed).Select(c => c with { Previous = true })])));
        CandidateCompletion[] all = [.. newest.Completions, .. older.Completions];
        return new CandidatesResult(prompts.Count, all.Length, all.Average(c => c.Ids.Length),
            all.Average(c => c.Finish == Finish(FinishReason.Length) ? 0.0 : 1.0), older.Completions.Count)
        { Warnings = newest.Warnings };

        Sampled Sample(string model, int perPrompt, string draws, string phase)
        {
            using var loaded = LoadedPolicy.Load(model, options);
            if (model != policy)
                loaded.RequireSameTokenizer(policy, "the newest policy");
            var requests = PolicySampling.Requests(
                loaded.Tokenizer, [.. prompts.Select(p => p.Prompt)], perPrompt, options.MaxPromptTokens);
            var completions = PolicySampling.Sample(
                loaded, requests, options.Sampling, new RandomStream(options.Seed, draws), options.BatchSize, phase, observer);
            return new Sampled(
                [.. requests.Zip(completions, (request, c) => new CandidateCompletion(
                    loaded.Tokenizer.DecodeCompletion(request.PromptIds, c.Ids), c.Ids, c.LogProbs, Finish(c.Finish)))],
                loaded.Warnings);
        }
    }

    /// <summary>How many completions of a prompt are of the previous policy: at least one of each where they are mixed.</summary>
    private static int PreviousPerPrompt(CandidatesOptions options) => options.PreviousShare == 0
        ? 0
        : Math.Clamp((int)Math.Round(options.PreviousShare * options.PerPrompt), 1, options.PerPrompt - 1);

    private static string Finish(FinishReason reason) => reason.ToString().ToLowerInvariant();

    /// <summary>Completions of one policy, prompt after prompt.</summary>
    private sealed record Sampled(IReadOnlyList<CandidateCompletion> Completions, IReadOnlyList<string> Warnings)
    {
        public static Sampled None { get; } = new([], []);

        public IEnumerable<CandidateCompletion> Of(int prompt, int perPrompt) => Completions.Skip(prompt * perPrompt).Take(perPrompt);
    }
}
