using CsCheck;
using Rlhf.Statistics.Agreement;

namespace Rlhf.Statistics.Tests.Agreement;

public sealed class GwetAgreementTests
{
    private static readonly (string Key, ChanceModel Model)[] Models =
    [
        ("gwet", ChanceModel.Gwet), ("fleiss_generalised", ChanceModel.Fleiss), ("brennan_prediger", ChanceModel.BrennanPrediger),
        ("conger", ChanceModel.Conger), ("krippendorff", ChanceModel.Krippendorff),
    ];

    [Fact]
    public void Agrees_with_irrCAC()
    {
        int compared = 0;
        foreach (var (name, inputs, options, outputs) in Golden.Cases("gwet_ac"))
        {
            double?[][] subjects = inputs.GetProperty("subjects_by_raters").RowsWithGaps();
            double[] categories = options.GetProperty("categories").Numbers();
            foreach (string weights in options.GetProperty("weights").EnumerateArray().Select(w => w.GetString()!))
            {
                foreach (var (key, model) in Models)
                {
                    if (outputs.GetProperty(weights).Member(key) is not { } expected)
                        continue;
                    var actual = GwetAgreement.Compute(subjects, categories, model, Enum.Parse<WeightScheme>(weights, ignoreCase: true),
                        options.GetProperty("confidence").GetDouble());
                    string what = $"{name}, {weights}, {key}";
                    Golden.Equal(expected.GetProperty("coefficient"), actual.Coefficient.Value, what);
                    Golden.Equal(expected.GetProperty("se"), actual.StandardError, what + ", standard error");
                    Golden.Equal(expected.GetProperty("ci95_t"), actual.Coefficient, what, 1e-8);
                    // Where the coefficient is undefined, the library leaves out what goes into it, or some of it.
                    if (expected.Member("pe") is { } chance)
                        Golden.Equal(chance, actual.Expected, what + ", expected");
                    if (expected.Member("pa") is { } observed)
                        Golden.Equal(observed, actual.Observed, what + ", observed");
                    if (expected.Member("p_value") is { } p)
                        Golden.Equal(p, actual.PValue, what + ", p");
                    Assert.Equal(actual.Coefficient.Value is null, actual.Coefficient.WhyUndefined is not null);
                    compared++;
                }
            }
        }
        Assert.True(compared > 0);
    }

    [Fact]
    public void Answers_that_are_no_category_and_rows_of_other_lengths_are_refused()
    {
        Assert.Throws<ArgumentException>(() => GwetAgreement.Compute([[1, 5]], [1, 2]));
        Assert.Throws<ArgumentException>(() => GwetAgreement.Compute([[1, 2], [1]], [1, 2]));
    }

    [Fact]
    public void The_order_of_subjects_does_not_matter_and_no_number_is_NaN() =>
        Gen.Select(Gen.Int[0, 3].Array[3].Array[0, 8], Gen.Enum<ChanceModel>(), Gen.Enum<WeightScheme>()).Sample((rows, model, scheme) =>
        {
            double?[][] subjects = [.. rows.Select(row => row.Select(v => v == 0 ? (double?)null : v).ToArray())];
            var one = GwetAgreement.Compute(subjects, [1, 2, 3], model, scheme);
            var other = GwetAgreement.Compute([.. subjects.Reverse()], [1, 2, 3], model, scheme);
            return one.Coefficient.Value is { } value
                ? double.IsFinite(value) && Math.Abs(value - other.Coefficient.Value!.Value) < 1e-9 && one.StandardError is not double.NaN
                : one.Coefficient.WhyUndefined is not null && other.Coefficient.Value is null;
        });
}
