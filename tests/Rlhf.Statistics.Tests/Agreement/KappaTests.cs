using CsCheck;
using Rlhf.Statistics.Agreement;

namespace Rlhf.Statistics.Tests.Agreement;

public sealed class KappaTests
{
    [Fact]
    public void Cohen_agrees_with_scikit_learn_and_statsmodels()
    {
        foreach (var (name, inputs, _, outputs) in Golden.Cases("cohen_kappa"))
        {
            int[,] table = inputs.GetProperty("table").Table();
            foreach (var (key, scheme) in new[] { ("unweighted", WeightScheme.Identity), ("linear", WeightScheme.Linear),
                ("quadratic", WeightScheme.Quadratic) })
            {
                var expected = outputs.GetProperty(key);
                var actual = CohenKappa.Compute(table, scheme);
                string what = $"{name}, {key}";
                Assert.Equal(outputs.GetProperty("n").GetInt64(), actual.Items);
                Golden.Equal(outputs.GetProperty("po"), actual.Observed, what + ", observed");
                Golden.Equal(outputs.GetProperty("pe"), actual.Expected, what + ", expected");
                Golden.Equal(expected.GetProperty("kappa"), actual.Kappa.Value, what);
                Golden.Equal(expected.GetProperty("se"), actual.StandardError, what + ", standard error");
                Golden.Equal(expected.GetProperty("ci95_normal"), actual.Kappa, what, 1e-8);
                if (expected.TryGetProperty("se_null", out var errorOfNull))
                    Golden.Equal(errorOfNull, actual.StandardErrorOfNull, what + ", standard error of null");
                if (expected.TryGetProperty("kappa_max", out var largest))
                    Golden.Equal(largest, actual.Largest, what + ", largest");
                Assert.Equal(actual.Kappa.Value is null, actual.Kappa.WhyUndefined is not null);
            }
        }
    }

    [Fact]
    public void Cohen_by_hand() => Assert.Equal(0.4, CohenKappa.Compute(new[,] { { 20, 5 }, { 10, 15 } }).Kappa.Value!.Value, 1e-12);

    [Fact]
    public void Cohen_from_pairs_of_answers() =>
        Assert.Equal(new[,] { { 1, 2 }, { 0, 1 } }, CohenKappa.CrossTable([(0, 1), (0, 0), (1, 1), (0, 1)], 2));

    [Fact]
    public void Cohen_treats_both_annotators_alike_and_is_never_NaN() =>
        Gen.Select(Gen.Int[0, 4].Array[9], Gen.Enum<WeightScheme>()).Sample((cells, scheme) =>
        {
            int[,] table = new int[3, 3], turned = new int[3, 3];
            for (int i = 0; i < 9; i++)
                table[i / 3, i % 3] = turned[i % 3, i / 3] = cells[i];
            var one = CohenKappa.Compute(table, scheme).Kappa;
            var other = CohenKappa.Compute(turned, scheme).Kappa;
            return one.Value is { } kappa
                ? double.IsFinite(kappa) && double.IsFinite(one.Low!.Value) && Math.Abs(kappa - other.Value!.Value) < 1e-12
                    && kappa <= 1 + 1e-12
                : one.WhyUndefined is not null && other.Value is null;
        });

    [Fact]
    public void Fleiss_agrees_with_statsmodels()
    {
        foreach (var (name, inputs, _, outputs) in Golden.Cases("fleiss_kappa"))
        {
            var actual = FleissKappa.Compute([.. inputs.GetProperty("subjects_by_categories").EnumerateArray()
                .Select(row => row.Integers())]);
            Golden.Equal(outputs.GetProperty("kappa"), actual.Kappa, name);
            Golden.Equal(outputs.GetProperty("randolph_kappa"), actual.Randolph, name + ", Randolph");
            Golden.Equal(outputs.GetProperty("po"), actual.Observed, name + ", observed");
            Golden.Equal(outputs.GetProperty("pe"), actual.Expected, name + ", expected");
            if (outputs.TryGetProperty("se_null", out var error))
                Golden.Equal(error, actual.StandardErrorOfNull, name + ", standard error of null");
            if (outputs.TryGetProperty("category_kappa", out var categories))
            {
                Assert.Equal(categories.GetArrayLength(), actual.ByCategory.Count);
                foreach (var (expected, category) in categories.EnumerateArray().Zip(actual.ByCategory))
                    Golden.Equal(expected, category, name + ", category");
            }
            Assert.Equal(actual.Kappa is null, actual.WhyUndefined is not null);
        }
    }

    /// <summary>The example of Fleiss 1971 as Wikipedia has it: 10 subjects, 5 categories, 14 raters.</summary>
    [Fact]
    public void Fleiss_known_example()
    {
        int[][] counts = [[0, 0, 0, 0, 14], [0, 2, 6, 4, 2], [0, 0, 3, 5, 6], [0, 3, 9, 2, 0], [2, 2, 8, 1, 1], [7, 7, 0, 0, 0],
            [3, 2, 6, 3, 0],
            [2, 5, 3, 2, 2], [6, 5, 2, 1, 0], [0, 2, 2, 3, 7]];
        Assert.Equal(0.2099, FleissKappa.Compute(counts).Kappa!.Value, 0.00005);
    }
}
