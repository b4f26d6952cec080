using System.Globalization;
using System.Text.Json;
using Rlhf.Core;
using Rlhf.Core.Content;
using Rlhf.Storage.Import;

namespace Rlhf.Storage.Exchange.Formats;

/// <summary>
/// Tasks without answers: a prompt with a list of completions (texts, lists of messages, or {text | messages, source}), or with columns
/// completion_1, completion_2 …
/// </summary>
internal static class CompletionsFormat
{
    private const int MaxCompletions = 9;

    private static readonly string[] s_columns =
        [.. Enumerable.Range(1, MaxCompletions).Select(n => string.Create(CultureInfo.InvariantCulture, $"completion_{n}"))];

    public static ImportFormat Format { get; } = new(
        "completions", "prompt, completions (or completion_1, completion_2 …)",
        row => row.Has("prompt", "completions") || row.Has("prompt", "completion_1", "completion_2"), RowReading.One(Task))
    {
        Further = ["prompt", "completions", .. s_columns],
    };

    private static ImportedTask Task(JsonElement row)
    {
        var completions = row.Find("completions") is not null
            ? row.List("completions").Select(Completion).ToList()
            : s_columns.Where(name => row.Find(name) is not null && row.Name(name) != "").Select(name => row.Completion(name)).ToList();
        return completions.Count is > 0 and <= MaxCompletions
            ? new ImportedTask(row.Messages("prompt", Message.User), completions, [])
            : throw new UserError($"{completions.Count} completions; a task has 1 to {MaxCompletions}");
    }

    private static ImportedCompletion Completion(JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.Object)
            return new ImportedCompletion(Conversation.ReadOrText(value, "completions", Message.Assistant));
        string? source = value.Name("source");
        return value.Find("messages") is { } messages
            ? new ImportedCompletion(Conversation.Read(messages), source)
            : ImportedCompletion.FromText(value.Text("text"), source);
    }
}
