using Rlhf.Core.Options.Labeling;
using Rlhf.Storage.Entities;

namespace Rlhf.Storage.Labeling;

/// <summary>Questions of a template as a project stores them.</summary>
public static class TemplateQuestions
{
    public static IReadOnlyList<Question> Create(IReadOnlyList<QuestionTemplate> templates) => [.. templates.Select(Create)];

    private static Question Create(QuestionTemplate template) =>
        new(template.Key, KindOf(template.Kind), template.Text, template.Ties, template.MaxStrength)
        {
            Required = template.Required,
            RankAll = template.RankAll,
            NoneAcceptable = template.NoneAcceptable,
            StrengthRequired = template.StrengthRequired,
            StrengthTexts = template.StrengthTexts,
            Scale = template.Scale is { } scale
                ? new RatingScale(scale.Min, scale.Max, scale.Step) { MinText = scale.MinText, MaxText = scale.MaxText } : null,
            Choices = template.Choices is { } choices ? [.. choices.Select(choice => new Choice(choice.Key, choice.Text))] : null,
            Multiple = template.Multiple,
            PerCompletion = template.PerCompletion,
            ReasonRequired = template.ReasonRequired,
            MinLength = template.MinLength,
            MaxLength = template.MaxLength,
        };

    private static QuestionKind KindOf(QuestionTemplateKind kind) => kind switch
    {
        QuestionTemplateKind.Ranking => QuestionKind.Ranking,
        QuestionTemplateKind.Pairwise => QuestionKind.Pairwise,
        QuestionTemplateKind.Rating => QuestionKind.Rating,
        QuestionTemplateKind.Labels => QuestionKind.Labels,
        QuestionTemplateKind.Text => QuestionKind.Text,
        QuestionTemplateKind.Rewrite => QuestionKind.Rewrite,
        QuestionTemplateKind.Marks => QuestionKind.Marks,
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, null),
    };
}
