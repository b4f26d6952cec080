using Rlhf.Testing;

namespace Rlhf.Statistics.Tests;

/// <summary>One row for each file of golden/statistics: a file that no test compares fails.</summary>
public sealed class GoldenFileTests
{
    private static readonly string[] Compared =
    [
        "agreement_and_bias", "anytime_valid", "bootstrap", "bradley_terry", "calibration", "calibrators", "cohen_kappa", "crowd_bt",
        "dawid_skene", "fleiss_kappa", "gwet_ac", "hypothesis_tests", "krippendorff_alpha", "length_controlled", "noisy_bradley_terry",
        "overoptimisation", "pandalm", "plackett_luce", "proportion_difference", "proportion_intervals", "rank_correlation",
            "rating_updates",
        "tie_models", "win_rate",
    ];

    public static TheoryData<string> Files()
    {
        string folder = Path.Combine(SharedData.Root, "golden/statistics");
        return Directory.Exists(folder)
            ? [.. Directory.GetFiles(folder, "*.json").Select(file => Path.GetFileNameWithoutExtension(file)).Order(StringComparer.Ordinal)]
            : [SharedData.Absent];
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void Every_file_is_compared(string file)
    {
        SharedData.Require("golden/statistics");
        Assert.True(Compared.Contains(file), $"no test compares golden/statistics/{file}.json");
        Assert.NotEmpty(Golden.Cases(file));
    }
}
