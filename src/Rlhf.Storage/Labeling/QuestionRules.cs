using Rlhf.Core;
using Rlhf.Storage.Entities;

namespace Rlhf.Storage.Labeling;

/// <summary>Which questions a project may ask.</summary>
internal static class QuestionRules
{
    /// <exception cref="UserError">A question that nobody could answer, or two of one key.</exception>
    public static void Check(IReadOnlyList<Question> questions)
    {
        if (questions.Count == 0)
            throw new UserError("a labeling project needs at least one question") { Field = "questions" };
        if (questions.GroupBy(q => q.Key, StringComparer.Ordinal).FirstOrDefault(g => g.Count() > 1) is { } twice)
            throw new UserError($"questions: two have the key '{twice.Key}'; answers name their question by its key")
            {
                Field = "questions",
            };
        for (int i = 0; i < questions.Count; i++)
        {
            try
            {
                Check(questions[i]);
            }
            catch (UserError refusal)
            {
                throw new UserError(refusal.Message, refusal) { Field = $"questions[{i}]" };
            }
        }
    }

    private static void Check(Question question)
    {
        string place = $"question '{question.Key}'";
        if (string.IsNullOrWhiteSpace(question.Key))
            throw new UserError("questions: each needs a key");
        if (!(double.IsFinite(question.MaxStrength) && question.MaxStrength >= 0))
            throw new UserError($"{place}: the greatest strength must be 0 or more; got {question.MaxStrength}");
        if (question.Kind == QuestionKind.Pairwise && question.MaxStrength != Math.Floor(question.MaxStrength))
            throw new UserError(
                $"{place}: strengths of a pairwise question are whole numbers; got a greatest strength of {question.MaxStrength}");
        if (question.StrengthTexts is { } texts && texts.Count != question.MaxStrength)
            throw new UserError(
                $"{place}: {texts.Count} texts for strengths 1 … {question.MaxStrength}; give one for each, weakest first");
        if (question.Scale is { } scale
            && !(double.IsFinite(scale.Min) && double.IsFinite(scale.Max) && scale.Min < scale.Max && scale.Step > 0
                && double.IsFinite(scale.Step)))
            throw new UserError($"{place}: a scale goes from a lower to a higher number in steps above 0; "
                + $"got {scale.Min} … {scale.Max} in steps of {scale.Step}");
        if (question.Kind == QuestionKind.Labels && question.Choices is not { Count: > 0 })
            throw new UserError($"{place}: a labels question needs choices");
        if (question.Choices?.GroupBy(c => c.Key, StringComparer.Ordinal).FirstOrDefault(g => g.Count() > 1) is { } twice)
            throw new UserError($"{place}: two choices have the key '{twice.Key}'");
        if (question.MinLength < 0 || question.MaxLength is { } most && most < Math.Max(1, question.MinLength))
            throw new UserError($"{place}: a text cannot have {question.MinLength} … {question.MaxLength} characters");
    }
}
