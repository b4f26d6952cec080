using System.Text.RegularExpressions;
using Rlhf.Core;
using Rlhf.Definitions.Yaml;

namespace Rlhf.Definitions.Pipelines;

/// <summary>A parameter of a pipeline: its value, or none, and what is said when it must be given.</summary>
internal sealed record PipelineParameter(string Name, Place Place, YamlNode? Value, string Help)
{
    /// <summary>Reads "model: DIR", "model:" or "model: { value: DIR, help: … }".</summary>
    public static PipelineParameter Read(YamlEntry entry)
    {
        if (entry.Value is YamlSequence)
            throw new UserError($"{entry.Value.Place}: parameter '{OneLine.Quote(entry.Key)}' must be a single value");
        if (entry.Value is YamlScalar scalar)
            return new PipelineParameter(entry.Key, entry.Place, scalar.IsNull ? null : scalar, "");
        var section = (YamlMapping)entry.Value;
        if (section.Entries.Find(e => e.Key is not ("value" or "help")) is { } unknown)
            throw new UserError($"{unknown.Place}: unknown key '{OneLine.Quote(unknown.Key)}' in parameter '{entry.Key}'. Known keys: "
                + "value, help");
        if (section.Entries.Find(e => e.Value is not YamlScalar) is { } wrong)
            throw new UserError($"{wrong.Place}: {wrong.Key} of parameter '{entry.Key}' must be a single value");
        var value = section.Find("value")?.Value as YamlScalar;
        return new PipelineParameter(
            entry.Key, entry.Place, value is { IsNull: false } ? value : null, (section.Find("help")?.Value as YamlScalar)?.Value ?? "");
    }
}

/// <summary>Replaces <c>${name}</c> in the values of stages by the parameters of the pipeline.</summary>
internal sealed partial class ParameterReferences(string path, IReadOnlyDictionary<string, PipelineParameter> parameters)
{
    /// <summary>The folder of the pipeline file, so that it can name what lies beside it.</summary>
    public const string Here = "here";

    /// <summary>A copy of the tree with every reference replaced.</summary>
    public YamlNode Resolve(YamlNode node) => node switch
    {
        YamlMapping mapping => new YamlMapping(mapping.Place, mapping.Entries.Select(e => e with { Value = Resolve(e.Value) })),
        YamlSequence sequence => new YamlSequence(sequence.Place, sequence.Items.Select(Resolve)),
        YamlScalar scalar when scalar.Value.Contains("${", StringComparison.Ordinal) => ResolveScalar(scalar),
        _ => node,
    };

    /// <summary>The value of a parameter as text.</summary>
    public string Text(YamlNode value) => value is YamlScalar scalar
        ? Reference().Replace(scalar.Value, match => match.Groups["name"].Value == Here
            ? Folder : throw new UserError($"{scalar.Place}: a parameter may refer to ${{{Here}}} alone, not to "
                + $"${{{match.Groups["name"].Value}}}"))
        : throw new UserError($"{value.Place}: a parameter must be a single value");

    private string Folder => Path.GetDirectoryName(Path.GetFullPath(path))!;

    private YamlScalar ResolveScalar(YamlScalar scalar)
    {
        string text = Reference().Replace(scalar.Value, match => Lookup(match.Groups["name"].Value, scalar.Place));
        // A reference alone takes over the kind of value too: "${count}" with count: 3 is a number.
        bool plain = Reference().Match(scalar.Value) is var whole && whole.Length == scalar.Value.Length
            && (parameters.GetValueOrDefault(whole.Groups["name"].Value)?.Value as YamlScalar)?.Plain == true;
        return new YamlScalar(scalar.Place, text, plain);
    }

    private string Lookup(string name, Place place)
    {
        if (name == Here)
            return Folder;
        if (!parameters.TryGetValue(name, out var parameter))
        {
            string[] known = [.. parameters.Keys, Here];
            throw new UserError($"{place}: no parameter '{OneLine.Quote(name)}'{NearestName.Suggest(name, known)} "
                + $"Known: {string.Join(", ", known)}");
        }
        string help = parameter.Help.Length == 0 ? "" : $" ({parameter.Help})";
        return parameter.Value is null
            ? throw new UserError($"{parameter.Place}: '{name}' must be given: --set {name}=…{help}")
            : Text(parameter.Value);
    }

    [GeneratedRegex(@"\$\{(?<name>[^{}]*)\}")]
    private static partial Regex Reference();
}
