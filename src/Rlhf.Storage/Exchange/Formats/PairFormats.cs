using System.Text.Json;
using Rlhf.Core;
using Rlhf.Core.Content;
using Rlhf.Storage.Entities;
using Rlhf.Storage.Import;

namespace Rlhf.Storage.Exchange.Formats;

/// <summary>Formats of one comparison per row: SHP, Chatbot Arena, PandaLM, and a plain table with a winner.</summary>
internal static class PairFormats
{
    private const string TieBothBad = "tie (bothbad)";

    /// <summary>Stanford Human Preferences: label 1 where A is better. All pairs of a post stay on one side of the split.</summary>
    public static ImportFormat Shp { get; } = new(
        "shp", "post_id, history, human_ref_A, human_ref_B, labels", row => row.Has("history", "human_ref_A", "human_ref_B", "labels"),
        RowReading.One(row => ImportedTask.FromPair(
            row.Messages("history", Message.User), row.Completion("human_ref_A"), row.Completion("human_ref_B"),
            row.RequiredNumber("labels") switch
            {
                1 => -1,
                0 => 1,
                var other => throw new UserError($"'labels' must be 1 (A is better) or 0; got {other}"),
            }) with
        { SplitGroup = row.Name("post_id") }))
    {
        Further = ["post_id", "history", "human_ref_A", "human_ref_B", "labels"],
    };

    /// <summary>Chatbot Arena conversations.</summary>
    public static ImportFormat Arena { get; } = new(
        "arena", "model_a, model_b, winner, conversation_a, conversation_b",
        row => row.Has("conversation_a", "conversation_b", "winner"), RowReading.One(ArenaTask))
    {
        Further = ["model_a", "model_b", "winner", "judge", "conversation_a", "conversation_b"],
    };

    /// <summary>PandaLM's test set: several annotators, 0 for a tie, 1 or 2 for the better response.</summary>
    public static ImportFormat PandaLm { get; } = new(
        "pandalm", "instruction, input, response1, response2, annotator1 …", row =>
            row.Has("instruction", "response1", "response2", "annotator1"),
        RowReading.One(PandaLmTask))
    {
        Further = ["instruction", "input", "response1", "response2", "annotator1", "annotator2", "annotator3"],
    };

    /// <summary>Any table with two responses and the better one: 1, 2 or 0; a, b or tie; or the name of its column.</summary>
    public static ImportFormat Pair { get; } = new(
        "pair", "prompt, response_1, response_2, winner", row => row.Has("response_1", "response_2", "winner"),
        RowReading.One(row => ImportedTask.FromPair(
            row.Messages("prompt", Message.User), row.Completion("response_1"), row.Completion("response_2"), Winner(row.Name("winner")))))
    {
        Further = ["prompt", "response_1", "response_2", "winner"],
    };

    private static ImportedTask ArenaTask(JsonElement row)
    {
        var (prompt, a, b) = SharedBeginning.Split(
            Conversation.Read(row.Required("conversation_a")), Conversation.Read(row.Required("conversation_b")));
        string winner = row.Text("winner");
        double preference = winner switch
        {
            "model_a" => -1,
            "model_b" => 1,
            "tie" or TieBothBad => 0,
            _ => throw new UserError($"'winner' must be model_a, model_b, tie or {TieBothBad}; got '{winner}'"),
        };
        var answer = Answer.FromRanks(ImportedTask.PairRanks(preference));
        if (winner == TieBothBad)
            answer = answer with { NoneAcceptable = true };
        return new ImportedTask(
            prompt, [new ImportedCompletion(a, row.Name("model_a")), new ImportedCompletion(b, row.Name("model_b"))],
            [new ImportedAnswers(Answers.OfRanking(answer), row.Name("judge"))]);
    }

    private static ImportedTask PandaLmTask(JsonElement row)
    {
        string instruction = row.Text("instruction"), input = row.Name("input") ?? "";
        string prompt = input.Length == 0 ? instruction : $"{instruction}\n\n{input}";
        // cmp_key names the two models: "bloom-7b_llama-7b".
        string[] models = (row.Name("cmp_key") ?? "").Split('_');
        var annotators = row.EnumerateObject().Where(p => p.Name.StartsWith("annotator", StringComparison.Ordinal)).ToList();
        return new ImportedTask(
            [Message.FromText(Message.User, prompt)],
            [Response(row, "response1", models, 0), Response(row, "response2", models, 1)],
            [
                .. annotators.Select(p => ImportedAnswers.FromRanks(ImportedTask.PairRanks(row.RequiredNumber(p.Name) switch
                {
                    0 => 0,
                    1 => -1,
                    2 => 1,
                    var other => throw new UserError($"'{p.Name}' must be 0 (tie), 1 or 2; got {other}"),
                }), annotator: p.Name)),
            ]);
    }

    /// <summary>The test set has responses that were "True" once and are true now.</summary>
    private static ImportedCompletion Response(JsonElement row, string name, string[] models, int index) => ImportedCompletion.FromText(
        row.Required(name).ValueKind is JsonValueKind.True or JsonValueKind.False ? row.GetProperty(name).GetBoolean().ToString()
            : row.Text(name),
        models.Length == 2 ? models[index] : null);

    private static double Winner(string? winner) => winner?.Trim().ToLowerInvariant() switch
    {
        "1" or "a" or "response_1" or "first" => -1,
        "2" or "b" or "response_2" or "second" => 1,
        "0" or "tie" or "equal" or "=" => 0,
        _ => throw new UserError($"'winner' must be 1, 2 or 0 (a, b or tie); got '{winner}'"),
    };
}
