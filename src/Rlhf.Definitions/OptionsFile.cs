using Rlhf.Core;
using Rlhf.Definitions.Binding;
using Rlhf.Definitions.Yaml;

namespace Rlhf.Definitions;

/// <summary>The options of one stage from a YAML file, with overrides from the command line.</summary>
public static class OptionsFile
{
    /// <summary>Reads a file and binds it, after <c>--set key=value</c> overrides.</summary>
    /// <typeparam name="T">An options record.</typeparam>
    /// <param name="path">The YAML file; null binds the overrides alone.</param>
    /// <param name="overrides">Texts such as "sampling.temperature=0.7", the later over the earlier.</param>
    /// <exception cref="UserError">What does not fit, with file and line or the override, and what would be right.</exception>
    public static T Bind<T>(string? path, IReadOnlyList<string> overrides) where T : class => (T)Bind(typeof(T), path, overrides);

    /// <inheritdoc cref="Bind{T}(string, IReadOnlyList{string})"/>
    public static object Bind(Type type, string? path, IReadOnlyList<string> overrides)
    {
        var root = path is null ? new YamlMapping(new Place("options"), []) : YamlReader.ReadFile(path);
        foreach (string text in overrides)
            Override.Parse(text).ApplyTo(root);
        return OptionBinder.Bind(root, type, SectionName(type));
    }

    /// <summary>What messages call the options of a type: RewardOptions is "reward".</summary>
    public static string SectionName(Type type)
    {
        string name = type.Name.EndsWith("Options", StringComparison.Ordinal) && type.Name.Length > 7 ? type.Name[..^7] : type.Name;
        return System.Text.Json.JsonNamingPolicy.CamelCase.ConvertName(name);
    }
}
