using System.Globalization;
using Rlhf.LabelingUi.Features.Labeling.Answering;
using Rlhf.Storage.Labeling;

namespace Rlhf.LabelingUi.Features.Labeling;

/// <summary>Answers in one line each, by the places at which the completions were shown: "3 > 1 = 2".</summary>
internal static class AnswerSummary
{
    private const int MaxText = 80;

    /// <param name="answered">What was answered.</param>
    /// <param name="none">The words for "none is acceptable".</param>
    public static IEnumerable<string> Of(AnsweredTask answered, string none) =>
        AnswerWriter.Write(answered.Answers, PresentedPlaces.Create(answered.Task.Completions)).Values
            .Select(answer => string.Join(" · ", Parts(answer, none))).Where(line => line.Length > 0);

    private static IEnumerable<string> Parts(AnswerBody answer, string none)
    {
        if (answer.Ranking is { } ranking)
            yield return string.Join(" > ", ranking.Select(group => string.Join(" = ", group.Select(Number))));
        if (answer.Strength is { } strength and > 0)
            yield return strength.ToString(CultureInfo.InvariantCulture);
        if (answer.NoneAcceptable == true)
            yield return none;
        if (answer.Ratings is { } ratings)
            yield return string.Join(", ", ratings.Select(r => $"{Number(r.Key)}: {r.Value.ToString(CultureInfo.InvariantCulture)}"));
        if (answer.Flags is { } flags)
            yield return string.Join(", ", flags.Task ?? flags.Completions?.Where(f => f.Value.Count > 0)
                .Select(f => $"{Number(f.Key)}: {string.Join(" ", f.Value)}") ?? []);
        if ((answer.Rationale ?? answer.Rewrite) is { } text)
            yield return text.Length <= MaxText ? text : text[..MaxText] + "…";
    }

    /// <summary>The place of c3 is 3.</summary>
    private static string Number(string id) => id[1..];
}
