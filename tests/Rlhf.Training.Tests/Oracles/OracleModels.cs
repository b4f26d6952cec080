using Rlhf.Core.Randomness;
using Rlhf.Models;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Rlhf.Training.Tests.Oracles;

/// <summary>Models in fp64 that read one whole text at a time: no batches, no padding, no cache.</summary>
internal static class OracleModels
{
    public static CausalLm InDouble(CausalLm model)
    {
        CausalLm copy = CausalLm.Create(model.Config, new RandomStream(0, "overwritten"), CPU, ScalarType.Float64);
        Weights.Copy(model, copy);
        return copy;
    }

    public static ScalarModel InDouble(ScalarModel model)
    {
        using CausalLm trunk = CausalLm.Create(model.Config, new RandomStream(0, "overwritten"), CPU, ScalarType.Float64);
        ScalarModel copy = ScalarModel.FromCausalLm(trunk, new RandomStream(0, "overwritten"));
        Weights.Copy(model, copy);
        copy.Config = model.Config;
        return copy;
    }

    /// <summary>log softmax(logits / temperature) after each token of a text: [tokens, vocabulary], with its graph.</summary>
    public static Tensor LogSoftmax(CausalLm model, IEnumerable<int> text, double temperature)
    {
        Tensor logits = model.Logits(Row(text), null)[0] / temperature;
        return logits - logits.exp().sum(-1, keepdim: true).log();
    }

    /// <summary>The head's output after each token of a text: [tokens], with its graph.</summary>
    public static Tensor Outputs(ScalarModel model, IEnumerable<int> text) => model.Values(Row(text), null)[0];

    /// <summary>The head's output after the last token.</summary>
    public static double RawScore(ScalarModel model, IEnumerable<int> text)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        return Outputs(model, text)[-1].item<double>();
    }

    /// <summary>All weights by name, in fp64.</summary>
    public static Dictionary<string, double[]> WeightsOf(nn.Module model) =>
        model.named_parameters().ToDictionary(p => p.name, p => Numbers(p.parameter), StringComparer.Ordinal);

    public static double[] Numbers(Tensor x)
    {
        using var scope = NewDisposeScope();
        return x.detach().to(ScalarType.Float64).flatten().data<double>().ToArray();
    }

    private static Tensor Row(IEnumerable<int> text) => tensor(text.Select(id => (long)id).ToArray()).unsqueeze(0);
}

/// <summary>Gradient clipping and AdamW in loops over arrays.</summary>
internal sealed class OracleAdam(nn.Module model, double beta1, double beta2, double epsilon, double weightDecay)
{
    private readonly List<(Parameter Parameter, double[] Mean, double[] Square)> _slots =
        [.. model.parameters().Select(p => (p, new double[p.numel()], new double[p.numel()]))];

    private int _step;

    /// <summary>One step along the gradients that the parameters hold, which are dropped then.</summary>
    /// <returns>The norm of all gradients before it was clipped.</returns>
    public double Step(double rate, double maxNorm)
    {
        double[][] gradients = [.. _slots.Select(s => s.Parameter.grad is { } g ? OracleModels.Numbers(g) : new double[s.Mean.Length])];
        double norm = Math.Sqrt(gradients.Sum(g => g.Sum(x => x * x)));
        double scale = maxNorm > 0 && norm > maxNorm ? maxNorm / norm : 1;
        _step++;
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        for (int i = 0; i < _slots.Count; i++)
        {
            var (parameter, mean, square) = _slots[i];
            double decay = parameter.dim() < 2 ? 0 : weightDecay;
            double[] values = OracleModels.Numbers(parameter);
            for (int j = 0; j < values.Length; j++)
            {
                double g = gradients[i][j] * scale;
                mean[j] = beta1 * mean[j] + (1 - beta1) * g;
                square[j] = beta2 * square[j] + (1 - beta2) * g * g;
                double unbiased = mean[j] / (1 - Math.Pow(beta1, _step)), root = Math.Sqrt(square[j] / (1 - Math.Pow(beta2, _step)));
                values[j] = values[j] * (1 - rate * decay) - rate * unbiased / (root + epsilon);
            }
            parameter.copy_(tensor(values, parameter.shape));
            parameter.grad = null;
        }
        return norm;
    }

    /// <summary>The norm of the gradients, which are dropped without a step.</summary>
    public double Drop()
    {
        double norm = Math.Sqrt(_slots.Sum(s => s.Parameter.grad is { } g ? OracleModels.Numbers(g).Sum(x => x * x) : 0));
        foreach (var (parameter, _, _) in _slots)
            parameter.grad = null;
        return norm;
    }
}
