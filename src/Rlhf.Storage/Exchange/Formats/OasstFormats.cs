using System.Text.Json;
using Rlhf.Core;
using Rlhf.Core.Content;

namespace Rlhf.Storage.Exchange.Formats;

/// <summary>
/// Open-Assistant's exports: conversations that branch. Where a prompter's message has two or more ranked replies, these are a task with
/// the conversation before them as its prompt; rank 0 is best. Replies that were deleted are left out, those without a rank are not ranked.
/// </summary>
internal static class OasstFormats
{
    private const int MaxReplies = 9, MaxMessages = 10_000;

    /// <summary>A tree on each line (*.trees.jsonl.gz).</summary>
    public static ImportFormat Trees { get; } = new(
        "oasst-trees", "message_tree_id, prompt {text, role, replies}",
        row => row.Find("prompt") is { ValueKind: JsonValueKind.Object } prompt && prompt.Has("replies"),
        RowReading.Each(row => Tasks(Node.FromTree(row.Required("prompt")), [], row.Name("message_tree_id"))));

    /// <summary>A message on each line, those of a tree together (*.messages.jsonl.gz).</summary>
    public static ImportFormat Messages { get; } = new(
        "oasst-messages", "message_id, parent_id, text, role, rank", row => row.Has("message_id", "text", "role")
            && row.Has("message_tree_id"),
        RowReading.Consecutive(row => row.Text("message_tree_id"), MaxMessages,
            rows => Roots(rows).SelectMany(root => Tasks(root, [], rows[0].Text("message_tree_id")))));

    private static IEnumerable<ImportedTask> Tasks(Node node, IReadOnlyList<Message> before, string? tree)
    {
        if (node.Deleted)
            yield break;
        IReadOnlyList<Message> path = [.. before, Message.FromText(node.Role, node.Text)];
        var replies = node.Replies.Where(reply => !reply.Deleted).ToList();
        if (node.Role == Message.User && Task(path, replies, tree) is { } task)
            yield return task;
        foreach (var further in replies.SelectMany(reply => Tasks(reply, path, tree)))
            yield return further;
    }

    private static ImportedTask? Task(IReadOnlyList<Message> prompt, IReadOnlyList<Node> replies, string? tree)
    {
        var shown = replies.Where(reply => reply.Role == Message.Assistant).OrderBy(reply => reply.Rank is null).Take(MaxReplies).ToList();
        var ranked = shown.Select((reply, index) => (reply.Rank, index)).Where(r => r.Rank is not null)
            .GroupBy(r => r.Rank!.Value).OrderBy(g => g.Key)
            .Select(g => (IReadOnlyList<int>)[.. g.Select(r => r.index)]).ToList();
        if (ranked.Sum(group => group.Count) < 2)
            return null;
        var answers = Entities.Answers.OfRanking(new Entities.Answer { Ranking = ranked });
        return new ImportedTask(
            prompt, [.. shown.Select(reply => ImportedCompletion.FromText(reply.Text))], [new ImportedAnswers(answers)])
        {
            SplitGroup = tree,
        };
    }

    private static List<Node> Roots(IReadOnlyList<JsonElement> rows)
    {
        var nodes = new Dictionary<string, Node>(StringComparer.Ordinal);
        foreach (var row in rows)
        {
            if (!nodes.TryAdd(row.Text("message_id"), Node.FromMessage(row)))
                throw new UserError($"message {row.Text("message_id")} stands there twice");
        }
        var roots = new List<Node>();
        foreach (var row in rows)
        {
            var node = nodes[row.Text("message_id")];
            if (row.Name("parent_id") is not { Length: > 0 } parent)
                roots.Add(node);
            else if (nodes.TryGetValue(parent, out var before))
                before.Replies.Add(node);
            else
                throw new UserError($"message {row.Text("message_id")} answers {parent}, which is not among the messages of its tree");
        }
        return roots;
    }

    private sealed record Node(string Role, string Text, double? Rank, bool Deleted)
    {
        public List<Node> Replies { get; } = [];

        public static Node FromTree(JsonElement message)
        {
            var node = FromMessage(message);
            if (message.Find("replies") is { ValueKind: JsonValueKind.Array } replies)
                node.Replies.AddRange(replies.EnumerateArray().Select(FromTree));
            return node;
        }

        public static Node FromMessage(JsonElement message) => new(
            message.Text("role") switch
            {
                "prompter" => Message.User,
                "assistant" => Message.Assistant,
                var other => throw new UserError($"a message's role must be prompter or assistant; got '{other}'"),
            },
            message.Text("text"), message.Number("rank"), message.Number("deleted") == 1);
    }
}
