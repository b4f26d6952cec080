using MathNet.Numerics.LinearAlgebra;

namespace Rlhf.Statistics.Optimization;

/// <summary>
/// Adds count · ln P to an objective, where P is a function of three local variables: x₀ is the difference of two parameters, x₁ and x₂ are
/// one parameter each.
/// </summary>
/// <param name="plus">The parameter that x₀ grows with.</param>
/// <param name="minus">The parameter that x₀ falls with.</param>
/// <param name="second">The parameter x₁.</param>
/// <param name="third">The parameter x₂.</param>
internal readonly struct MixtureTerm(int plus, int minus, int second, int third)
{
    /// <param name="count">How often P was observed.</param>
    /// <param name="probability">P.</param>
    /// <param name="first">Its derivatives by x₀, x₁, x₂.</param>
    /// <param name="mixed">Its second derivatives by 00, 11, 22, 01, 02, 12.</param>
    /// <param name="gradient">Is added to.</param>
    /// <param name="hessian">Is added to.</param>
    /// <returns>count · ln P.</returns>
    public double Add(double count, double probability, (double, double, double) first,
        (double, double, double, double, double, double) mixed, Vector<double> gradient, Matrix<double> hessian)
    {
        double a = first.Item1 / probability, b = first.Item2 / probability, c = first.Item3 / probability;
        double aa = mixed.Item1 / probability - a * a, bb = mixed.Item2 / probability - b * b, cc = mixed.Item3 / probability - c * c;
        double ab = mixed.Item4 / probability - a * b, ac = mixed.Item5 / probability - a * c, bc = mixed.Item6 / probability - b * c;
        gradient[plus] += count * a;
        gradient[minus] -= count * a;
        gradient[second] += count * b;
        gradient[third] += count * c;
        hessian[plus, plus] += count * aa;
        hessian[minus, minus] += count * aa;
        hessian[second, second] += count * bb;
        hessian[third, third] += count * cc;
        AddBoth(hessian, plus, minus, -count * aa);
        AddBoth(hessian, plus, second, count * ab);
        AddBoth(hessian, minus, second, -count * ab);
        AddBoth(hessian, plus, third, count * ac);
        AddBoth(hessian, minus, third, -count * ac);
        AddBoth(hessian, second, third, count * bc);
        return count * Math.Log(probability);
    }

    private static void AddBoth(Matrix<double> hessian, int i, int j, double value)
    {
        hessian[i, j] += value;
        hessian[j, i] += value;
    }
}
