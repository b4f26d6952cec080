using Rlhf.Core.Randomness;
using Rlhf.Models.Checkpoints;
using Rlhf.Models.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Rlhf.Models.Tests;

public sealed class ForwardTests
{
    private static readonly int[][] Texts = [[1, 5, 9, 4, 7, 3], [8], [6, 6, 2]];

    public static TheoryData<string> Families => [ModelFamilies.Llama, ModelFamilies.Gpt2];

    [Theory]
    [MemberData(nameof(Families))]
    public void Every_forward_runs_on_meta_in_bf16(string family)
    {
        using var scope = NewDisposeScope();
        Libtorch.EnsureLoaded();
        using var model = CausalLm.Create(Config(family), new RandomStream(1, "init"), META, ScalarType.BFloat16);
        using var scalar = ScalarModel.FromCausalLm(model, new RandomStream(1, "head"));
        var (ids, mask) = TokenRows.PadLeft(Texts, 0, META);
        foreach (var given in new[] { mask, null })
        {
            Assert.Equal([3L, 6, model.Config.VocabSize], model.Logits(ids, given).shape);
            Assert.Equal([3L, 6], scalar.Values(ids, given).shape);
            Assert.Equal([3L], scalar.Scores(ids, given).shape);
            using var cache = new KvCache(model.Config, 2);
            model.Logits(ids, given, cache);
            var step = model.Logits(ids.narrow(1, 0, 1), null, cache);
            Assert.Equal([3L, 1, model.Config.VocabSize], step.shape);
            // The heads compute in fp32 whatever the weights are.
            Assert.Equal((DeviceType.META, ScalarType.Float32), (step.device_type, step.dtype));
        }
        model.Logits(ids, mask).to(ScalarType.Float32).log_softmax(-1).sum().backward();
        Assert.All(model.parameters(), p => Assert.Equal(p.shape, p.grad!.shape));
    }

    [Fact]
    public void A_layout_of_eight_billion_parameters_costs_nothing_on_meta()
    {
        Libtorch.EnsureLoaded();
        // Llama 3 8B (its published config.json): 8,030,261,248 parameters.
        var config = ModelConfig.CreateLlama(128256, 4096, 32, 32, 8, 14336, 8192, tieWordEmbeddings: false);
        using var model = CausalLm.Create(config, new RandomStream(1, "init"), META, ScalarType.BFloat16);
        Assert.Equal(8_030_261_248, Weights.CountParameters(model));
    }

