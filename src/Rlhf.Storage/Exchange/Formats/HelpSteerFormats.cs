using System.Text.Json;
using Rlhf.Core;
using Rlhf.Core.Content;
using Rlhf.Storage.Entities;

namespace Rlhf.Storage.Exchange.Formats;

/// <summary>HelpSteer2 (ratings, and preferences) and HelpSteer3 of NVIDIA.</summary>
internal static class HelpSteerFormats
{
    private const string Turn = "<extra_id_1>", SystemTurn = "<extra_id_0>";

    /// <summary>What a person says beside the number; the first says why.</summary>
    private static readonly string[] s_texts = ["reasoning", "feedback_1", "feedback_2"];

    private static readonly string[] s_criteria = ["helpfulness", "correctness", "coherence", "complexity", "verbosity"];

    /// <summary>Two consecutive rows are the two responses to a prompt; the more helpful one is better.</summary>
    public static ImportFormat Two { get; } = new(
        "helpsteer2", "prompt, response, helpfulness, correctness, coherence, complexity, verbosity",
        row => row.Has("prompt", "response", "helpfulness"), RowReading.Consecutive(row => row.Text("prompt"), 2, rows => [Rated(rows)]))
    {
        Questions =
        [
            .. s_criteria.Select(c => new Question(c, QuestionKind.Rating, char.ToUpperInvariant(c[0]) + c[1..])
            {
                Scale = new RatingScale(0, 4),
            }),
        ],
        Further = ["prompt", "response", .. s_criteria],
    };

    /// <summary>−3 … 3, negative where the first response is better.</summary>
    public static ImportFormat Preference { get; } = new(
        "helpsteer2-preference", "prompt, response_1, response_2, preference_strength",
        row => row.Has("response_1", "response_2", "preference_strength"), RowReading.One(row => new ImportedTask(
            Turns(row.Text("prompt")), [row.Completion("response_1"), row.Completion("response_2")],
            [new ImportedAnswers(Preferred(row.RequiredNumber("preference_strength")))])))
    {
        Further = ["prompt", "response_1", "response_2", "preference_strength"],
    };

    /// <summary>
    /// −3 … 3, negative where the first response is better; the prompt is a conversation. Of each person what they said and why, where the
    /// file has it; else what was made of all of them.
    /// </summary>
    public static ImportFormat Three { get; } = new(
        "helpsteer3", "context (or prompt), response1, response2, overall_preference (or individual_preference)",
        row => row.Has("response1", "response2") && (row.Has("overall_preference") || row.Has("individual_preference")),
        RowReading.One(Conversation))
    {
        Further = ["context", "prompt", "response1", "response2", "overall_preference", "individual_preference"],
    };

    private static ImportedTask Conversation(JsonElement row)
    {
        var asked = new FileQuestions();
        ImportedAnswers[] people = row.Find("individual_preference") is { ValueKind: JsonValueKind.Array } list
            ? [.. list.EnumerateArray().Select((person, index) => Person(person, index, asked))]
            : [];
        return new ImportedTask(
            row.Messages(row.Has("context") ? "context" : "prompt", Message.User),
            [row.Completion("response1"), row.Completion("response2")],
            people.Length > 0 ? people : [new ImportedAnswers(Preferred(row.RequiredNumber("overall_preference")))])
        {
            Questions = asked.All,
        };
    }

    /// <summary>The file has no ids of people: the first of each prompt, the second, and so on.</summary>
    private static ImportedAnswers Person(JsonElement person, int index, FileQuestions asked)
    {
        if (person.ValueKind != JsonValueKind.Object)
            throw new UserError("'individual_preference' must be a list of {score, reasoning}");
        var answers = Preferred(person.RequiredNumber("score"));
        foreach (string text in s_texts)
            asked.AddText(answers, text, person.Name(text) ?? "");
        return new ImportedAnswers(answers, $"annotator-{index + 1}");
    }

    private static Answers Preferred(double preference) => Math.Abs(preference) <= 3
        ? Answers.OfRanking(Answer.FromRanks(ImportedTask.PairRanks(preference), Math.Abs(preference)))
        : throw new UserError($"a preference of {preference}; it lies between -3 (the first is much better) and 3");

    private static ImportedTask Rated(IReadOnlyList<JsonElement> rows)
    {
        if (rows.Count != 2)
            throw new UserError("one response to this prompt; two consecutive rows with the same prompt make a pair");
        var answers = new Answers();
        foreach (string criterion in s_criteria.Where(c => rows.Any(row => row.Number(c) is not null)))
            answers[criterion] = new Answer { Ratings = [.. rows.Select(row => row.Number(criterion))] };
        answers[Question.Ranking] = Answer.FromRanks(
            ImportedTask.PairRanks(rows[1].RequiredNumber("helpfulness") - rows[0].RequiredNumber("helpfulness")));
        return new ImportedTask(
            Turns(rows[0].Text("prompt")), [.. rows.Select(row => row.Completion("response"))], [new ImportedAnswers(answers)]);
    }

    /// <summary>Turns that were flattened: the first is the user's, each further one begins with a mark and the name of its role.</summary>
    internal static IReadOnlyList<Message> Turns(string prompt)
    {
        if (!prompt.Contains(Turn, StringComparison.Ordinal) && !prompt.StartsWith(SystemTurn, StringComparison.Ordinal))
            return [Message.FromText(Message.User, prompt)];
        var messages = new List<Message>();
        foreach (string part in prompt.Replace(SystemTurn, Turn, StringComparison.Ordinal).Split(Turn))
        {
            string role = part.Split('\n')[0].Trim();
            string? known = role switch { "User" => Message.User, "Assistant" => Message.Assistant, "System" => "system", _ => null };
            string text = known is null ? part : part[(part.IndexOf('\n') is var end and >= 0 ? end + 1 : part.Length)..];
            // The break before a mark belongs to the mark; an empty turn at the end asks for the reply.
            text = text.EndsWith('\n') ? text[..^1] : text;
            if (text.Length > 0)
                messages.Add(Message.FromText(known ?? Message.User, text));
        }
        return messages;
    }
}
