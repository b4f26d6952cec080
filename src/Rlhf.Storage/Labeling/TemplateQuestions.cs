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

    /// <summary>A project's questions as a template has them: <see cref="Create(IReadOnlyList{QuestionTemplate})"/> turned round.</summary>
    public static IReadOnlyList<QuestionTemplate> ToTemplates(IReadOnlyList<Question> questions) => [.. questions.Select(ToTemplate)];

    private static QuestionTemplate ToTemplate(Question question) => new()
    {
        Key = question.Key,
        Kind = Enum.GetValues<QuestionTemplateKind>().Single(kind => KindOf(kind) == question.Kind),
        Text = question.Text,
        Ties = question.Ties,
        MaxStrength = question.MaxStrength,
        Required = question.Required,
        RankAll = question.RankAll,
        NoneAcceptable = question.NoneAcceptable,
        StrengthRequired = question.StrengthRequired,
        StrengthTexts = question.StrengthTexts,
        Scale = question.Scale is { } scale
            ? new ScaleTemplate { Min = scale.Min, Max = scale.Max, Step = scale.Step, MinText = scale.MinText, MaxText = scale.MaxText }
            : null,
        Choices = question.Choices is { } choices
            ? [.. choices.Select(choice => new ChoiceTemplate { Key = choice.Key, Text = choice.Text })] : null,
        Multiple = question.Multiple,
        PerCompletion = question.PerCompletion,
        ReasonRequired = question.ReasonRequired,
        MinLength = question.MinLength,
        MaxLength = question.MaxLength,
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
