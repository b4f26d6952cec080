using Rlhf.Models.Checkpoints;
using static TorchSharp.torch;

namespace Rlhf.Models.Tests;

/// <summary>Forward passes and gradients against what transformers computes (data/tiny-models/README.md).</summary>
public sealed class TinyModelTests
{
    public static TheoryData<string> Names => TinyModels.Names;

    [Theory]
    [MemberData(nameof(Names))]
    public void Log_probabilities_and_last_logits_are_those_of_transformers(string name)
    {
        var (path, expected) = TinyModels.Require(name, "causal");
        using var scope = NewDisposeScope();
        using var model = ModelFolder.LoadCausalLm(path, CPU, ScalarType.Float32);
        var rows = TinyModels.Rows(expected);
        var (ids, mask) = TinyModels.Batch(expected);
        double[][] logits = TinyModels.Matrix<double>(expected["logits_last"]!),
            logprobs = TinyModels.Matrix<double>(expected["logprobs_next"]!);
        var (rightIds, rightMask) = TokenRows.PadRight(rows, 0, CPU);
        var padded = model.Logits(ids, mask);
        var right = model.Logits(rightIds, rightMask);
        for (int row = 0; row < rows.Count; row++)
        {
            var alone = model.Logits(tensor(rows[row].Select(i => (long)i).ToArray()).unsqueeze(0), null);
            long[] real = [.. Enumerable.Range(0, (int)ids.shape[1]).Where(j => mask[row, j].item<bool>()).Select(j => (long)j)];
            foreach (var of in new[] { alone[0], padded[row].index_select(0, tensor(real)), right[row].narrow(0, 0, rows[row].Length) })
            {
                TinyModels.Near(logits[row], TinyModels.Doubles(of[-1]));
                var next = tensor(rows[row].Skip(1).Select(i => (long)i).ToArray()).unsqueeze(1);
                if (rows[row].Length > 1)
                    TinyModels.Near(logprobs[row],
                        TinyModels.Doubles(of.narrow(0, 0, rows[row].Length - 1).log_softmax(-1).gather(1, next).squeeze(1)));
            }
        }
        Assert.Equal(expected["num_parameters"]!.GetValue<long>(), Weights.CountParameters(model));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Scores_are_those_of_transformers(string name)
    {
        var (path, expected) = TinyModels.Require(name, "reward");
        using var scope = NewDisposeScope();
        using var model = ModelFolder.LoadScalarModel(path, CPU, ScalarType.Float32);
        double[] scores = [.. TinyModels.Matrix<double>(expected["score"]!).Select(s => s[0])];
        var rows = TinyModels.Rows(expected);
        var (ids, mask) = TinyModels.Batch(expected);
        TinyModels.Near(scores, TinyModels.Doubles(model.Scores(ids, mask)));
        var (rightIds, rightMask) = TokenRows.PadRight(rows, 0, CPU);
        TinyModels.Near(scores, TinyModels.Doubles(model.Scores(rightIds, rightMask)));
        TinyModels.Near(scores,
            rows.Select(row => TinyModels.Doubles(model.Scores(tensor(row.Select(i => (long)i).ToArray()).unsqueeze(0), null))[0]));
        Assert.Equal(expected["num_parameters"]!.GetValue<long>(), Weights.CountParameters(model));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Gradients_have_the_norms_of_transformers(string name)
    {
        var (path, expected) = TinyModels.Require(name, "causal", "reward");
        if (expected["grad"] is not { } grad)
        {
            Assert.Skip($"SKIPPED: {name} has no gradients to compare");
            return;
        }
        using var scope = NewDisposeScope();
        var (ids, mask) = TinyModels.Batch(expected);
        using nn.Module model = (string)expected["kind"]! == "reward"
            ? ModelFolder.LoadScalarModel(path, CPU, ScalarType.Float32)
            : ModelFolder.LoadCausalLm(path, CPU, ScalarType.Float32);
        var loss = model switch
        {
            ScalarModel scalar => scalar.Scores(ids, mask).sum(),
            CausalLm causal => MeanLoss(causal, ids, mask),
            _ => throw new InvalidOperationException(),
        };
        loss.backward();
        Assert.Equal(grad["loss"]!.GetValue<double>(), loss.item<float>(), 1e-4);
        var norms = grad["norms"]!.AsObject().ToDictionary(n => n.Key, n => n.Value!.GetValue<double>());
        Assert.Equal(norms.Keys.Order(), model.named_parameters().Select(p => p.name).Order());
        foreach (var (parameterName, parameter) in model.named_parameters())
        {
            double norm = parameter.grad!.norm().item<float>();
            Assert.True(Math.Abs(norm - norms[parameterName]) <= 1e-4 * Math.Max(1, norms[parameterName]), $"{parameterName}: "
                + $"expected {norms[parameterName]}, found {norm}");
        }
    }

    private static Tensor MeanLoss(CausalLm model, Tensor ids, Tensor mask)
    {
        long time = ids.shape[1];
        var logprobs = model.Logits(ids, mask).narrow(1, 0, time - 1).log_softmax(-1).gather(2, ids.narrow(1, 1, time - 1).unsqueeze(2))
            .squeeze(2);
        // A target counts where it and the token before it are real.
        var counts = mask.narrow(1, 1, time - 1).logical_and(mask.narrow(1, 0, time - 1)).to(ScalarType.Float32);
        return logprobs.mul(counts).sum().neg().div(counts.sum());
    }
}
