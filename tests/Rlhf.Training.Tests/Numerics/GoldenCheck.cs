using System.Text.Json;
using Rlhf.Testing;
using static TorchSharp.torch;

namespace Rlhf.Training.Tests.Numerics;

/// <summary>
/// Compares tensors with a golden case, and sees to it that no number of the case is passed over: every output and gradient is
/// compared, or left aside by name as another library's convention.
/// </summary>
internal sealed class GoldenCheck(GoldenCase golden, ScalarType dtype)
{
    /// <summary>Double rounding of the file's 12 digits, where a number is the difference of larger ones.</summary>
    private const double Floor64 = 1e-12;

    private readonly HashSet<string> _compared = [];

    public GoldenCase Case => golden;

    public ScalarType Dtype => dtype;

    /// <summary>An input as a tensor that takes gradients.</summary>
    public Tensor Leaf(string name) => Input(name).requires_grad_();

    public Tensor Input(string name) => TensorOf(golden.Inputs.GetProperty(name));

    public Tensor Mask(string name = "mask") => Input(name).to(ScalarType.Bool);

    public Tensor Ids(string name) => Input(name).to(ScalarType.Int64);

    public double[] Numbers(string name) => [.. Golden.Flatten(golden.Inputs.GetProperty(name))];

    public Tensor TensorOf(JsonElement element) =>
        tensor(Golden.Flatten(element).ToArray(), Golden.Shape(element)).to(dtype);

    public void Output(string name, Tensor actual, double? tolerance = null) =>
        Compare(golden.Outputs.GetProperty(name), name, actual, tolerance);

    public void Output(string name, double actual) =>
        Compare(golden.Outputs.GetProperty(name), name, tensor(actual, ScalarType.Float64), null);

    public void Gradient(string name, Tensor? actual)
    {
        Assert.NotNull(actual);
        Compare(golden.Gradients.GetProperty(name), "gradient of " + name, actual, null);
    }

    /// <summary>Notes that a number was compared elsewhere.</summary>
    public void Leave(string name) => _compared.Add(name);

    public bool Has(string output) => golden.Outputs.TryGetProperty(output, out _);

    public bool HasGradient(string name) => golden.Gradients.TryGetProperty(name, out _);

    public void Compare(JsonElement expected, string name, Tensor actual, double? tolerance)
    {
        _compared.Add(name);
        double[] want = [.. Golden.Flatten(expected)];
        double[] got = actual.detach().to(ScalarType.Float64).cpu().contiguous().data<double>().ToArray();
        Assert.True(want.Length == got.Length, $"{golden}: {name} has {got.Length} numbers, expected {want.Length}");
        double largest = want.Length == 0 ? 0 : want.Max(Math.Abs);
        for (int i = 0; i < want.Length; i++)
        {
            double allowed = dtype == ScalarType.Float64
                ? (tolerance ?? golden.Tolerance) * Math.Abs(want[i]) + Floor64
                : 1e-4 * Math.Max(1, largest);
            Assert.True(Math.Abs(want[i] - got[i]) <= allowed, $"{golden} in {dtype}: {name}[{i}] is {got[i]:R}, expected {want[i]:R}");
        }
    }

    /// <summary>Fails if an output or gradient was neither compared nor matches one of the words that mark what is not ours.</summary>
    public void AssertAllCompared(params string[] notOurs)
    {
        Assert.NotEmpty(_compared);
        foreach (string name in golden.Outputs.EnumerateObject().Select(p => p.Name)
            .Concat(golden.Gradients.EnumerateObject().Select(p => "gradient of " + p.Name)))
            Assert.True(_compared.Contains(name) || notOurs.Any(name.Contains), $"{golden}: {name} was not compared");
    }
}
