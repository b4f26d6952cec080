using System.Text.Json;
using Rlhf.Core;
using Rlhf.Core.Content;
using Rlhf.Storage.Entities;
using Rlhf.Storage.Import;

namespace Rlhf.Storage.Exchange.Formats;

/// <summary>
/// Label Studio's JSON export: Ranker (a list of item ids, or buckets of them) and Pairwise (left or right), and what was said beside
/// them in a TextArea, Rating, Number or Choices, under the name of the control. An order that nobody touched is stored like an answer; so
/// one that equals the order of the items is told and left out.
/// </summary>
internal static class LabelStudioFormat
{
    private const string Untouched =
        "the order of the items as they were shown, which Label Studio also stores when nobody touched them: left out";

    private static readonly string[] s_prompts = ["prompt", "instruction", "question", "query", "text", "input", "conversation"];

    private static readonly string[] s_responses = ["response", "completion", "output", "answer", "generation", "reply"];

    private static readonly string[] s_texts = ["text", "body", "content", "html", "title"];

    public static ImportFormat Format { get; } = new(
        "label-studio", "data, annotations [{completed_by, result}]",
        row => row.Find("data") is { ValueKind: JsonValueKind.Object } && row.Has("annotations"), RowReading.One(Task))
    {
        Further = ["prompt", "response_1", "response_2"],
    };

    private static ImportedTask Task(JsonElement row)
    {
        var data = row.Required("data");
        List<LabelStudioAnnotation> people =
        [
            .. row.List("annotations").Where(a => a.Number("was_cancelled") is not 1).Select(a => new LabelStudioAnnotation(Annotator(a),
                a.Find("result") is { ValueKind: JsonValueKind.Array } list ? [.. list.EnumerateArray()] : [])),
        ];
        var all = people.SelectMany(p => p.Results).ToList();
        if (all.FirstOrDefault(r => r.Find("value")?.Find("selected") is not null) is { ValueKind: JsonValueKind.Object } pairwise)
            return Pair(row, data, people, pairwise);
        return all.Any(r => r.Find("value")?.Find("ranker") is not null) || Items(data).Value.ValueKind == JsonValueKind.Array
            ? Ranked(row, data, people)
            : Single(row, data, people);
    }

    /// <summary>The list that a Ranker orders.</summary>
    private static JsonProperty Items(JsonElement data) => data.EnumerateObject().FirstOrDefault(p =>
        p.Value.ValueKind == JsonValueKind.Array && p.Value.GetArrayLength() > 1
        && p.Value.EnumerateArray().All(item => item.Name("id") is not null));

    /// <summary>No order: what was said of one response.</summary>
    private static ImportedTask Single(JsonElement row, JsonElement data, List<LabelStudioAnnotation> people)
    {
        if (s_responses.FirstOrDefault(name => data.Name(name) is not null) is not { } name)
            throw new UserError("no answer of a Ranker or Pairwise control in it");
        var asked = new FileQuestions();
        return new ImportedTask(
            Prompt(row, data, [name]), [ImportedCompletion.FromText(data.Name(name)!)],
            [.. people.Select(p => p.Answer(_ => null, [name], asked)).OfType<ImportedAnswers>()])
        {
            Questions = asked.All,
        };
    }

    private static ImportedTask Ranked(JsonElement row, JsonElement data, List<LabelStudioAnnotation> people)
    {
        var list = Items(data);
        if (list.Value.ValueKind != JsonValueKind.Array)
            throw new UserError("'data' has no list of items with ids that a Ranker could rank");
        List<string> ids = [.. list.Value.EnumerateArray().Select(item => item.Name("id")!)];
        var asked = new FileQuestions();
        bool untouched = false;
        Answer? Order(JsonElement value)
        {
            if (value.Find("ranker") is not { } ranker)
                return null;
            var groups = Groups(ranker)
                .Select(g => (IReadOnlyList<int>)[.. g.Select(id => ids.IndexOf(id) is var at and >= 0
                    ? at : throw new UserError($"the ranking names item '{id}', which is not among {string.Join(", ", ids)}"))]).ToList();
            if (groups.Count == ids.Count && groups.Select(g => g[0]).SequenceEqual(Enumerable.Range(0, ids.Count)))
            {
                untouched = true;
                return null;
            }
            return groups.Sum(g => g.Count) > 1 ? new Answer { Ranking = groups } : null;
        }
        ImportedAnswers[] answers = [.. people.Select(p => p.Answer(Order, ids, asked)).OfType<ImportedAnswers>()];
        if (untouched && answers.Length == 0)
            throw new UserError("the ranking is " + Untouched);
        return new ImportedTask(
            Prompt(row, data, [list.Name]), [.. list.Value.EnumerateArray().Select(item => ImportedCompletion.FromText(ItemText(item)))],
            answers)
        {
            Questions = asked.All,
            Remark = untouched ? "some rankings are " + Untouched : null,
        };
    }

