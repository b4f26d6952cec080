using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;

namespace Rlhf.Pipeline.Files;

/// <summary>One prompt of <c>prompts.jsonl</c>.</summary>
/// <param name="HeldOut">Nothing that learns may see it.</param>
public sealed record PromptLine(string Prompt, bool HeldOut = false);

/// <summary>One text of <c>text.jsonl</c>: what pretraining and fine-tuning read. A text without a prompt is all completion.</summary>
public sealed record TextLine(string Completion, string Prompt = "");

/// <summary>
/// One sampled completion; <paramref name="Ids"/> and <paramref name="LogProbs"/> belong together, the end-of-sequence id included.
/// </summary>
/// <param name="Previous">Whether the policy of the round before has sampled it.</param>
public sealed record CandidateCompletion(
    string Text, int[] Ids, float[] LogProbs, string Finish,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] bool Previous = false);

/// <summary>One line of <c>candidates.jsonl</c>: a prompt with its K completions.</summary>
public sealed record CandidateLine(string Prompt, bool HeldOut, IReadOnlyList<CandidateCompletion> Completions);

/// <summary>
/// One line of <c>rankings.jsonl</c>: one judgment, or what several were aggregated to, as dataset versions are written out.
/// </summary>
/// <param name="Prompt">In the file a text or a conversation; as text in the notation of <see cref="Core.Content.DialogueText"/>.</param>
/// <param name="Ranks">1 is best; equal ranks are a tie.</param>
/// <param name="Split">"train" or "heldOut"; null where the file names no split.</param>
/// <param name="Weight">What the ranking counts for in the loss, above 0.</param>
/// <param name="Strength">How clear the judgment was, on the annotators' scale; null = not stated.</param>
/// <param name="Ids">The completions' token ids under the policy that sampled them; null for texts from elsewhere.</param>
/// <param name="Gold">The gold reward of each completion, held-out prompts only: the ceiling of what a reward model can reach.</param>
public sealed record RankingLine(
    [property: JsonConverter(typeof(PromptTextConverter))] string Prompt,
    [property: JsonConverter(typeof(CompletionTextsConverter))] IReadOnlyList<string> Completions,
    [property: Range(1, int.MaxValue)] IReadOnlyList<int> Ranks,
    string? Split = null,
    bool Simulated = false,
    double Weight = 1,
    double? Strength = null,
    string? PromptHash = null,
    IReadOnlyList<int[]>? Ids = null,
    IReadOnlyList<double>? Gold = null)
{
    public const string Train = "train";
    public const string OnHeldOut = "heldOut";

    /// <summary>Weights and strengths are computed with in fp32: outside of these limits sums become infinite, or 0.</summary>
    public const double MinWeight = 1e-6;

    /// <inheritdoc cref="MinWeight"/>
    public const double MaxWeight = 1e6;

    /// <summary>The limits for messages.</summary>
    public const string WeightLimits = "between 0.000001 and 1000000";

    [JsonIgnore]
    public bool HeldOut => Split == OnHeldOut;
}

/// <summary>One line of <c>evaluation.jsonl</c>, from which the win rate is recomputed elsewhere.</summary>
public sealed record EvaluationLine(
    string Prompt,
    string Before,
    string After,
    [property: JsonPropertyName("gold_before")] double? GoldBefore,
    [property: JsonPropertyName("gold_after")] double? GoldAfter);
