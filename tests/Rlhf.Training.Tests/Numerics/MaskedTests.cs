using Rlhf.Testing;
using Rlhf.Training.Numerics;
using static TorchSharp.torch;

namespace Rlhf.Training.Tests.Numerics;

public sealed class MaskedTests
{
    public static TheoryData<string> Cases => Golden.Names("whiten");

    [Theory, MemberData(nameof(Cases))]
    public void Agrees_with_reference(string name)
    {
        foreach (ScalarType dtype in (ScalarType[])[ScalarType.Float64, ScalarType.Float32])
        {
            using var scope = NewDisposeScope();
            var check = new GoldenCheck(Golden.Case("whiten", name), dtype);
            Tensor x = check.Input("x"), mask = check.Mask();
            check.Output("mean", Masked.Mean(x, mask));
            check.Output("var_biased", Masked.Variance(x, mask));
            // The file whitens masked entries too; ours are 0 there.
            foreach (bool shift in (bool[])[true, false])
            {
                string field = shift ? "whitened_biased_mean_removed" : "whitened_biased_mean_kept";
                Tensor expected = Masked.Zeroed(check.TensorOf(check.Case.Outputs.GetProperty(field)), mask);
                Tensor actual = Masked.Whiten(x, mask, shift);
                double error = ((actual - expected).abs() / expected.abs().clamp_min(1)).max().to(ScalarType.Float64).item<double>();
                Assert.True(error <= (dtype == ScalarType.Float64 ? 1e-9 : 1e-4), $"{name}: {field} in {dtype} is off by {error}");
                check.Leave(field);
            }
            check.AssertAllCompared("unbiased", "_trl_", "_verl_", "_torchtune_");
        }
    }

    /// <summary>The numbers of "The N Implementation Details of RLHF with PPO", in float64: biased variance, mean kept.</summary>
    [Fact]
    public void Whitening_keeps_the_mean_and_divides_by_the_biased_variance()
    {
        Tensor x = arange(12, 21, ScalarType.Float64) / 10;
        double[] whitened = Masked.Whiten(x, ones_like(x, ScalarType.Bool), shiftMean: false).data<double>().ToArray();
        Assert.Equal(0.0508067777, whitened[0], 1e-10);
        Assert.Equal(3.1491932223, whitened[^1], 1e-10);
    }

    [Fact]
    public void Masked_entries_do_not_enter_even_as_NaN()
    {
        Tensor x = tensor(new[] { 1.0, double.NaN, 3.0, double.PositiveInfinity });
        Tensor mask = tensor(new[] { true, false, true, false });
        Assert.Equal(2, Masked.Mean(x, mask).item<double>());
        Assert.Equal(1, Masked.Variance(x, mask).item<double>());
        Assert.Equal(0, Masked.Whiten(x, mask).data<double>()[1]);
    }
}
