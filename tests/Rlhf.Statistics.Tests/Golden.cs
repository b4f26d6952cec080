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
            yield return (@case.GetProperty("name").GetString()!, @case.GetProperty("inputs"), @case.GetProperty("options"),
                @case.GetProperty("outputs"));
    }

    public static double[] Numbers(this JsonElement array) => [.. array.EnumerateArray().Select(e => e.GetDouble())];

    public static double? NumberOrNull(this JsonElement value) => value.ValueKind == JsonValueKind.Null ? null : value.GetDouble();

    public static int[] Integers(this JsonElement array) => [.. array.EnumerateArray().Select(e => e.GetInt32())];

    public static double[][] Rows(this JsonElement array) => [.. array.EnumerateArray().Select(Numbers)];

    /// <summary>Rows with null for what is missing.</summary>
    public static double?[][] RowsWithGaps(this JsonElement array) =>
        [.. array.EnumerateArray().Select(row => row.EnumerateArray().Select(NumberOrNull).ToArray())];

    public static int[,] Table(this JsonElement rows)
    {
        int[,] table = new int[rows.GetArrayLength(), rows.GetArrayLength() == 0 ? 0 : rows[0].GetArrayLength()];
        for (int i = 0; i < table.GetLength(0); i++)
        {
            for (int j = 0; j < table.GetLength(1); j++)
                table[i, j] = rows[i][j].GetInt32();
        }
        return table;
    }

    /// <summary>The member of that name, where it is there and not null.</summary>
    public static JsonElement? Member(this JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var member)
            && member.ValueKind != JsonValueKind.Null ? member : null;

    /// <summary>The tolerance for what a fit finds.</summary>
    public const double FitTolerance = 1e-6;

    /// <summary>Equal with relative tolerance (1e-9 unless said otherwise), null (undefined) only to null.</summary>
    public static void Equal(JsonElement expected, double? actual, string what, double tolerance = 1e-9)
    {
        if (expected.ValueKind == JsonValueKind.Null)
        {
            Assert.True(actual is null, $"{what}: undefined expected, got {actual}");
            return;
        }
        double value = expected.GetDouble();
        Assert.True(actual is not null, $"{what}: {value} expected, got undefined");
        Assert.True(Math.Abs(value - actual.Value) <= tolerance * Math.Max(1e-3, Math.Abs(value)),
            $"{what}: {value} expected, got {actual}");
    }

    /// <summary>Equal numbers in equal places; an absolute tolerance, because what should be 0 has no relative one.</summary>
    public static void AllEqual(JsonElement expected, IReadOnlyList<double>? actual, string what, double tolerance = FitTolerance)
    {
        Assert.True(actual is not null, $"{what}: numbers expected, got undefined");
        double[] values = expected.Numbers();
        Assert.True(values.Length == actual.Count, $"{what}: {values.Length} numbers expected, got {actual.Count}");
        for (int i = 0; i < values.Length; i++)
        {
            Assert.True(Math.Abs(values[i] - actual[i]) <= tolerance * Math.Max(1, Math.Abs(values[i])),
                $"{what}, {i}: {values[i]} expected, got {actual[i]}");
        }
    }

    public static void Equal(JsonElement expectedEnds, Interval actual, string what, double tolerance = 1e-9)
    {
        Equal(expectedEnds[0], actual.Low, what + ", low", tolerance);
        Equal(expectedEnds[1], actual.High, what + ", high", tolerance);
    }
}
