using Rlhf.Testing;
using Rlhf.Training.Numerics;
using static TorchSharp.torch;

namespace Rlhf.Training.Tests.Numerics;

public sealed class GaeTests
{
    public static TheoryData<string> Cases => Golden.Names("gae");

    [Theory, MemberData(nameof(Cases))]
    public void Agrees_with_reference(string name)
    {
        GoldenCase golden = Golden.Case("gae", name);
        foreach (ScalarType dtype in (ScalarType[])[ScalarType.Float64, ScalarType.Float32])
        {
            using var scope = NewDisposeScope();
            var check = new GoldenCheck(golden, dtype);
            Tensor mask = check.Mask();
            var (advantages, returns) =
                Gae.Estimate(check.Input("rewards"), check.Input("values"), mask, golden.Number("gamma"), golden.Number("lam"));
            check.Output("advantages", advantages);
            check.Output("returns", returns);
            check.Output("advantages_whitened_biased", Masked.Whiten(advantages, mask));
            check.AssertAllCompared("unbiased", "torchtune");
        }
    }

    /// <summary>
    /// γ = ½, λ = ½ by hand: δ₁ = 4 − 2 = 2, δ₀ = 1 + ½·2 − 1 = 1; A₁ = 2, A₀ = 1 + ¼·2 = 1½; what is masked counts nothing.
    /// </summary>
    [Fact]
    public void Hand_worked_numbers()
    {
        var (advantages, returns) = Gae.Estimate(tensor(new[,] { { 1.0, 4.0, 100.0 } }), tensor(new[,] { { 1.0, 2.0, 50.0 } }),
            tensor(new[,] { { true, true, false } }), 0.5, 0.5);
        Assert.Equal([1.5, 2, 0], advantages.data<double>().ToArray());
        Assert.Equal([2.5, 4, 0], returns.data<double>().ToArray());
    }
}
