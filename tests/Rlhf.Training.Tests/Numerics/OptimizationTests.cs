using Rlhf.Testing;
using Rlhf.Training.Numerics;
using static TorchSharp.torch;
using AdamW = Rlhf.Training.Numerics.AdamW;
using Parameter = TorchSharp.Modules.Parameter;

namespace Rlhf.Training.Tests.Numerics;

public sealed class OptimisationTests
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
        Parameter[] parameters = [.. golden.Inputs.GetProperty("parameters").EnumerateArray().Select(p => new Parameter(check.TensorOf(p)))];
        double[] betas = [.. Golden.Flatten(golden.Options.GetProperty("betas"))], rates = check.Numbers("lr_per_step");
        using var adamW = new AdamW(parameters.Select((p, i) => ($"p{i}", p)), betas[0], betas[1], golden.Number("eps"), golden.Number("weight_decay"), decayMatricesOnly: false);
        List<double> norms = [];
        for (int step = 0; step < rates.Length; step++)
        {
            for (int i = 0; i < parameters.Length; i++)
                parameters[i].grad = check.TensorOf(golden.Inputs.GetProperty("gradients_per_step")[step][i]);
            norms.Add(GradientClipping.Clip(parameters.Select(p => p.grad), golden.Number("max_grad_norm", 0)));
            adamW.Update(rates[step]);
            Dictionary<string, Tensor> state = adamW.State.ToDictionary(s => s.Name, s => s.Value);
            for (int i = 0; i < parameters.Length; i++)
            {
                check.Compare(golden.Outputs.GetProperty("parameters_after")[step][i], "parameters_after", parameters[i], null);
                var moments = golden.Outputs.GetProperty("exp_avg_and_exp_avg_sq_after")[step][i];
                check.Compare(moments[0], "exp_avg_and_exp_avg_sq_after", state[$"exp_avg.p{i}"], null);
                check.Compare(moments[1], "exp_avg_and_exp_avg_sq_after", state[$"exp_avg_sq.p{i}"], null);
            }
        }
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
        Func<long, double> factor = check.Case.Name switch
        {
            var n when n.Contains("linear") => step => Schedules.Linear(step, warmup, total),
            var n when n.Contains("cosine") => step => Schedules.Cosine(step, warmup, total),
            var n when n.Contains("constant") => step => Schedules.Constant(step, warmup),
            var n => throw new InvalidOperationException($"{n}: which schedule?"),
        };
        check.Output("factor_at_step", tensor(check.Numbers("steps").Select(s => factor((long)s)).ToArray()));
        check.AssertAllCompared();
    }

    [Fact]
    public void State_taken_up_again_goes_on_as_if_nothing_had_been()
    {
        Parameter Fresh() => new(tensor(new[,] { { 1.0, -2.0 }, { 0.5, 3.0 } }));
        void Step(AdamW adamW, Parameter p, double factor)
        {
            p.grad = p.detach() * factor;
            adamW.Update(0.1);
        }
        Parameter whole = Fresh(), parts = Fresh();
        using var one = new AdamW([("w", whole)], weightDecay: 0.1);
        using var before = new AdamW([("w", parts)], weightDecay: 0.1);
        foreach (AdamW adamW in (AdamW[])[one, before])
            Step(adamW, adamW == one ? whole : parts, 0.3);
        using var after = new AdamW([("w", parts)], weightDecay: 0.1);
        after.Restore(before.Step, before.State.ToDictionary(s => s.Name, s => s.Value.clone()));
        Step(one, whole, -0.7);
        Step(after, parts, -0.7);
        Assert.Equal(whole.data<double>().ToArray(), parts.data<double>().ToArray());
    }

    /// <summary>200 steps of 1e-4 move a bf16 weight of 1 by 0.02: each step alone is below its resolution of 0.004.</summary>
    [Fact]
    public void Small_steps_of_narrow_parameters_add_up()
    {
        var p = new Parameter(ones(2, 2, dtype: ScalarType.BFloat16));
        using var adamW = new AdamW([("w", p)]);
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
        using var adamW = new AdamW([("w", p)]);
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
        Assert.Equal(0.1 * 0.5, adamW.State.Single(s => s.Name == "exp_avg.w").Value[0, 0].item<float>(), 1e-5);
        Assert.Null(Assert.Single(adamW.Gradients));
    }

    [Fact]
    public void Fp16_is_refused() => Assert.Contains("bf16", Assert.Throws<Rlhf.Core.UserError>(
        () => new AdamW([("w", new Parameter(ones(2, 2, dtype: ScalarType.Float16)))])).Message);
}
