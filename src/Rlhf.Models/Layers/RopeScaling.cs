namespace Rlhf.Models.Layers;

/// <summary>
/// How Llama 3.1 stretches its rotary frequencies to longer texts (transformers, <c>modeling_rope_utils.py</c>, "llama3"): wavelengths
/// beyond original/low are divided by the factor, those below original/high stay, and between the two it is blended.
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
