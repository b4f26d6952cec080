using System.Text.Json;
using Rlhf.Core;
using Rlhf.Core.Files;
using Rlhf.Core.Options;

namespace Rlhf.Definitions.Pipelines;

/// <summary>Reads resolved pipelines, as the rows and folders of their runs hold them.</summary>
internal static class PipelineJson
{
    private static readonly JsonSerializerOptions Settings = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
    };

    /// <inheritdoc cref="PipelineFile.FromJson"/>
    public static PipelineFile Read(string json, IReadOnlyDictionary<string, Type> kinds, string source)
    {
        var resolved = Parse(json, source);
        if (resolved.Stages.Count == 0)
            throw new UserError($"{source}: not a resolved pipeline: stages must list one or more; got []");
        return new PipelineFile
        {
            Name = resolved.Name,
            Description = resolved.Description,
            Seed = resolved.Seed,
            Parameters = resolved.Parameters,
            Stages = [.. resolved.Stages.Select((stage, index) => Stage(stage, index, kinds, source))],
        };
    }

    private static Resolved Parse(string json, string source)
    {
        try
        {
            return JsonSerializer.Deserialize<Resolved>(json, Settings)
                ?? throw new UserError($"{source}: not a resolved pipeline: the value must be an object; got null");
        }
        catch (JsonException exception)
        {
            string fault = JsonFault.Describe(exception, json, Settings.GetTypeInfo(typeof(Resolved)));
            throw new UserError($"{source}: not a resolved pipeline: {fault}", exception);
        }
    }

    private static PipelineStage Stage(ResolvedStage? stage, int index, IReadOnlyDictionary<string, Type> kinds, string source)
    {
        if (stage is null)
            throw new UserError($"{source}: not a resolved pipeline: stages[{index}] must be an object; got null");
        if (!kinds.TryGetValue(stage.Kind, out var type))
        {
            throw new UserError(
                $"{source}: unknown kind of stage '{OneLine.Quote(stage.Kind)}'{NearestName.Suggest(stage.Kind, kinds.Keys)}");
        }
        return new PipelineStage(stage.Kind, (StageOptions)OptionsJson.Read(type, stage.Options.GetRawText(), source));
    }

    private sealed record Resolved(
        string Name, string Description, ulong Seed, IReadOnlyDictionary<string, string?> Parameters, IReadOnlyList<ResolvedStage?> Stages);

    private sealed record ResolvedStage(string Kind, JsonElement Options);
}
