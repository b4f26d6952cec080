namespace Rlhf.Models.Layers;

/// <summary>
/// The scaling of rotary frequencies in Llama 3.1 (transformers, <c>modeling_rope_utils.py</c>, "llama3"): frequencies with wavelengths
/// above original/low are divided by the factor, those below original/high are unchanged, and between the two they are interpolated.
/// </summary>
public sealed record RopeScaling(double Factor, double LowFrequencyFactor, double HighFrequencyFactor, double OriginalMaxPositions)
{
    /// <summary>One inverse frequency, scaled.</summary>
    public double Apply(double inverseFrequency)
    {
        double wavelength = 2 * Math.PI / inverseFrequency;
        if (wavelength > OriginalMaxPositions / LowFrequencyFactor)
            return inverseFrequency / Factor;
        if (wavelength < OriginalMaxPositions / HighFrequencyFactor)
            return inverseFrequency;
        double smooth = (OriginalMaxPositions / wavelength - LowFrequencyFactor) / (HighFrequencyFactor - LowFrequencyFactor);
        return (1 - smooth) * inverseFrequency / Factor + smooth * inverseFrequency;
    }
}
