using Rlhf.Core;
using Rlhf.Definitions.Templates;
using Rlhf.Storage.Entities;
using Rlhf.Storage.Labeling;

namespace Rlhf.LabelingUi.Features.Projects;

/// <summary>The questions of a project as YAML, to be edited on its settings page.</summary>
internal static class ProjectQuestions
{
    private const string Field = "questions";

    public static string Yaml(LabelingProjectVersion version) => QuestionsYaml.Write(TemplateQuestions.ToTemplates(version.Questions));

    /// <exception cref="UserError">What does not fit, with its line.</exception>
    public static IReadOnlyList<Question> Parse(string yaml)
    {
        try
        {
            return TemplateQuestions.Create(QuestionsYaml.Parse(yaml, Field));
        }
        catch (UserError error)
        {
            throw new UserError(error.Message, error) { Field = Field };
        }
    }
}
