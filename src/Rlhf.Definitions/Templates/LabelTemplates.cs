using Rlhf.Core;
using Rlhf.Core.Options;
using Rlhf.Core.Options.Labeling;
using Rlhf.Definitions.Yaml;

namespace Rlhf.Definitions.Templates;

/// <summary>The template that a label stage names.</summary>
public static class LabelTemplates
{
    /// <summary>Rankings of this question train the reward model.</summary>
    private const string Ranking = "ranking";

    /// <summary>Options with the text of their template, where they name one; checked, so that nothing is computed in vain.</summary>
    /// <exception cref="UserError">No such template, one that is not right, or one that asks for no ranking.</exception>
    public static StageOptions Fill(StageOptions options)
    {
        if (options is not LabelOptions { Template.Length: > 0 } label)
            return options;
        label = label with { TemplateText = TextOf(label.Template) };
        Read(label);
        return label;
    }

    /// <summary>The template of a label stage; null where it names none.</summary>
    /// <exception cref="UserError">What does not fit, with its line.</exception>
    public static ProjectTemplate? Read(LabelOptions options)
    {
        if (options.Template.Length == 0)
            return null;
        var template = ProjectTemplates.Parse(options.TemplateText, options.Template);
        if (!template.Questions.Any(question =>
            question is { Key: Ranking, Kind: QuestionTemplateKind.Ranking or QuestionTemplateKind.Pairwise }))
        {
            throw new UserError($"{options.Template}: a label stage needs a ranking or pairwise question with the key '{Ranking}'; the "
                + $"template has {string.Join(", ", template.Questions.Select(question => OneLine.Quote(question.Key)))} (label.template)");
        }
        return template;
    }

    private static string TextOf(string template)
    {
        if (ProjectTemplates.Names.Contains(template, StringComparer.Ordinal))
            return ProjectTemplates.Yaml(template);
        // A name that is neither a template nor a file is more likely mistyped than a file that is missing.
        if (!Path.Exists(template) && !Path.HasExtension(template))
        {
            string name = Path.GetFileName(template);
            throw new UserError($"label.template: there is no template '{OneLine.Quote(name)}'"
                + $"{NearestName.Suggest(name, ProjectTemplates.Names)} Templates: {string.Join(", ", ProjectTemplates.Names)}; or a file");
        }
        return YamlReader.ReadText(template);
    }
}
