using System.Text;
using System.Text.Json;
using Rlhf.Core;
using Rlhf.Core.Content;
using Rlhf.Storage.Import;
using Rlhf.Storage.Json;
using Rlhf.Testing;

namespace Rlhf.Storage.Tests.Import;

public sealed class JudgmentLineTests
{
    [Theory]
    [InlineData("preference_implicit_standard")]
    [InlineData("preference_implicit_conversational")]
    public void Implicit_prompts_are_cut_as_trl_cuts_them(string set)
    {
        string folder = SharedData.Require($"data/ecosystem/trl-datasets/{set}");
        var expected = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "after_extract_prompt.json"))).RootElement.EnumerateArray()
            .Select(Pair);
        Assert.Equal(expected, Parsed(folder));
    }

    [Theory]
    [InlineData("preference_explicit_standard")]
    [InlineData("preference_explicit_conversational")]
    public void Explicit_prompts_are_taken_as_they_are(string set)
    {
        string folder = SharedData.Require($"data/ecosystem/trl-datasets/{set}");
        Assert.Equal(File.ReadLines(Path.Combine(folder, "data.jsonl")).Select(line => Pair(JsonDocument.Parse(line).RootElement)),
            Parsed(folder));
    }

    [Theory]
    [InlineData("\n\nHuman: a\n\nAssistant: b\n\nHuman: c\n\nAssistant: yes", "\n\nHuman: a\n\nAssistant: b\n\nHuman: c\n\nAssistant: no",
        "user a|assistant b|user c", "assistant yes", "assistant no")]
    // They part at a reply: the completions have different numbers of turns.
    [InlineData("\n\nHuman: a\n\nAssistant: b\n\nHuman: c\n\nAssistant: d", "\n\nHuman: a\n\nAssistant: e", "user a",
        "assistant b|user c|assistant d", "assistant e")]
    // They part at a question: the reply before it belongs to the completions.
    [InlineData("\n\nHuman: a\n\nAssistant: b\n\nHuman: c\n\nAssistant: d", "\n\nHuman: a\n\nAssistant: b\n\nHuman: e\n\nAssistant: f",
        "user a", "assistant b|user c|assistant d", "assistant b|user e|assistant f")]
    // One is the beginning of the other.
    [InlineData("\n\nHuman: a\n\nAssistant: b\n\nHuman: c\n\nAssistant: d", "\n\nHuman: a\n\nAssistant: b", "user a",
        "assistant b|user c|assistant d", "assistant b")]
    // One of them ends empty.
    [InlineData("\n\nHuman: a\n\nAssistant: ", "\n\nHuman: a\n\nAssistant:  b ", "user a", "assistant ", "assistant  b ")]
    [InlineData("What is it? red", "What is it? round", "user What is it? r", "assistant ed", "assistant ound")]
    [InlineData("Is it so? yes", "Is it so? no", "user Is it so?", "assistant  yes", "assistant  no")]
    [InlineData("x🌸", "x🌹", "user x", "assistant 🌸", "assistant 🌹")]
    [InlineData("", "a", "user ", "assistant ", "assistant a")]
    public void Common_beginnings_by_hand(string chosen, string rejected, string prompt, string good, string bad)
    {
        var judgment = JudgmentLine.Parse(JsonSerializer.SerializeToUtf8Bytes(new { chosen, rejected }));
        Assert.Equal((prompt, good, bad), (Shown(judgment.Prompt), Shown(judgment.Completions[0]), Shown(judgment.Completions[1])));
        Assert.Equal([1, 2], judgment.Ranks);
    }

    [Fact]
    public void A_conversation_that_repeats_the_prompt_is_split_and_equal_scores_are_a_tie()
    {
        const string Line = """
            {"prompt":"q","prompt_id":"x","chosen":[{"role":"user","content":"q"},{"role":"assistant","content":"a"}],
             "rejected":[{"role":"user","content":"q"},{"role":"assistant","content":"b"}],"score_chosen":7.5,"score_rejected":7.0}
            """;
        var judgment = Parse(Line);
        Assert.Equal(("user q", "assistant a", "assistant b"),
            (Shown(judgment.Prompt), Shown(judgment.Completions[0]), Shown(judgment.Completions[1])));
        Assert.Equal([1, 2], judgment.Ranks);
        Assert.Equal([1, 1], Parse(Line.Replace("7.0", "7.5", StringComparison.Ordinal)).Ranks);
    }

    [Theory]
    [InlineData("""{"chosen":"\n\nHuman: a\n\nAssistant: b","rejected":"\n\nHuman: c\n\nAssistant: d"}""", "no beginning in common")]
    [InlineData("""{"chosen":"\n\nHuman: a\n\nAssistant: b\n\nHuman: c","rejected":"\n\nHuman: a\n\nAssistant: b"}""",
        "does not end with the assistant")]
    [InlineData("""{"chosen":[{"role":"user","content":"a"}],"rejected":"b"}""", "one of 'chosen' and 'rejected' is a text")]
    [InlineData("""{"prompt":[{"role":"user","content":"a"}],"chosen":"a","rejected":"b"}""", "'prompt' is a conversation")]
    [InlineData("""{"prompt":"other","chosen":[{"role":"user","content":"q"},{"role":"assistant","content":"a"}],"rejected":[{"role":"user","content":"q"},{"role":"assistant","content":"b"}]}""", "do not begin with")]
    [InlineData("""{"chosen":[{"role":"user"}],"rejected":[]}""", "the message of 'user' has no 'content'")]
    [InlineData("""{"chosen":[{"content":"x"}],"rejected":[]}""", "a message must be")]
    [InlineData("""{"prompt":[{"role":"user","content":[{"type":"image_url"}]}],"chosen":[],"rejected":[]}""",
        "a part of a message is not text")]
    [InlineData("""{"prompt":"p","completions":["a","b"],"ranks":[1]}""", "2 completions and 1 ranks")]
    [InlineData("""{"prompt":"p","completions":["a","b"],"ranks":[0,1]}""", "'ranks' must be integers from 1; got 0")]
    [InlineData("""{"prompt":"p","completions":["a","b"],"ranks":[1,2],"weight":0.5}""", "'weight' is 0.5, which an import does not keep")]
    [InlineData("""{"prompt":"p","completions":["a","b"],"ranks":[1,2],"weight":"0.5"}""", "'weight' must be a number; got \"0.5\"")]
    [InlineData("""{"prompt":"p","chosen":"a","chosen":"b","rejected":"c"}""", "'chosen' stands 2 times in the line")]
    [InlineData("""{"question":"p","answer":"a"}""", "no 'chosen'; the line has 'question', 'answer'")]
    public void What_cannot_be_read_is_said(string line, string message) =>
        Assert.Contains(message, Assert.Throws<UserError>(() => Parse(line)).Message);

    private static ImportedJudgment Parse(string line) => JudgmentLine.Parse(Encoding.UTF8.GetBytes(line));

    private static IEnumerable<string> Parsed(string folder) =>
        File.ReadLines(Path.Combine(folder, "data.jsonl")).Select(line => ContentJson.Write(Parse(line)));

    /// <summary>The judgment that a row of {prompt, chosen, rejected} stands for.</summary>
    private static string Pair(JsonElement row) => ContentJson.Write(new ImportedJudgment(
        Content(row.GetProperty("prompt"), Message.User),
        [Content(row.GetProperty("chosen"), Message.Assistant), Content(row.GetProperty("rejected"), Message.Assistant)], [1, 2]));

    private static IReadOnlyList<Message> Content(JsonElement value, string role) => value.ValueKind == JsonValueKind.String
        ? [Message.FromText(role, value.GetString()!)]
        : [.. value.EnumerateArray()
            .Select(m => Message.FromText(m.GetProperty("role").GetString()!, m.GetProperty("content").GetString()!))];

    private static string Shown(IReadOnlyList<Message> messages) => string.Join('|', messages.Select(m => $"{m.Role} {m.AllText()}"));
}