    /// <summary>
    /// A list is an order. One bucket beside "_", which holds what was not ranked, is an order too; of several, each is a group of equals.
    /// </summary>
    private static IEnumerable<IReadOnlyList<string>> Groups(JsonElement ranker)
    {
        if (ranker.ValueKind == JsonValueKind.Array)
            return ranker.EnumerateArray().Select(id => (IReadOnlyList<string>)[id.ToString()]);
        if (ranker.ValueKind != JsonValueKind.Object)
            throw new UserError("'ranker' must be a list of ids, or lists of ids by the names of buckets");
        var buckets = ranker.EnumerateObject()
            .Where(b => b.Name != "_" && b.Value.ValueKind == JsonValueKind.Array && b.Value.GetArrayLength() > 0)
            .Select(b => b.Value.EnumerateArray().Select(id => id.ToString()).ToList()).ToList();
        return buckets.Count == 1 ? buckets[0].Select(id => (IReadOnlyList<string>)[id]) : buckets;
    }

    private static ImportedTask Pair(JsonElement row, JsonElement data, List<LabelStudioAnnotation> people, JsonElement result)
    {
        var (first, second) = PairNames(row, data, result);
        var asked = new FileQuestions();
        // A Rating of one side names it as the Pairwise control does.
        string[] sides = (result.Name("to_name") ?? "").Split(',', StringSplitOptions.TrimEntries) is [var left, var right]
            ? [left, right] : [first.Name, second.Name];
        return new ImportedTask(
            Prompt(row, data, [first.Name, second.Name]),
            [ImportedCompletion.FromText(first.Text), ImportedCompletion.FromText(second.Text)],
            [.. people.Select(p => p.Answer(Better, sides, asked)).OfType<ImportedAnswers>()])
        {
            Questions = asked.All,
        };
    }

    private static Answer? Better(JsonElement value) => value.Name("selected") switch
    {
        null => null,
        "left" => Answer.FromRanks(ImportedTask.PairRanks(-1)),
        "right" => Answer.FromRanks(ImportedTask.PairRanks(1)),
        var other => throw new UserError($"'selected' must be left or right; got '{other}'"),
    };

    /// <summary>
    /// The two texts that were compared: mapped columns, else those that the control names, else the only two texts beside the prompt.
    /// </summary>
    private static ((string Name, string Text) First, (string Name, string Text) Second) PairNames(
        JsonElement row, JsonElement data, JsonElement result)
    {
        if (row.Has("response_1", "response_2"))
            return (("response_1", row.Text("response_1")), ("response_2", row.Text("response_2")));
        string[] named = [.. (result.Name("to_name") ?? "").Split(',', StringSplitOptions.TrimEntries)
            .Where(n => data.Name(n) is not null)];
        if (named.Length != 2)
        {
            string? prompt = s_prompts.FirstOrDefault(p => data.Has(p));
            named = [.. data.EnumerateObject().Where(p => p.Value.ValueKind == JsonValueKind.String && p.Name != prompt)
                .Select(p => p.Name)];
        }
        return named.Length == 2
            ? ((named[0], data.Name(named[0])!), (named[1], data.Name(named[1])!))
            : throw new UserError("which two texts were compared cannot be told; name them: "
                + "--map response_1=data.NAME --map response_2=data.NAME");
    }

    private static IReadOnlyList<Message> Prompt(JsonElement row, JsonElement data, IReadOnlyList<string> others)
    {
        if (row.Has("prompt"))
            return row.Messages("prompt", Message.User);
        string name = s_prompts.FirstOrDefault(p => data.Has(p) && !others.Contains(p))
            ?? data.EnumerateObject().Where(p => p.Value.ValueKind == JsonValueKind.String && !others.Contains(p.Name)).Select(p => p.Name)
                .FirstOrDefault()
            ?? throw new UserError("'data' has no prompt; name it: --map prompt=data.NAME");
        return Conversation.ReadOrText(data.Required(name), name, Message.User);
    }

    private static string ItemText(JsonElement item) =>
        s_texts.Select(name => item.Name(name)).FirstOrDefault(text => !string.IsNullOrEmpty(text))
            ?? throw new UserError($"item '{item.Name("id")}' has no text ({string.Join(", ", s_texts)})");

    private static string? Annotator(JsonElement annotation) =>
        annotation.Find("completed_by") is { ValueKind: JsonValueKind.Object } person
        ? person.Name("id") ?? person.Name("email")
        : annotation.Name("completed_by");
}
