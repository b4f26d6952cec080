using Rlhf.Testing;

namespace Rlhf.Statistics.Tests;

/// <summary>One row for each file of golden/statistics: those whose functions do not exist yet are skipped by name.</summary>
public sealed class GoldenFileTests
{
    private static readonly string[] Covered = ["bootstrap", "calibration", "proportion_intervals", "win_rate"];

    public static TheoryData<string> Files()
    {
        string folder = Path.Combine(SharedData.Root, "golden/statistics");
        return Directory.Exists(folder)
            ? [.. Directory.GetFiles(folder, "*.json").Select(file => Path.GetFileNameWithoutExtension(file)).Order(StringComparer.Ordinal)]
            : [SharedData.Absent];
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void Every_file_is_compared_or_skipped_by_name(string file)
    {
        SharedData.Require("golden/statistics");
        Assert.SkipUnless(Covered.Contains(file), $"SKIPPED: golden/statistics/{file}.json: no finished work covers it");
        Assert.NotEmpty(Golden.Cases(file));
    }
}
