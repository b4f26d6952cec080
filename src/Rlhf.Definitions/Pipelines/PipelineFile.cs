using System.Text.Json;
using System.Text.Json.Nodes;
using Rlhf.Core;
using Rlhf.Core.Options;
using Rlhf.Definitions.Yaml;

namespace Rlhf.Definitions.Pipelines;

/// <summary>One stage of a pipeline: its kind ("reward") and its options, resolved.</summary>
public sealed record PipelineStage(string Kind, StageOptions Options);

/// <summary>
/// A pipeline: stages in order, each with its options. The YAML file reads
/// <code>
/// name: quickstart
/// description: what it shows
/// seed: 1
/// parameters:
///   model: ${here}/policy          # replaced by --set model=DIR
///   data:                          # no value: --set data=DIR must be given
///     help: a folder with preference pairs
/// stages:
///   - candidates: { model: "${model}", prompts: 400 }
///   - reward:
///       epochs: 2
///   - evaluate
/// </code>
/// device, dtype, threads and seed of the file are the defaults of every stage that has them; ${here} is the folder of the file.
/// </summary>
public sealed record PipelineFile
{
    /// <summary>A short name: letters, digits, '-', '_' and '.'.</summary>
    public required string Name { get; init; }

    public string Description { get; init; } = "";

    public ulong Seed { get; init; } = 1;

    /// <summary>The parameters after overrides; null where one has no value and no stage asks for it.</summary>
    public IReadOnlyDictionary<string, string?> Parameters { get; init; } = new Dictionary<string, string?>();

    public required IReadOnlyList<PipelineStage> Stages { get; init; }

    /// <summary>Reads a pipeline, replaces what <c>--set</c> names, and checks every stage.</summary>
    /// <param name="path">The YAML file.</param>
    /// <param name="kinds">The kinds of stages and the type of their options.</param>
    /// <param name="overrides">
    /// "model=DIR" (a parameter), "seed=2" (a key of the file), "ppo.updates=10" (an option of the stages of that kind) or
    /// "stages.0.candidates.prompts=9" (of the first stage).
    /// </param>
    /// <exception cref="UserError">What does not fit, with file and line or the override, and what would be right.</exception>
    public static PipelineFile Load(string path, IReadOnlyDictionary<string, Type> kinds, IReadOnlyList<string> overrides) =>
        new PipelineReader(path, kinds).Read(YamlReader.ReadFile(path), overrides);

    /// <summary>The resolved pipeline as JSON, for the folder and the row of its run.</summary>
    public string ToJson()
    {
        JsonNode? Node(object value) => JsonSerializer.SerializeToNode(value, value.GetType(), OptionsJson.Settings);
        var json = new JsonObject
        {
            ["name"] = Name,
            ["description"] = Description,
            ["seed"] = Seed,
            ["parameters"] = Node(Parameters.OrderBy(p => p.Key, StringComparer.Ordinal).ToDictionary(p => p.Key, p => p.Value)),
            ["stages"] = new JsonArray(
                [.. Stages.Select(stage => new JsonObject { ["kind"] = stage.Kind, ["options"] = Node(stage.Options) })]),
        };
        return json.ToJsonString(OptionsJson.Settings) + "\n";
    }

    /// <summary>Reads what <see cref="ToJson"/> wrote.</summary>
    /// <exception cref="UserError">Not such JSON, or a kind of stage that is not known here.</exception>
    public static PipelineFile FromJson(string json, IReadOnlyDictionary<string, Type> kinds, string source = "pipeline") =>
        PipelineJson.Read(json, kinds, source);
}
