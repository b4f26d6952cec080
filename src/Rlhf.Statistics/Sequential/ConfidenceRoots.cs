namespace Rlhf.Statistics.Sequential;

/// <summary>Finds the root of a monotone function of a probability.</summary>
internal static class ConfidenceRoots
{
    /// <summary>
    /// The root between <paramref name="inside"/>, where the function is negative, and <paramref name="outside"/>, where it is not, to
    /// 1e-16. Bisection, because the functions are infinite at 0 and 1, where methods with derivatives fail.
    /// </summary>
    public static double Bisect(Func<double, double> function, double inside, double outside)
    {
        while (true)
        {
            double middle = inside + (outside - inside) / 2;
            if (middle == inside || middle == outside || Math.Abs(outside - inside) < 1e-16)
                return middle;
            if (function(middle) < 0)
                inside = middle;
            else
                outside = middle;
        }
    }
}
