using Rlhf.Core.Randomness;

namespace Rlhf.Simulation;

/// <summary>The draws of one item (a prompt, a document) of a stream, one after another: draw n is a function of item and n.</summary>
internal sealed class Draws(RandomStream stream, uint item)
{
    private uint _next;

    public double Uniform() => stream.Uniform(item, _next++);

    public bool Chance(double probability) => Uniform() < probability;

    public int Below(int bound) => stream.Below(bound, item, _next++);

    public T Of<T>(IReadOnlyList<T> choices) => choices[Below(choices.Count)];

    /// <summary>The index of one weight, with probability weight / Σ.</summary>
    public int Weighted(params ReadOnlySpan<double> weights)
    {
        double sum = 0;
        foreach (double weight in weights)
            sum += weight;
        double at = Uniform() * sum;
        for (int i = 0; i < weights.Length - 1; i++)
        {
            if ((at -= weights[i]) < 0)
                return i;
        }
        return weights.Length - 1;
    }
}
