using System.Text.Json.Nodes;
using Rlhf.Models.Checkpoints;
using Rlhf.Models.Native;
using Rlhf.Testing;
using static TorchSharp.torch;

namespace Rlhf.Models.Tests;

/// <summary>The folders of data/tiny-models with their expected values; whatever folder of a known family lies there is a case.</summary>
internal static class TinyModels
{
    public const string Folder = "data/tiny-models";

    public static TheoryData<string> Names => SharedData.Folders(Folder);

    /// <summary>A folder of one of the kinds wanted; skips, by name, what no finished work covers.</summary>
    public static (string Path, JsonObject Expected) Require(string name, params string[] kinds)
    {
        string path = SharedData.Require(Path.Combine(Folder, name == SharedData.Absent ? "" : name));
        if (name == SharedData.Absent)
            Assert.Skip($"SKIPPED: no reference data at {path}");
        if (!File.Exists(Path.Combine(path, "config.json")))
            Assert.Skip($"SKIPPED: {name} is an adapter without a config.json");
        string type = (string)JsonNode.Parse(File.ReadAllText(Path.Combine(path, "config.json")))!["model_type"]!;
        if (!ModelFamilies.Known.Contains(type))
            Assert.Skip($"SKIPPED: {name}: the family {type} is not built yet");
        var expected = JsonNode.Parse(File.ReadAllText(Path.Combine(path, "expected.json")))!.AsObject();
        if (!kinds.Contains((string)expected["kind"]!))
            Assert.Skip($"SKIPPED: {name} is of kind {expected["kind"]}, this is a test of {string.Join(", ", kinds)}");
        Libtorch.EnsureLoaded();
        return (path, expected);
    }

    /// <summary>The batch as it is padded there: ids and mask [batch, time].</summary>
    public static (Tensor Ids, Tensor Mask) Batch(JsonObject expected)
    {
        long[][] ids = Matrix<long>(expected["inputs"]!["input_ids"]!), mask = Matrix<long>(expected["inputs"]!["attention_mask"]!);
        long[] shape = [ids.Length, ids[0].Length];
        return (tensor(ids.SelectMany(r => r).ToArray(), shape), tensor(mask.SelectMany(r => r.Select(m => m == 1)).ToArray(), shape));
    }

    /// <summary>The real tokens of each row.</summary>
    public static IReadOnlyList<int[]> Rows(JsonObject expected)
    {
        long[][] ids = Matrix<long>(expected["inputs"]!["input_ids"]!), mask = Matrix<long>(expected["inputs"]!["attention_mask"]!);
        return [.. ids.Select((row, i) => row.Where((_, j) => mask[i][j] == 1).Select(id => (int)id).ToArray())];
    }

    public static T[][] Matrix<T>(JsonNode node) => [.. node.AsArray().Select(row => Vector<T>(row!))];

    public static T[] Vector<T>(JsonNode node) => [.. node.AsArray().Select(x => x!.GetValue<T>())];

    /// <summary>Every number within 1e-4 of the one expected.</summary>
    public static void Near(double[] expected, IEnumerable<double> actual, double tolerance = 1e-4)
    {
        double[] found = [.. actual];
        Assert.Equal(expected.Length, found.Length);
        for (int i = 0; i < found.Length; i++)
            Assert.True(Math.Abs(expected[i] - found[i]) <= tolerance, $"place {i}: expected {expected[i]}, found {found[i]}");
    }

    public static double[] Doubles(Tensor tensor)
    {
        using var scope = NewDisposeScope();
        return tensor.detach().to(ScalarType.Float64).cpu().contiguous().data<double>().ToArray();
    }
}
