using Rlhf.Core;
using Rlhf.Core.Options.Labeling;
using Rlhf.Definitions.Binding;
using Rlhf.Definitions.Templates;
using Rlhf.Storage.Entities;
using Rlhf.Storage.Labeling;

namespace Rlhf.LabelingUi.Features.Projects.Bodies;

/// <summary>Requests to make or change a project as the rules of labeling take them.</summary>
internal static class ProjectRequests
{
    /// <summary>The share of gold tasks where a request names none: it matters only where there are gold tasks.</summary>
    private const double DefaultGoldShare = 0.1;

    /// <exception cref="UserError">Several sources of questions, an unknown template, or a part that does not fit.</exception>
    public static NewProject Read(CreateProjectRequest request, string createdBy)
    {
        var template = TemplateOf(request);
        var settings = SettingsBody.Apply(
            TemplateSettings.Apply(template, new ProjectSettings { GoldShare = DefaultGoldShare }), request.Settings);
        return new NewProject(request.Name, TemplateQuestions.Create(template.Questions))
        {
            Guidelines = request.Guidelines ?? template.Guidelines,
            Overlap = request.Overlap ?? template.Overlap,
            Settings = settings with
            {
                Access = request.Access ?? settings.Access,
                Completions = request.K ?? settings.Completions,
            },
            CreatedBy = createdBy,
        };
    }

    /// <exception cref="UserError">A question that does not fit.</exception>
    public static ProjectChange Read(ChangeProjectRequest request)
    {
        bool settings = request.Settings is not null || request.Access is not null || request.K is not null;
        return new ProjectChange
        {
            Name = request.Name,
            Overlap = request.Overlap,
            Guidelines = request.Guidelines,
            Questions = request.Questions is { } questions ? TemplateQuestions.Create(Checked(questions)) : null,
            Settings = !settings ? null : before => SettingsBody.Apply(before, request.Settings) is var after ? after with
            {
                Access = request.Access ?? after.Access,
                Completions = request.K ?? after.Completions,
            } : before,
        };
    }

    private static ProjectTemplate TemplateOf(CreateProjectRequest request)
    {
        string[] given = [.. new (string Name, object? Value)[]
        {
            ("template", request.Template), ("templateYaml", request.TemplateYaml), ("question", request.Question),
            ("questions", request.Questions),
        }.Where(part => part.Value is not null).Select(part => part.Name)];
        if (given.Length > 1)
            throw new UserError($"{given[1]}: give one of {string.Join(" and ", given)}") { Field = given[1] };
        if (request.Template is { } name)
            return ProjectTemplates.Get(name);
        if (request.TemplateYaml is { } yaml)
        {
            try
            {
                return ProjectTemplates.Parse(yaml, "templateYaml");
            }
            catch (UserError error)
            {
                throw new UserError(error.Message, error) { Field = "templateYaml" };
            }
        }
        return request.Questions is { } questions
            ? new ProjectTemplate { Questions = Checked(questions) }
            : Simple(request.Question ?? SimpleQuestion.Ranking);
    }

    /// <summary>A question with an optional word on why.</summary>
    private static ProjectTemplate Simple(SimpleQuestion question)
    {
        var why = new QuestionTemplate { Key = "rationale", Kind = QuestionTemplateKind.Text, Text = "Why?" };
        return question == SimpleQuestion.Ranking
            ? new ProjectTemplate
            {
                Questions =
                [
                    new() { Key = Question.Ranking, Kind = QuestionTemplateKind.Ranking, Text = Question.DefaultRanking.Text },
                    why,
                ],
            }
            : new ProjectTemplate
            {
                K = 2,
                Questions =
                [
                    new()
                    {
                        Key = Question.Ranking,
                        Kind = QuestionTemplateKind.Pairwise,
                        Text = Question.DefaultRanking.Text,
                        MaxStrength = 3,
                        StrengthRequired = false,
                        StrengthTexts = ["slightly better", "better", "much better"],
                    },
                    why,
                ],
            };
    }

    private static IReadOnlyList<QuestionTemplate> Checked(IReadOnlyList<QuestionTemplate> questions)
    {
        for (int i = 0; i < questions.Count; i++)
        {
            if (OptionBinder.FindFault(questions[i]) is not { } fault)
                continue;
            string field = fault.Key.Length > 0 ? $"questions[{i}].{fault.Key}" : $"questions[{i}]";
            throw new UserError($"{field} {fault.Complaint}") { Field = field };
        }
        return questions;
    }
}
