using System.Security.Cryptography;
using System.Text.RegularExpressions;
using Rlhf.Core.Options;
using Rlhf.Core.Randomness;
using Rlhf.Models;
using Rlhf.Models.Checkpoints;
using Rlhf.Models.Generation;
using Rlhf.Models.Tokenization;
using Rlhf.Simulation;
using Rlhf.Simulation.Prompts;
using Rlhf.Statistics.Text;
using Rlhf.Testing;
using static TorchSharp.torch;

namespace Rlhf.Pipeline.Tests.Policies;

/// <summary>The policy that ships with the program, and the gold reward against what it writes.</summary>
public sealed partial class BundledPolicyTests
{
    private const int Prompts = 150;
    private static readonly string Folder = Path.Combine(SharedData.RepositoryRoot, "pipelines", "policy");
    private static readonly IGoldReward Gold = GoldRewards.Get("reviews");
    private static readonly Lazy<(string Prompt, string Completion, double Gold)[]> Samples = new(Sample);

    [Fact]
    public void Small_and_as_its_card_says()
    {
        var files = new DirectoryInfo(Folder).GetFiles();
        Assert.True(files.Sum(file => file.Length) <= 6_000_000);
        string card = File.ReadAllText(Path.Combine(Folder, "README.md"));
        foreach (string name in new[] { "model.safetensors", "tokenizer.json" })
            Assert.Contains(Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(Path.Combine(Folder, name)))), card);
        Models.Native.Libtorch.EnsureLoaded();
        using var model = ModelFolder.LoadCausalLm(Folder, CPU, ScalarType.Float32);
        Assert.InRange(Weights.CountParameters(model), 1_000_000, 1_400_000);
    }

    [Fact]
    public void Its_samples_differ_in_text_and_in_quality()
    {
        double mean = Samples.Value.Average(s => s.Gold);
        double deviation = Math.Sqrt(Samples.Value.Average(s => (s.Gold - mean) * (s.Gold - mean)));
        Assert.InRange(mean, 7, 11);
        Assert.True(deviation > 2, $"standard deviation {deviation:F2}");
        Assert.True(Diversity.DistinctShare([.. Samples.Value.Select(s => s.Completion)]) > 0.98);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(4)]
    public void Repeating_the_best_sentence_scores_below_its_mean(int times)
    {
        double mean = Samples.Value.Average(s => s.Gold);
        double[] repeated = [.. Samples.Value.Select(sample =>
        {
            string best = SentenceEnd().Split(sample.Completion.Trim()).MaxBy(sentence => Gold.Score(sample.Prompt, sentence))!;
            return Gold.Score(sample.Prompt, string.Join(' ', Enumerable.Repeat(best, times)));
        })];
        Assert.True(repeated.Max() < mean - 2, $"at most {repeated.Max():F2} against a mean of {mean:F2}");
    }

    [Fact]
    public void Ignoring_the_prompt_scores_below_its_mean()
    {
        var best = Samples.Value.OrderByDescending(s => s.Gold).Take(Prompts / 3).ToArray();
        double swapped = best.Select((sample, i) => Gold.Score(best[(i + 1) % best.Length].Prompt, sample.Completion)).Average();
        double mean = Samples.Value.Average(s => s.Gold);
        Assert.True(swapped < mean - 4, $"{swapped:F2} against a mean of {mean:F2}");
    }

    private static (string, string, double)[] Sample()
    {
        Models.Native.Libtorch.EnsureLoaded();
        using var model = ModelFolder.LoadCausalLm(Folder, CPU, ScalarType.Float32);
        var tokenizer = Tokenizer.Load(Folder);
        var prompts = PromptSources.Load(new PromptOptions { Count = 4 * Prompts }, 5).Train.Take(Prompts).ToArray();
        var requests = prompts.Select((prompt, i) =>
            new SampleRequest(tokenizer.Encode(prompt, addSpecialTokens: true), new DrawKey(0, (uint)i, 0)));
        var completions = new Sampler(model, tokenizer.PadId!.Value, 128).Sample(
            [.. requests], new SamplingOptions(), new RandomStream(5, "test"));
        return [.. prompts.Zip(completions, (prompt, completion) =>
        {
            string text = tokenizer.Decode(completion.Ids, skipSpecialTokens: true);
            return (prompt, text, Gold.Score(prompt, text));
        })];
    }

    [GeneratedRegex(@"(?<=[.!?])\s+")]
    private static partial Regex SentenceEnd();
}
