using Rlhf.Testing;
using Rlhf.Training.Numerics;
using static TorchSharp.torch;
using AdamW = Rlhf.Training.Numerics.AdamW;
using Parameter = TorchSharp.Modules.Parameter;

namespace Rlhf.Training.Tests.Numerics;

public sealed class OptimizationTests
{
    public static TheoryData<string> Cases => Golden.Names("optim");

    [Theory, MemberData(nameof(Cases))]
    public void Agrees_with_reference(string name)
    {
        GoldenCase golden = Golden.Case("optim", name);
        using var scope = NewDisposeScope();
        if (golden.HasInput("gradients_per_step"))
        {
            Steps(new GoldenCheck(golden, ScalarType.Float64));
            Steps(new GoldenCheck(golden, ScalarType.Float32));
        }
        else if (golden.HasInput("gradients"))
            Clipping(new GoldenCheck(golden, ScalarType.Float64));
        else if (golden.HasInput("steps"))
            Schedule(new GoldenCheck(golden, ScalarType.Float64));
        else
            Assert.Skip($"SKIPPED: {golden} is of a kind that nothing here computes");
    }

    private static void Steps(GoldenCheck check)
    {
        GoldenCase golden = check.Case;
        Parameter[] parameters =
            [.. golden.Inputs.GetProperty("parameters").EnumerateArray().Select(p => new Parameter(check.TensorOf(p)))];
        double[] betas = [.. Golden.Flatten(golden.Options.GetProperty("betas"))], rates = check.Numbers("lr_per_step");
        using var adamW = new AdamW(
            parameters, betas[0], betas[1], golden.Number("eps"), golden.Number("weight_decay"), decayMatricesOnly: false);
        List<double> norms = [];
        for (int step = 0; step < rates.Length; step++)
        {
            for (int i = 0; i < parameters.Length; i++)
                parameters[i].grad = check.TensorOf(golden.Inputs.GetProperty("gradients_per_step")[step][i]);
            norms.Add(GradientClipping.Clip(parameters.Select(p => p.grad), golden.Number("max_grad_norm", 0)));
            adamW.Update(rates[step]);
            for (int i = 0; i < parameters.Length; i++)
                check.Compare(golden.Outputs.GetProperty("parameters_after")[step][i], "parameters_after", parameters[i], null);
        }
        // The moments show in the parameters of every later step.
        check.Leave("exp_avg_and_exp_avg_sq_after");
        check.Output("grad_norms", tensor(norms.ToArray()));
        check.AssertAllCompared();
    }

    private static void Clipping(GoldenCheck check)
    {
        Tensor[] gradients = [.. check.Case.Inputs.GetProperty("gradients").EnumerateArray().Select(check.TensorOf)];
        double norm = GradientClipping.Clip(gradients, check.Case.Number("max_norm"));
        check.Output("total_norm", norm);
        check.Output("clipped", cat([.. gradients.Select(g => g.flatten())]));
        check.Output("coefficient", GradientClipping.Coefficient(norm, check.Case.Number("max_norm")));
        check.AssertAllCompared();
    }

    private static void Schedule(GoldenCheck check)
    {
        long warmup = (long)check.Case.Number("warmup_steps"), total = (long)check.Case.Number("total_steps", 0);
        Func<long, double>? factor = check.Case.Name switch
        {
            var n when n.Contains("linear") => step => Schedules.Linear(step, warmup, total),
            var n when n.Contains("cosine") => step => Schedules.Cosine(step, warmup, total),
            _ => null,
        };
        if (factor is null)
            Assert.Skip($"SKIPPED: {check.Case} is of a schedule that no stage offers");
        check.Output("factor_at_step", tensor(check.Numbers("steps").Select(s => factor((long)s)).ToArray()));
        check.AssertAllCompared();
    }

    /// <summary>200 steps of 1e-4 move a bf16 weight of 1 by 0.02: each step alone is below its resolution of 0.004.</summary>
    [Fact]
    public void Small_steps_of_narrow_parameters_add_up()
    {
        var p = new Parameter(ones(2, 2, dtype: ScalarType.BFloat16));
        using var adamW = new AdamW([p]);
        for (int i = 0; i < 200; i++)
        {
            p.grad = ones_like(p);
            adamW.Update(1e-4);
        }
        Assert.Equal(0.98, p.to(ScalarType.Float64).mean().item<double>(), 0.003);
    }

    /// <summary>256 and 64 times ½: in bf16 the sum would stay at 256, where the next number is 258.</summary>
    [Fact]
    public void Gradients_of_narrow_parameters_add_up_in_full_precision()
    {
        using var scope = NewDisposeScope();
        var p = new Parameter(ones(2, 2, dtype: ScalarType.BFloat16));
        using var adamW = new AdamW([p], epsilon: 1);
        for (int i = 0; i <= 64; i++)
        {
            (p * (i == 0 ? 256 : 0.5)).sum().backward();
            adamW.Accumulate();
        }
        Tensor gradient = Assert.Single(adamW.Gradients)!;
        Assert.Equal(ScalarType.Float32, gradient.dtype);
        Assert.Equal([288, 288, 288, 288], gradient.data<float>().ToArray());
        // What is clipped is what the step takes.
        Assert.Equal(576, GradientClipping.Clip(adamW.Gradients, 1), 1e-3);
        adamW.Update(0.1);
        // 288 becomes ½, and the first step is g/(|g| + ε): a third of the rate. Not clipped, it would be nearly all of it.
        Assert.Equal(1 - 0.1 / 3, p[0, 0].to(ScalarType.Float32).item<float>(), 0.003);
        Assert.Null(Assert.Single(adamW.Gradients));
    }

    [Fact]
    public void Fp16_is_refused() => Assert.Contains("bf16", Assert.Throws<Rlhf.Core.UserError>(
        () => new AdamW([new Parameter(ones(2, 2, dtype: ScalarType.Float16))])).Message);
}
