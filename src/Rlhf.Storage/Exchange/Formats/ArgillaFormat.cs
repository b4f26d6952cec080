using System.Text.Json;
using Rlhf.Core;
using Rlhf.Core.Content;
using Rlhf.Storage.Entities;
using Rlhf.Storage.Import;

namespace Rlhf.Storage.Exchange.Formats;

/// <summary>
/// Records of Argilla 2, nested ({fields, responses}) or flat ("question.responses"). A ranking is a list of names of fields, best first,
/// or of {value, rank}; a label that names one of two fields prefers it. Drafts and discarded responses are no answers.
/// </summary>
internal static class ArgillaFormat
{
    private const string Flat = ".responses";

    private static readonly string[] s_prompts = ["prompt", "instruction", "question", "input", "query", "context", "chat", "conversation"];

    public static ImportFormat Format { get; } = new(
        "argilla", "fields, responses (or question.responses, question.responses.users, question.responses.status)",
        row => row.Has("fields", "responses") || row.EnumerateObject().Any(p => p.Name.EndsWith(Flat, StringComparison.Ordinal)),
        RowReading.One(Task));

    private static ImportedTask Task(JsonElement row)
    {
        var fields = Fields(row);
        var responses = Responses(row).Where(r => r.Status is null or "submitted").ToList();
        var names = responses.SelectMany(r => Names(r.Value).Select(n => n.Name)).Distinct(StringComparer.Ordinal)
            .Where(fields.ContainsKey).ToHashSet(StringComparer.Ordinal);
        // A label names only the better field; the others are those that are called like it: response_1, response_2.
        var completions = fields.Keys.Where(name => names.Contains(name) || names.Any(n => SameButNumber(n, name))).ToList();
        if (completions.Count == 0)
            completions = [.. fields.Keys.Where(name => fields.Keys.Any(other => other != name && SameButNumber(name, other)))];
        if (completions.Count < 2)
            throw new UserError("no ranking that names two or more of its fields: " + string.Join(", ", fields.Keys.Select(f => $"'{f}'")));
        string prompt = s_prompts.FirstOrDefault(p => fields.ContainsKey(p) && !completions.Contains(p))
            ?? fields.Keys.FirstOrDefault(f => !completions.Contains(f))
            ?? throw new UserError("every field is a completion; none is the prompt");
        return new ImportedTask(
            Conversation.ReadOrText(fields[prompt], prompt, Message.User),
            [.. completions.Select(name => new ImportedCompletion(Conversation.ReadOrText(fields[name], name, Message.Assistant)))],
            [.. responses.Select(r => Answer(r, completions)).OfType<ImportedAnswers>()]);
    }

    private static ImportedAnswers? Answer(Response response, List<string> completions)
    {
        var ranks = Names(response.Value).Select(n => (Index: completions.IndexOf(n.Name), n.Rank)).Where(r => r.Index >= 0)
            .GroupBy(r => r.Rank).OrderBy(g => g.Key).Select(g => (IReadOnlyList<int>)[.. g.Select(r => r.Index)]).ToList();
        bool label = response.Value.ValueKind == JsonValueKind.String;
        if (label && ranks is [[var better]] && completions.Count == 2)
            ranks = [[better], [1 - better]];
        return ranks.Sum(g => g.Count) < 2
            ? null
            : new ImportedAnswers(Answers.OfRanking(new Answer { Ranking = ranks }), response.User);
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
                : question.Value.EnumerateArray().Where(r => r.Find("value") is not null)
                    .Select(r => new Response(r.Required("value"), r.Name("user_id"), r.Name("status"))));
        }
        return row.EnumerateObject().Where(p => p.Name.EndsWith(Flat, StringComparison.Ordinal) && p.Value.ValueKind == JsonValueKind.Array)
            .SelectMany(question => question.Value.EnumerateArray().Select((value, index) => new Response(
                value, Item(row, question.Name + ".users", index), Item(row, question.Name + ".status", index))));
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

    private sealed record Response(JsonElement Value, string? User, string? Status);
}
