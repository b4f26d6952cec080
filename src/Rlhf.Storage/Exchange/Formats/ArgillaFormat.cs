using System.Globalization;
using System.Text.Json;
using Rlhf.Core;
using Rlhf.Core.Content;
using Rlhf.Storage.Entities;
using Rlhf.Storage.Import;

namespace Rlhf.Storage.Exchange.Formats;

/// <summary>
/// Records of Argilla 2, nested ({fields, responses}) or flat ("question.responses"). A ranking is a list of names of fields, best first,
/// or of {value, rank}; a label that names one of two fields prefers it; ratings, texts and other labels are answers to questions of their
/// names. Drafts and discarded responses are no answers.
/// </summary>
internal static class ArgillaFormat
{
    private const string Flat = ".responses";

    private static readonly string[] s_prompts = ["prompt", "instruction", "question", "input", "query", "context", "chat", "conversation"];

    private static readonly string[] s_responses = ["response", "completion", "output", "answer", "generation", "reply"];

    public static ImportFormat Format { get; } = new(
        "argilla", "fields, responses (or question.responses, question.responses.users, question.responses.status)",
        row => row.Has("fields", "responses") || row.EnumerateObject().Any(p => p.Name.EndsWith(Flat, StringComparison.Ordinal)),
        RowReading.One(Task));

    private static ImportedTask Task(JsonElement row)
    {
        var fields = Fields(row);
        var responses = Responses(row).Where(r => r.Status is null or "submitted").ToList();
        var completions = Completions(fields, responses);
        string prompt = s_prompts.FirstOrDefault(p => fields.ContainsKey(p) && !completions.Contains(p))
            ?? fields.Keys.FirstOrDefault(f => !completions.Contains(f))
            ?? throw new UserError("every field is a completion; none is the prompt");
        var asked = new FileQuestions();
        return new ImportedTask(
            Conversation.ReadOrText(fields[prompt], prompt, Message.User),
            [.. completions.Select(name => new ImportedCompletion(Conversation.ReadOrText(fields[name], name, Message.Assistant)))],
            // What one person says to several questions is one answer.
            [.. responses.GroupBy(r => r.Person).Select(person => Answer([.. person], completions, asked)).OfType<ImportedAnswers>()])
        {
            Questions = asked.All,
        };
    }

    /// <summary>The fields that are ranked, and those that are called like them: response_1, response_2. Else the only response.</summary>
    private static List<string> Completions(Dictionary<string, JsonElement> fields, List<Response> responses)
    {
        var names = responses.SelectMany(r => Names(r.Value).Select(n => n.Name)).Distinct(StringComparer.Ordinal)
            .Where(fields.ContainsKey).ToHashSet(StringComparer.Ordinal);
        var completions = fields.Keys.Where(name => names.Contains(name) || names.Any(n => SameButNumber(n, name))).ToList();
        if (completions.Count == 0)
            completions = [.. fields.Keys.Where(name => fields.Keys.Any(other => other != name && SameButNumber(name, other)))];
        if (completions.Count == 0 && s_responses.FirstOrDefault(fields.ContainsKey) is { } only)
            completions = [only];
        return completions.Count > 1 || completions.Count == 1 && names.Count == 0
            ? completions
            : throw new UserError("no ranking that names two or more of its fields: "
                + string.Join(", ", fields.Keys.Select(f => $"'{f}'")));
    }

    private static ImportedAnswers? Answer(IReadOnlyList<Response> person, List<string> completions, FileQuestions asked)
    {
        var answers = new Answers();
        foreach (var response in person)
        {
            if (Ranking(response.Value, completions) is { } ranking)
                answers[Question.Ranking] = new Answer { Ranking = ranking };
            else
                AddOther(response, answers, completions, asked);
        }
        return answers.Count == 0 ? null : new ImportedAnswers(answers, person[0].User);
    }

    private static List<IReadOnlyList<int>>? Ranking(JsonElement value, List<string> completions)
    {
        var ranks = Names(value).Select(n => (Index: completions.IndexOf(n.Name), n.Rank)).Where(r => r.Index >= 0)
            .GroupBy(r => r.Rank).OrderBy(g => g.Key).Select(g => (IReadOnlyList<int>)[.. g.Select(r => r.Index)]).ToList();
        if (value.ValueKind == JsonValueKind.String && ranks is [[var better]] && completions.Count == 2)
            ranks = [[better], [1 - better]];
        return ranks.Sum(g => g.Count) < 2 ? null : ranks;
    }

