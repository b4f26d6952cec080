using System.Text.Json;
using Rlhf.Core.Content;
using Rlhf.Storage.Entities;

namespace Rlhf.Storage.Exchange.Formats;

/// <summary>
/// TRL's unpaired preferences: single completions that are desirable or not. Consecutive rows of one prompt are one task, in which
/// desirable completions stand above the others.
/// </summary>
internal static class UnpairedFormat
{
    private const int MaxCompletions = 9;

    public static ImportFormat Format { get; } = new(
        "unpaired", "prompt, completion, label", row => row.Has("completion", "label"),
        RowReading.Consecutive(row => row.Required("prompt").GetRawText(), MaxCompletions, rows => [Task(rows)]))
    {
        Questions = [new Question("label", QuestionKind.Rating, "Is it desirable (1) or not (0)?") { Scale = new RatingScale(0, 1) }],
        Further = ["prompt", "completion", "label"],
    };

    private static ImportedTask Task(IReadOnlyList<JsonElement> rows)
    {
        double[] labels = [.. rows.Select(row => row.RequiredNumber("label"))];
        var answers = new Answers { ["label"] = new Answer { Ratings = [.. labels.Select(label => (double?)label)] } };
        if (labels.Distinct().Count() > 1)
            answers[Question.Ranking] = Answer.FromRanks([.. labels.Select(label => label > 0 ? 1 : 2)]);
        return new ImportedTask(
            rows[0].Messages("prompt", Message.User), [.. rows.Select(row => row.Completion("completion"))],
                [new ImportedAnswers(answers)]);
    }
}
