using System.Globalization;
using System.Text.Json;
using Rlhf.Storage.Entities;

namespace Rlhf.Storage.Exchange.Formats;

/// <summary>What one person answered to a task of Label Studio, a result for each control.</summary>
internal sealed record LabelStudioAnnotation(string? By, IReadOnlyList<JsonElement> Results)
{
    /// <summary>All of it as one answer; null where there is none.</summary>
    /// <param name="order">The order of the completions, if a value has one.</param>
    /// <param name="completions">What controls call each completion.</param>
    /// <param name="asked">Takes in what is answered beside the order.</param>
    public ImportedAnswers? Answer(Func<JsonElement, Answer?> order, IReadOnlyList<string> completions, FileQuestions asked)
    {
        var answers = new Answers();
        foreach (var result in Results)
        {
            if (result.Find("value") is not { } value)
                continue;
            if (order(value) is { } ranking)
                answers[Question.Ranking] = ranking;
            else
                Add(answers, result, value, completions, asked);
        }
        return answers.Count == 0 ? null : new ImportedAnswers(answers, By);
    }

    private static void Add(
        Answers answers, JsonElement result, JsonElement value, IReadOnlyList<string> completions, FileQuestions asked)
    {
        string key = result.Name("from_name") ?? result.Name("type") ?? "";
        int of = completions.Count == 1 ? 0 : IndexOf(completions, result.Name("to_name"));
        // "quality1" of answer1 and "quality2" of answer2 are one question.
        string stem = key.TrimEnd('0', '1', '2', '3', '4', '5', '6', '7', '8', '9').TrimEnd('_', '-');
        string each = completions.Count > 1 && stem.Length > 0 ? stem : key;
        if (Strings(value, "text") is { Count: > 0 } texts)
        {
            asked.AddText(answers, key, string.Join('\n', texts));
        }
        else if ((value.Number("rating") ?? value.Number("number")) is { } number)
        {
            if (of >= 0)
                asked.AddRating(answers, each, of, completions.Count, number);
            else
                asked.AddLabels(answers, key, [number.ToString(CultureInfo.InvariantCulture)]);
        }
        else if (Strings(value, "choices") is { Count: > 0 } choices)
        {
            if (of >= 0)
                asked.AddLabels(answers, each, of, completions.Count, choices);
            else
                asked.AddLabels(answers, key, choices);
        }
    }

    private static List<string> Strings(JsonElement value, string name) => value.Find(name) switch
    {
        { ValueKind: JsonValueKind.String } text => [text.GetString()!],
        { ValueKind: JsonValueKind.Array } list =>
            [.. list.EnumerateArray().Where(item => item.ValueKind == JsonValueKind.String).Select(item => item.GetString()!)],
        _ => [],
    };

    private static int IndexOf(IReadOnlyList<string> names, string? name)
    {
        for (int i = 0; i < names.Count; i++)
        {
            if (names[i] == name)
                return i;
        }
        return -1;
    }
}
