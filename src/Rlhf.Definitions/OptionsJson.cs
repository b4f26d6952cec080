using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Rlhf.Core;
using Rlhf.Core.Files;
using Rlhf.Core.Options;
using Rlhf.Definitions.Binding;

namespace Rlhf.Definitions;

/// <summary>Resolved options as JSON for run folders: every option is written, always in the same order.</summary>
public static class OptionsJson
{
    /// <summary>
    /// Earlier versions gave them to every stage, also to those in which they had no effect; what these have written is still read.
    /// </summary>
    private static readonly string[] s_onceOfEveryStage = ["device", "dtype", "threads", "seed"];

    /// <summary>camelCase names, enums by name, declared order, unknown names refused.</summary>
    public static JsonSerializerOptions Settings { get; } = CreateSettings();

    public static string Write(object options) => JsonSerializer.Serialize(options, options.GetType(), Settings) + "\n";

    public static T Read<T>(string json, string source = "options") where T : class => (T)Read(typeof(T), json, source);

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    /// <exception cref="UserError">Not such JSON; <paramref name="source"/> says where.</exception>
    public static object Read(Type type, string json, string source = "options")
    {
        try
        {
            return JsonSerializer.Deserialize(json, type, Settings) ?? throw new UserError($"{source}: expected options, found null");
        }
        catch (JsonException exception)
        {
            throw new UserError($"{source}:{exception.LineNumber + 1}: not the options "
                + $"of {OptionsFile.SectionName(type)}: {JsonFault.Describe(exception, json, Settings.GetTypeInfo(type))}", exception);
        }
    }

    private static JsonSerializerOptions CreateSettings()
    {
        var settings = new JsonSerializerOptions
        {
            PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
            WriteIndented = true,
            NewLine = "\n",
            Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
            UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
            Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase, allowIntegerValues: false) },
            TypeInfoResolver = new DefaultJsonTypeInfoResolver { Modifiers = { AcceptFormerOptions, InDeclaredOrder } },
        };
        settings.MakeReadOnly();
        return settings;
    }

    private static void AcceptFormerOptions(JsonTypeInfo info)
    {
        if (!info.Type.IsAssignableTo(typeof(StageOptions)))
            return;
        foreach (string name in s_onceOfEveryStage.Except(info.Properties.Select(property => property.Name)))
        {
            var ignored = info.CreateJsonPropertyInfo(typeof(JsonElement), name);
            ignored.Set = (_, _) => { };
            info.Properties.Add(ignored);
        }
    }

    private static void InDeclaredOrder(JsonTypeInfo info)
    {
        if (info.Kind != JsonTypeInfoKind.Object)
            return;
        string[] order = [.. OptionProperty.PropertiesOf(info.Type).Select(o => o.Key)];
        foreach (var property in info.Properties)
            property.Order = Array.IndexOf(order, property.Name) is var place and >= 0 ? place : order.Length;
    }
}
