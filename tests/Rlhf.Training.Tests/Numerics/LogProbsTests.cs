using Rlhf.Testing;
using Rlhf.Training.Numerics;
using static TorchSharp.torch;

namespace Rlhf.Training.Tests.Numerics;

public sealed class LogProbsTests
{
    public static TheoryData<string> Cases => Golden.Names("logprobs");

    [Theory, MemberData(nameof(Cases))]
    public void Agrees_with_reference(string name)
    {
        foreach (ScalarType dtype in (ScalarType[])[ScalarType.Float64, ScalarType.Float32])
        {
            using var scope = NewDisposeScope();
            var check = new GoldenCheck(Golden.Case("logprobs", name), dtype);
            double temperature = check.Case.Number("temperature");
            Tensor logits = check.Leaf("logits"), ids = check.Ids("ids"), cotangent = check.Input("cotangent");

            var (logProbs, entropy) = LogProbs.WithEntropy(logits, ids, temperature);
            check.Output("logprobs", logProbs);
            check.Output("entropy", entropy);
            Assert.False(entropy.requires_grad);
            check.Leave("gradient of logits_of_entropy");
            check.Gradient("logits_of_logprobs", autograd.grad([(logProbs * cotangent).sum()], [logits])[0]);
            check.AssertAllCompared("trl_ppo");
        }
    }
}
