using Rlhf.Core;
using Rlhf.Models.Checkpoints;
using Rlhf.Models.Generation;
using Rlhf.Testing;
using static TorchSharp.torch;

namespace Rlhf.Models.Tests.Generation;

public sealed class ScoringTests
{
    public static TheoryData<string> Names => TinyModels.Names;

    [Theory]
    [MemberData(nameof(Names))]
    public void Texts_are_scored_as_transformers_scores_them(string name)
    {
        var (path, expected) = TinyModels.Require(name, "causal", "reward");
        var rows = TinyModels.Rows(expected);
        if ((string)expected["kind"]! == "reward")
        {
            using var reward = ModelFolder.LoadScalarModel(path, CPU, ScalarType.Float32);
            TinyModels.Near([.. TinyModels.Matrix<double>(expected["score"]!).Select(s => s[0])],
                rows.Select(r => (double)Scoring.Score(reward, r)));
            return;
        }
        using var model = ModelFolder.LoadCausalLm(path, CPU, ScalarType.Float32);
        for (int i = 0; i < rows.Count; i++)
        {
            var score = Scoring.Score(model, rows[i]);
            TinyModels.Near(TinyModels.Matrix<double>(expected["logprobs_next"]!)[i], score.LogProbs.Select(x => (double)x));
            TinyModels.Near(TinyModels.Matrix<double>(expected["logits_last"]!)[i], score.LastLogits.Select(x => (double)x));
        }
    }

    [Fact]
    public void A_text_longer_than_one_part_is_scored_as_a_whole()
    {
        using var model = SmallModels.Create(SmallModels.Llama() with { MaxPositions = 1100 });
        int[] ids = [.. Enumerable.Range(0, 1100).Select(i => 3 + i * 7 % 40)];
        var score = Scoring.Score(model, ids);
        Assert.Equal(1099, score.LogProbs.Length);
        // What a token says depends on nothing after it.
        TinyModels.Near([.. Scoring.Score(model, ids[..700]).LogProbs.Select(x => (double)x)],
            score.LogProbs.Take(699).Select(x => (double)x), 2e-5);
    }

    [Fact]
    public void Completions_are_scored_only_where_they_are_predicted_and_in_parts()
    {
        using var gradients = no_grad();
        using var scope = NewDisposeScope();
        using var model = SmallModels.Create(SmallModels.Llama());
        int[][] prompts = [[1, 4, 9], [1], [1, 7]], completions = [[5, 6], [8, 3, 11, 12, 2], []];
        float[][] logProbs = Scoring.CompletionLogProbs(model, prompts, completions, temperature: 0.7);
        Assert.Equal([2, 5, 0], logProbs.Select(r => r.Length));
        for (int row = 0; row < prompts.Length; row++)
        {
            int[] all = [.. prompts[row], .. completions[row]];
            var full = model.Logits(tensor(all.Select(i => (long)i).ToArray()).unsqueeze(0), null)[0].div(0.7).log_softmax(-1);
            TinyModels.Near([.. completions[row].Select((id, i) => (double)full[prompts[row].Length - 1 + i, id].item<float>())],
                logProbs[row].Select(x => (double)x), 1e-5);
        }
        var hidden = randn([7, 16]);
        var targets = tensor(new long[] { 1, 2, 3, 4, 5, 6, 7 });
        double[] whole = TinyModels.Doubles(Scoring.TokenLogProbs(model, hidden, targets));
        foreach (long most in new[] { 1, 50, 100, 149 })
            TinyModels.Near(whole, TinyModels.Doubles(Scoring.TokenLogProbs(model, hidden, targets, maxLogits: most)), 1e-6);
    }

    [Fact]
    public void A_pad_id_outside_of_the_vocabulary_is_not_read()
    {
        using var model = SmallModels.Create(SmallModels.Llama());
        using var other = SmallModels.Create(SmallModels.Llama() with { PadId = 50 });
        int[][] prompts = [[1, 4, 9], [1]], completions = [[5, 6], [8]];
        Assert.Equal(Scoring.CompletionLogProbs(model, prompts, completions), Scoring.CompletionLogProbs(other, prompts, completions));
    }

    /// <summary>All logits are 1,024 · 128,000 numbers: 524 MB in fp32, and as much again after the softmax.</summary>
    [Fact]
    public void Logits_are_made_a_bounded_number_at_a_time()
    {
        using var model = SmallModels.Create(SmallModels.Llama(vocabulary: 128_000) with { MaxPositions = 1024 });
        int[] text = [.. Enumerable.Range(0, 1024).Select(i => 100 * i)];
        int[][] rows = [.. text.Chunk(64)];
        Assert.InRange(PeakMemory.Growth(() => Scoring.Score(model, text)), 0, 300_000_000);
        Assert.InRange(PeakMemory.Growth(
            () => Scoring.CompletionLogProbs(model, [.. rows.Select(r => r[..1])], [.. rows.Select(r => r[1..])])), 0, 300_000_000);
    }

    [Fact]
    public void No_ids_and_unknown_ids_are_refused()
    {
        using var model = SmallModels.Create(SmallModels.Llama());
        Assert.Contains("at least one token", Assert.Throws<UserError>(() => Scoring.Score(model, [])).Message);
        Assert.Contains("from 0 to 49", Assert.Throws<UserError>(() => Scoring.Score(model, [1, 50])).Message);
        using var learned = SmallModels.Create(SmallModels.Gpt2(positions: 5));
        Assert.Contains("5 positions", Assert.Throws<UserError>(() => Scoring.Score(learned, [1, 2, 3, 4, 5, 6])).Message);
    }
}
