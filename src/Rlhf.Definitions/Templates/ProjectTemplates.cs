using Rlhf.Core;
using Rlhf.Core.Options.Labeling;
using Rlhf.Definitions.Binding;
using Rlhf.Definitions.Yaml;

namespace Rlhf.Definitions.Templates;

/// <summary>Templates of labeling projects: the protocols that ship, as YAML files in the assembly, and files of one's own.</summary>
public static class ProjectTemplates
{
    private const string Folder = "templates/", Extension = ".yaml";

    /// <summary>The names of the templates that ship, in alphabetical order.</summary>
    public static IReadOnlyList<string> Names { get; } =
        [.. typeof(ProjectTemplates).Assembly.GetManifestResourceNames().Where(name => name.StartsWith(Folder, StringComparison.Ordinal))
            .Select(name => name[Folder.Length..^Extension.Length]).Order(StringComparer.Ordinal)];

    /// <summary>A template that ships.</summary>
    /// <exception cref="UserError">There is none of this name.</exception>
    public static ProjectTemplate Get(string name) => Parse(Yaml(name), name + Extension);

    /// <summary>Its file, to begin one of one's own from.</summary>
    /// <exception cref="UserError">There is none of this name.</exception>
    public static string Yaml(string name)
    {
        if (!Names.Contains(name, StringComparer.Ordinal))
            throw new UserError($"there is no template '{OneLine.Quote(name)}'{NearestName.Suggest(name, Names)} "
                + $"Templates: {string.Join(", ", Names)}")
            { Field = "template" };
        using var reader = new StreamReader(typeof(ProjectTemplates).Assembly.GetManifestResourceStream(Folder + name + Extension)!);
        return reader.ReadToEnd();
    }

    /// <summary>A file of one's own.</summary>
    /// <exception cref="UserError">No such file, or what does not fit, with its line and the nearest right name.</exception>
    public static ProjectTemplate ReadFile(string path) => Bind(YamlReader.ReadFile(path));

    /// <summary>The text of a file.</summary>
    /// <param name="text">YAML.</param>
    /// <param name="source">What messages call it.</param>
    /// <exception cref="UserError">What does not fit, with its line and the nearest right name.</exception>
    public static ProjectTemplate Parse(string text, string source) => YamlReader.Read(text, source) is YamlMapping mapping
        ? Bind(mapping)
        : throw new UserError($"{source}: a template is lines of 'key: value', with 'questions' among them");

    /// <summary>The questions alone: the list, or that of a whole template.</summary>
    internal static IReadOnlyList<QuestionTemplate> ParseQuestions(string text, string source) => YamlReader.Read(text, source) switch
    {
        YamlMapping mapping => Bind(mapping).Questions,
        YamlSequence { Place: var place } list => Bind(new YamlMapping(place, [new(place, "questions", list)])).Questions,
        _ => throw new UserError($"{source}: questions are a list, each beginning with '- key: name'"),
    };

    private static ProjectTemplate Bind(YamlMapping root) => (ProjectTemplate)OptionBinder.Bind(root, typeof(ProjectTemplate), "template");
}
