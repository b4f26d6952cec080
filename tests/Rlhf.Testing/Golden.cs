using System.Text.Json;

namespace Rlhf.Testing;

/// <summary>One case of a golden file: what went into another library, and what came out of it.</summary>
public sealed record GoldenCase(
    string File, string Name, JsonElement Inputs, JsonElement Options, JsonElement Outputs, JsonElement Gradients)
{
    /// <summary>Whose convention the numbers follow; only "ppo.md" is ours.</summary>
    public string Convention => Options.TryGetProperty("convention", out var c) ? c.GetString()! : "ppo.md";

    /// <summary>The relative tolerance in float64.</summary>
    public double Tolerance => Options.TryGetProperty("tolerance", out var t) ? t.GetDouble() : 1e-9;

    /// <summary>A number among the options; <paramref name="absent"/> where it is null or not there.</summary>
    public double Number(string option, double absent = double.NaN) =>
        Options.TryGetProperty(option, out var o) && o.ValueKind == JsonValueKind.Number ? o.GetDouble() : absent;

    /// <summary>A word among the options; "" where it is null or not there.</summary>
    public string Word(string option) => Options.TryGetProperty(option, out var o) && o.ValueKind == JsonValueKind.String
        ? o.GetString()! : "";

    public bool HasInput(string name) => Inputs.TryGetProperty(name, out _);

    public override string ToString() => $"{File}: {Name}";
}

/// <summary>Golden files (golden/README.md of the reference data): {"cases": [{name, inputs, options, outputs, gradients}]}.</summary>
public static class Golden
{
    /// <summary>The names of the cases of one file, as rows of a theory; one "absent" row where the file is not there.</summary>
    public static TheoryData<string> Names(string file)
    {
        string path = PathOf(file);
        return File.Exists(path) ? [.. Read(path, file).Select(c => c.Name)] : [SharedData.Absent];
    }

    /// <summary>One case; skips the test where the file is absent, or the case follows another library's convention.</summary>
    public static GoldenCase Case(string file, string name)
    {
        SharedData.Require($"golden/{file}.json");
        GoldenCase found = Read(PathOf(file), file).Single(c => c.Name == name);
        if (found.Convention != "ppo.md")
            Assert.Skip($"SKIPPED: {found} follows {found.Convention}, whose convention differs from ours");
        return found;
    }

    /// <summary>All cases; a file without a single one is an error, not a pass.</summary>
    public static IReadOnlyList<GoldenCase> Read(string path, string file)
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(path));
        List<GoldenCase> cases = [.. document.RootElement.GetProperty("cases").EnumerateArray().Select(c => new GoldenCase(
            file, c.GetProperty("name").GetString()!, Part(c, "inputs"), Part(c, "options"), Part(c, "outputs"), Part(c, "gradients")))];
        Assert.True(cases.Count > 0, $"{path} holds no case");
        return cases;
    }

    /// <summary>All numbers of a nested list, row after row.</summary>
    public static IEnumerable<double> Flatten(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Array => element.EnumerateArray().SelectMany(Flatten),
        JsonValueKind.Object => element.EnumerateObject().SelectMany(p => Flatten(p.Value)),
        JsonValueKind.True => [1],
        JsonValueKind.False => [0],
        _ => [element.GetDouble()],
    };

    /// <summary>The lengths of a rectangular nested list.</summary>
    public static long[] Shape(JsonElement element) => element.ValueKind != JsonValueKind.Array ? []
        : element.GetArrayLength() == 0 ? [0] : [element.GetArrayLength(), .. Shape(element[0])];

    private static string PathOf(string file) => Path.Combine(SharedData.Root, "golden", file + ".json");

    private static JsonElement Part(JsonElement c, string name) =>
        c.TryGetProperty(name, out var part) ? part.Clone() : JsonDocument.Parse("{}").RootElement.Clone();
}
