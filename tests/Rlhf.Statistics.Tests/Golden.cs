using System.Text.Json;
using Rlhf.Testing;

namespace Rlhf.Statistics.Tests;

/// <summary>Reads the cases of golden/statistics/NAME.json.</summary>
internal static class Golden
{
    public static IEnumerable<(string Name, JsonElement Inputs, JsonElement Options, JsonElement Outputs)> Cases(string file)
    {
        string path = SharedData.Require($"golden/statistics/{file}.json");
        foreach (var @case in JsonDocument.Parse(File.ReadAllText(path)).RootElement.GetProperty("cases").EnumerateArray())
            yield return (@case.GetProperty("name").GetString()!, @case.GetProperty("inputs"), @case.GetProperty("options"), @case.GetProperty("outputs"));
    }

    public static double[] Numbers(this JsonElement array) => [.. array.EnumerateArray().Select(e => e.GetDouble())];

    public static double? NumberOrNull(this JsonElement value) => value.ValueKind == JsonValueKind.Null ? null : value.GetDouble();

    /// <summary>Equal with relative tolerance 1e-9, null (undefined) only to null.</summary>
    public static void Equal(JsonElement expected, double? actual, string what)
    {
        if (expected.ValueKind == JsonValueKind.Null)
        {
            Assert.True(actual is null, $"{what}: undefined expected, got {actual}");
            return;
        }
        double value = expected.GetDouble();
        Assert.True(actual is not null, $"{what}: {value} expected, got undefined");
        Assert.True(Math.Abs(value - actual.Value) <= 1e-9 * Math.Max(1e-3, Math.Abs(value)), $"{what}: {value} expected, got {actual}");
    }

    public static void Equal(JsonElement expectedEnds, Interval actual, string what)
    {
        Equal(expectedEnds[0], actual.Low, what + ", low");
        Equal(expectedEnds[1], actual.High, what + ", high");
    }
}