    /// <summary>
    /// A number is a rating of the completion that the question names ("quality_1", "quality of response_1"), or of the only one; without
    /// such a name it says something of the task.
    /// </summary>
    private static void AddOther(Response response, Answers answers, List<string> completions, FileQuestions asked)
    {
        switch (response.Value.ValueKind)
        {
            case JsonValueKind.Number:
                double number = response.Value.GetDouble();
                if (NamedCompletion(response.Question, completions) is var (key, index))
                    asked.AddRating(answers, key, index, completions.Count, number);
                else
                    asked.AddLabels(answers, response.Question, [number.ToString(CultureInfo.InvariantCulture)]);
                break;
            case JsonValueKind.String:
                asked.AddText(answers, response.Question, response.Value.GetString()!);
                break;
            case JsonValueKind.Array:
                asked.AddLabels(answers, response.Question,
                    [.. response.Value.EnumerateArray().Where(v => v.ValueKind == JsonValueKind.String).Select(v => v.GetString()!)]);
                break;
            default:
                break;
        }
    }

    /// <summary>Which completion a question is about, and its name without that: "quality" for "quality_2".</summary>
    private static (string Key, int Completion)? NamedCompletion(string question, List<string> completions)
    {
        if (completions.Count == 1)
            return (question, 0);
        int index = completions.FindIndex(name => question.Contains(name, StringComparison.Ordinal));
        if (index >= 0)
        {
            string rest = Trimmed(question.Replace(completions[index], "", StringComparison.Ordinal));
            return (rest.Length > 0 ? rest : "rating", index);
        }
        index = completions.FindIndex(name => Stem(question) is { Length: > 0 } stem && stem.Length < question.Length
            && Number(name) is { Length: > 0 } number && number == Number(question));
        return index >= 0 ? (Trimmed(Stem(question)), index) : null;

        static string Trimmed(string name) => name.Trim('_', '-', ' ', '.');
    }

    /// <summary>The fields that a value names, with their ranks.</summary>
    private static IEnumerable<(string Name, double Rank)> Names(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => [(value.GetString()!, 1)],
        JsonValueKind.Array => value.EnumerateArray().Select((item, index) => item.ValueKind == JsonValueKind.Object
            ? (item.Name("value") ?? "", item.Number("rank") ?? index + 1)
            : (item.ValueKind == JsonValueKind.String ? item.GetString()! : "", index + 1.0)),
        _ => [],
    };

    private static Dictionary<string, JsonElement> Fields(JsonElement row)
    {
        if (row.Find("fields") is { ValueKind: JsonValueKind.Object } nested)
            return nested.EnumerateObject().Where(IsContent).ToDictionary(p => p.Name, p => p.Value, StringComparer.Ordinal);
        return row.EnumerateObject().Where(p => IsContent(p) && !p.Name.Contains('.') && p.Name is not ("id" or "status" or "_server_id"))
            .ToDictionary(p => p.Name, p => p.Value, StringComparer.Ordinal);
    }

    private static bool IsContent(JsonProperty property) => property.Value.ValueKind is JsonValueKind.String or JsonValueKind.Array;

    private static IEnumerable<Response> Responses(JsonElement row)
    {
        if (row.Find("responses") is { ValueKind: JsonValueKind.Object } nested)
        {
            return nested.EnumerateObject().SelectMany(question => question.Value.ValueKind != JsonValueKind.Array ? []
                : question.Value.EnumerateArray().Select((r, index) => (Row: r, Index: index)).Where(r => r.Row.Find("value") is not null)
                    .Select(r => new Response(question.Name, r.Index, r.Row.Required("value"), r.Row.Name("user_id"),
                        r.Row.Name("status"))));
        }
        return row.EnumerateObject().Where(p => p.Name.EndsWith(Flat, StringComparison.Ordinal) && p.Value.ValueKind == JsonValueKind.Array)
            .SelectMany(question => question.Value.EnumerateArray().Select((value, index) => new Response(
                question.Name[..^Flat.Length], index, value, Item(row, question.Name + ".users", index),
                Item(row, question.Name + ".status", index))));
    }

    private static string? Item(JsonElement row, string name, int index) =>
        row.Find(name) is { ValueKind: JsonValueKind.Array } list && index < list.GetArrayLength() ? list[index].ToString() : null;

    /// <summary>Names that differ in their digits, or a letter at their end, only.</summary>
    private static bool SameButNumber(string one, string other) =>
        one.Length > 1 && other.Length > 1 && Stem(one) is { Length: > 0 } stem && stem.Length < one.Length && stem == Stem(other);

    private static string Stem(string name)
    {
        string stem = name.TrimEnd('0', '1', '2', '3', '4', '5', '6', '7', '8', '9');
        return stem.Length > 2 && stem[^2] is '_' or '-' ? stem[..^1] : stem;
    }

    /// <summary>What <see cref="Stem"/> leaves out.</summary>
    private static string Number(string name) => name[Stem(name).Length..];

    /// <param name="Question">The name of the question.</param>
    /// <param name="Index">The place among the responses to it, where people have no names.</param>
    private sealed record Response(string Question, int Index, JsonElement Value, string? User, string? Status)
    {
        public (string? User, int Index) Person => (User, User is null ? Index : 0);
    }
}
