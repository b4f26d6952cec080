using Rlhf.Models.Layers;
using Rlhf.Models.Native;
using static TorchSharp.torch;

namespace Rlhf.Models.Tests;

/// <summary>Layers against numbers worked out by hand.</summary>
public sealed class LayerTests
{
    public LayerTests() => Libtorch.EnsureLoaded();

    [Fact]
    public void Rms_norm_divides_by_the_root_of_the_mean_square()
    {
        using var scope = NewDisposeScope();
        using var norm = new RmsNorm(2, 0.5, CPU, ScalarType.Float32);
        Fill(norm, 2, -1);
        // mean(3², 4²) + ½ = 13: 3/√13 · 2 and 4/√13 · −1.
        TinyModels.Near([6 / Math.Sqrt(13), -4 / Math.Sqrt(13)], TinyModels.Doubles(norm.forward(tensor(new[] { 3f, 4f }))), 1e-6);
    }

    [Fact]
    public void Rotary_turns_the_halves_by_position_times_frequency()
    {
        using var scope = NewDisposeScope();
        using var rotary = new Rotary(4, 100, null);
        // θ^0 = 1 and 100^(−2/4) = 0.1.
        Assert.Equal([1, 0.1], rotary.InverseFrequencies().Select(f => Math.Round(f, 12)));
        var x = tensor(new[] { 1f, 2, 3, 4 }).view(1, 1, 1, 4).repeat(1, 3, 1, 1);
        var layout = SequenceLayout.Create(zeros(1, 3), null, null, ScalarType.Float32);
        double[] turned = TinyModels.Doubles(Rotary.Apply(x, rotary.At(layout, CPU, ScalarType.Float32))[0, 2, 0]);
        double c0 = Math.Cos(2), s0 = Math.Sin(2), c1 = Math.Cos(0.2), s1 = Math.Sin(0.2);
        TinyModels.Near([1 * c0 - 3 * s0, 2 * c1 - 4 * s1, 3 * c0 + 1 * s0, 4 * c1 + 2 * s1], turned, 1e-6);
    }

    [Theory]
    [InlineData("silu", 1.0, 0.7310586)]
    [InlineData("relu", -1.0, 0.0)]
    [InlineData("gelu", 1.0, 0.8413447)]
    [InlineData("gelu_new", 1.0, 0.8411920)]
    [InlineData("quick_gelu", 1.0, 0.8457958)]
    public void Activations_are_those_of_their_names(string name, double x, double expected)
    {
        using var scope = NewDisposeScope();
        Assert.Equal(expected, Activation.FromName(name)(tensor((float)x)).item<float>(), 1e-6);
    }

    [Fact]
    public void Rows_are_padded_at_the_side_wanted_and_a_pad_id_within_a_row_is_real()
    {
        using var scope = NewDisposeScope();
        var (left, leftMask) = TokenRows.PadLeft([[5, 0], [7, 8, 9]], 0, CPU);
        Assert.Equal([0L, 5, 0, 7, 8, 9], left.data<long>().ToArray());
        Assert.Equal([false, true, true, true, true, true], leftMask.data<bool>().ToArray());
        var (right, rightMask) = TokenRows.PadRight([[5, 0], [7, 8, 9]], 4, CPU);
        Assert.Equal([5L, 0, 4, 7, 8, 9], right.data<long>().ToArray());
        Assert.Equal([true, true, false, true, true, true], rightMask.data<bool>().ToArray());
    }

    [Fact]
    public void Initial_weights_have_the_deviation_of_the_config_and_norms_are_one()
    {
        using var model = SmallModels.Create(SmallModels.Llama(vocabulary: 2000));
        double[] words = TinyModels.Doubles(model.Decoder.Embedding.flatten());
        Assert.Equal(0, words.Average(), 0.01);
        Assert.Equal(0.3, Math.Sqrt(words.Average(w => w * w)), 0.01);
        Assert.All(model.named_parameters().Where(p => p.parameter.dim() == 1), p =>
            Assert.All(TinyModels.Doubles(p.parameter), w => Assert.Equal(1, w)));
    }

    private static void Fill(nn.Module module, params float[] values)
    {
        using var gradients = no_grad();
        using var scope = NewDisposeScope();
        foreach (var parameter in module.parameters())
            parameter.copy_(tensor(values));
    }
}
