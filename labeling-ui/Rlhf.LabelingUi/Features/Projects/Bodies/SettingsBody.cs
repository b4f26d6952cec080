using System.Text.Json;
using System.Text.Json.Nodes;
using Rlhf.Core;
using Rlhf.Core.Files;
using Rlhf.Definitions;
using Rlhf.LabelingUi.Shell.Requests;
using Rlhf.Storage.Entities;

namespace Rlhf.LabelingUi.Features.Projects.Bodies;

/// <summary>Some settings of a project, over those of before.</summary>
internal static class SettingsBody
{
    /// <exception cref="UserError">An unknown setting, or a value of another type.</exception>
    public static ProjectSettings Apply(ProjectSettings before, JsonObject? changes)
    {
        if (changes is null)
            return before;
        var type = ApiJson.Settings.GetTypeInfo(typeof(ProjectSettings));
        var merged = JsonSerializer.SerializeToNode(before, ApiJson.Settings)!.AsObject();
        foreach (var (name, value) in changes)
        {
            string[] names = [.. type.Properties.Select(property => property.Name)];
            if (!names.Contains(name, StringComparer.Ordinal))
            {
                throw new UserError($"settings: unknown setting '{OneLine.Quote(name)}'{NearestName.Suggest(name, names)} "
                    + $"Settings: {string.Join(", ", names)}")
                {
                    Field = $"settings.{name}",
                };
            }
            merged[name] = value?.DeepClone();
        }
        string json = merged.ToJsonString();
        try
        {
            return JsonSerializer.Deserialize<ProjectSettings>(json, ApiJson.Settings)!;
        }
        catch (JsonException exception)
        {
            throw new UserError($"settings: {JsonFault.Describe(exception, json, type)}", exception)
            {
                Field = $"settings.{JsonFault.Field(exception)}",
            };
        }
    }
}