    [Fact]
    public void Scores_of_a_bf16_model_are_not_rounded_to_bf16()
    {
        using var gradients = no_grad();
        using var scope = NewDisposeScope();
        Libtorch.EnsureLoaded();
        using var policy = CausalLm.Create(
            SmallModels.Llama() with { InitializerRange = 0.05 }, new RandomStream(1, "init"), CPU, ScalarType.BFloat16);
        using var model = ScalarModel.FromCausalLm(policy, new RandomStream(2, "head"));
        int[][] rows = [.. Enumerable.Range(0, 400).Select(i => (int[])[1, 3 + i % 40, 3 + i / 40, 3 + i * 7 % 40])];
        var (ids, mask) = TokenRows.PadRight(rows, 0, CPU);
        double[] scores = TinyModels.Doubles(model.Scores(ids, mask));
        Assert.True(scores.Distinct().Count() >= 398, $"{scores.Distinct().Count()} different scores of 400 texts");
        Assert.Equal(ScalarType.Float32, model.Values(ids, mask).dtype);
        double[] logits = TinyModels.Doubles(policy.Logits(ids, mask).flatten());
        Assert.Contains(logits, x => x != (double)(float)tensor(x).to(ScalarType.BFloat16).to(ScalarType.Float32).item<float>());
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void Bf16_on_the_cpu_stays_near_fp32(string family)
    {
        using var scope = NewDisposeScope();
        using var folder = new Testing.TemporaryFolder();
        using (var model = SmallModels.Create(Config(family)))
            ModelFolder.Save(model, folder.Path);
        using var full = ModelFolder.LoadCausalLm(folder.Path, CPU, ScalarType.Float32);
        using var half = ModelFolder.LoadCausalLm(folder.Path, CPU, ScalarType.BFloat16);
        var (ids, mask) = TokenRows.PadLeft(Texts, 0, CPU);
        double[] expected = TinyModels.Doubles(full.Logits(ids, mask).select(1, -1).flatten()),
            actual = TinyModels.Doubles(half.Logits(ids, mask).select(1, -1).flatten());
        double scale = expected.Max(Math.Abs);
        TinyModels.Near(expected, actual, 0.05 * scale);
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void Reading_in_pieces_with_a_cache_is_reading_at_once(string family)
    {
        using var gradients = no_grad();
        using var scope = NewDisposeScope();
        using var model = SmallModels.Create(Config(family));
        var (ids, mask) = TokenRows.PadLeft(Texts, 0, CPU);
        var noHoles = ids.narrow(0, 0, 1);
        foreach (int[] pieces in new int[][] { [6], [1, 5], [3, 3], [2, 1, 1, 2], [1, 1, 1, 1, 1, 1] })
        {
            using var cache = new KvCache(model.Config, 1);
            using var padded = new KvCache(model.Config, 3);
            List<Tensor> parts = [], paddedParts = [];
            int at = 0;
            foreach (int piece in pieces)
            {
                parts.Add(model.Logits(noHoles.narrow(1, at, piece), null, cache));
                paddedParts.Add(model.Logits(ids.narrow(1, at, piece), mask.narrow(1, at, piece), padded));
                at += piece;
            }
            Assert.Equal(6, cache.Length);
            TinyModels.Near(TinyModels.Doubles(model.Logits(noHoles, null).flatten()), TinyModels.Doubles(cat(parts, 1).flatten()), 1e-5);
            var whole = model.Logits(ids, mask);
            var pieced = cat(paddedParts, 1);
            for (int row = 0; row < Texts.Length; row++)
            {
                int length = Texts[row].Length;
                TinyModels.Near(TinyModels.Doubles(whole[row].narrow(0, 6 - length, length).flatten()),
                    TinyModels.Doubles(pieced[row].narrow(0, 6 - length, length).flatten()), 1e-5);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void Padding_changes_no_value_and_no_gradient(string family)
    {
        using var scope = NewDisposeScope();
        using var policy = SmallModels.Create(Config(family));
        using var model = ScalarModel.FromCausalLm(policy, new RandomStream(2, "head"));
        double[] alone = [.. Texts.Select(
            t => TinyModels.Doubles(model.Scores(tensor(t.Select(i => (long)i).ToArray()).unsqueeze(0), null))[0])];
        List<double[]> gradients = [];
        foreach (var (ids, mask) in new[] { TokenRows.PadLeft(Texts, 0, CPU), TokenRows.PadRight(Texts, 3, CPU),
            TokenRows.PadLeft([.. Texts, [1, 2, 3, 4, 5, 6, 7, 8, 9]], 4, CPU) })
        {
            var scores = model.Scores(ids, mask).narrow(0, 0, 3);
            TinyModels.Near(alone, TinyModels.Doubles(scores), 1e-5);
            var values = model.Values(ids, mask);
            var last = mask.narrow(0, 0, 3).to(ScalarType.Int64).mul(arange(ids.shape[1])).argmax(1, keepdim: true);
            TinyModels.Near(alone, TinyModels.Doubles(values.narrow(0, 0, 3).gather(1, last).squeeze(1)), 1e-5);
            model.zero_grad();
            scores.sum().backward();
            gradients.Add([.. model.parameters().Select(p => (double)p.grad!.norm().item<float>())]);
        }
        foreach (double[] other in gradients.Skip(1))
            TinyModels.Near(gradients[0], other, 1e-4);
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void A_frozen_model_takes_no_gradient_and_a_clone_is_a_model_of_its_own(string family)
    {
        using var scope = NewDisposeScope();
        using var model = SmallModels.Create(Config(family));
        using var copy = model.Clone().Freeze();
        ModelFolderSame(model, copy);
        Assert.All(copy.parameters(), p => Assert.False(p.requires_grad));
        Assert.All(model.parameters(), p => Assert.True(p.requires_grad));
        using (no_grad())
            model.Decoder.Embedding.add_(1);
        Assert.False(model.Decoder.Embedding.equal(copy.Decoder.Embedding).all().item<bool>());
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void Cuda_computes_what_the_cpu_computes(string family)
    {
        Libtorch.EnsureLoaded();
        if (!cuda.is_available())
            Assert.Skip("SKIPPED: no CUDA device here");
        using var scope = NewDisposeScope();
        var device = Devices.Resolve("cuda");
        using var here = SmallModels.Create(Config(family));
        using var there = CausalLm.Create(Config(family), new RandomStream(1, "init"), device, ScalarType.Float32);
        var (ids, mask) = TokenRows.PadLeft(Texts, 0, CPU);
        TinyModels.Near(TinyModels.Doubles(here.Logits(ids, mask).select(1, -1).flatten()),
            TinyModels.Doubles(there.Logits(ids.to(device), mask.to(device)).select(1, -1).flatten()));
    }

    private static void ModelFolderSame(nn.Module expected, nn.Module actual) => Checkpoints.ModelFolderTests.AssertSame(expected, actual);

    private static ModelConfig Config(string family) => family == ModelFamilies.Llama ? SmallModels.Llama(tied: false) : SmallModels.Gpt2();
}
