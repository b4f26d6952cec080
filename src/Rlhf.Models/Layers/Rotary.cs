using static Rlhf.Models.Native.Numbers;
using static TorchSharp.torch;

namespace Rlhf.Models.Layers;

/// <summary>
/// Rotary position embeddings (Su et al. 2021, "RoFormer") in the rotate-half layout of Hugging Face's Llama. Sines and cosines are
/// computed in fp64 and cached up to the longest row so far, not up to max_position_embeddings.
/// </summary>
public sealed class Rotary(int headSize, double theta, RopeScaling? scaling) : IDisposable
{
    private const int FirstLength = 256;

    private Tensor? _cosines;
    private Tensor? _signedSines;

    /// <summary>
    /// Cosines and sines for one forward pass: [time, 1, head] without padding, [batch, time, 1, head] with padding. The first half of the
    /// sines is negated, so that a rotation is one addcmul with swapped halves.
    /// </summary>
    public (Tensor Cosines, Tensor SignedSines) At(SequenceLayout layout, Device device, ScalarType dtype)
    {
        Grow(layout.End, device, dtype);
        if (layout.Positions is { } positions)
            return (MetaCompatibleOps.Rows(_cosines!, positions).unsqueeze(2), MetaCompatibleOps.Rows(_signedSines!, positions)
                .unsqueeze(2));
        return (_cosines!.narrow(0, layout.Start, layout.Length).unsqueeze(1), _signedSines!.narrow(0, layout.Start, layout.Length)
            .unsqueeze(1));
    }

    /// <summary>Rotates queries or keys [batch, time, heads, head].</summary>
    public static Tensor Apply(Tensor x, (Tensor Cosines, Tensor SignedSines) at) =>
        x.mul(at.Cosines).addcmul_(MetaCompatibleOps.SwapHalves(x), at.SignedSines, Number(1));

    /// <summary>The inverse frequencies θ^(−2i/d), scaled if the config says so.</summary>
    public double[] InverseFrequencies()
    {
        double[] frequencies = new double[headSize / 2];
        for (int i = 0; i < frequencies.Length; i++)
        {
            double plain = Math.Pow(theta, -2.0 * i / headSize);
            frequencies[i] = scaling?.Apply(plain) ?? plain;
        }
        return frequencies;
    }

    public void Dispose()
    {
        _cosines?.Dispose();
        _signedSines?.Dispose();
    }

    private void Grow(int length, Device device, ScalarType dtype)
    {
        if (_cosines is not null && _cosines.shape[0] >= length && _cosines.dtype == dtype && _cosines.device == device)
            return;
        int rows = FirstLength;
        while (rows < length)
            rows *= 2;
        float[] cosines = new float[rows * headSize], sines = new float[rows * headSize];
        double[] frequencies = InverseFrequencies();
        int half = headSize / 2;
        for (int row = 0; row < rows; row++)
        {
            for (int i = 0; i < half; i++)
            {
                var (sine, cosine) = Math.SinCos(row * frequencies[i]);
                cosines[row * headSize + i] = cosines[row * headSize + half + i] = (float)cosine;
                sines[row * headSize + i] = (float)-sine;
                sines[row * headSize + half + i] = (float)sine;
            }
        }
        Dispose();
        _cosines = Table(cosines, rows, device, dtype);
        _signedSines = Table(sines, rows, device, dtype);
    }

    private Tensor Table(float[] values, int rows, Device device, ScalarType dtype)
    {
        using var scope = NewDisposeScope();
        return tensor(values, [rows, headSize]).to(dtype, device).DetachFromDisposeScope();
    }
}
