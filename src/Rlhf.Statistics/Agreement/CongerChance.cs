namespace Rlhf.Statistics.Agreement;

/// <summary>Expected agreement of pairs of different annotators, each with their own shares of the categories.</summary>
internal static class CongerChance
{
    /// <summary>
    /// One number per subject, with the expected agreement as their mean: its derivative by that subject's answers. −1 in
    /// <paramref name="answers"/> is missing.
    /// </summary>
    public static double[] PerSubject(int[][] answers, double[,] weights)
    {
        int q = weights.GetLength(0), raters = answers.Max(row => row.Length), n = answers.Length;
        double[] given = [.. Enumerable.Range(0, raters).Select(g => (double)answers.Count(row => row[g] >= 0))];
        double[][] shares = [.. Enumerable.Range(0, raters).Select(g => Enumerable.Range(0, q)
            .Select(k => given[g] == 0 ? 0 : answers.Count(row => row[g] == k) / given[g]).ToArray())];
        double[] all = [.. Enumerable.Range(0, q).Select(k => shares.Sum(share => share[k]))];
        // Σ_l w_kl Σ_{h≠g} p_hl: what the others choose, seen from annotator g's category k.
        double[][] others = [.. shares.Select(share =>
        {
            double[] rest = [.. all.Select((sum, k) => sum - share[k])];
            return Enumerable.Range(0, q).Select(k => GwetAgreement.Weighted(weights, rest, k)).ToArray();
        })];
        double pairs = raters * (raters - 1.0);
        double[] expectedWith = [.. Enumerable.Range(0, raters).Select(g => Enumerable.Range(0, q).Sum(k => shares[g][k] * others[g][k]))];
        double expected = expectedWith.Sum() / pairs;
        return [.. answers.Select(row => expected + Enumerable.Range(0, raters)
            .Where(g => row[g] >= 0)
            .Sum(g => n / given[g] * (others[g][row[g]] - expectedWith[g])) / pairs)];
    }
}
