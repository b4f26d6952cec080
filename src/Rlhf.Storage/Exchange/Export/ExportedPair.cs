using Rlhf.Core.Content;
using Rlhf.Storage.Datasets;
using Rlhf.Storage.Json;

namespace Rlhf.Storage.Exchange.Export;

/// <summary>Two completions of which one was ranked above the other.</summary>
/// <param name="Weight">The share of the annotators who gave the ranking, where that is asked for.</param>
internal sealed record ExportedPair(
    IReadOnlyList<Message> Prompt, IReadOnlyList<Message> Chosen, IReadOnlyList<Message> Rejected, double Weight)
{
    /// <summary>Whether all of it is plain text: a question of the user and replies of the assistant.</summary>
    public bool IsPlain => Prompt is [{ Role: Message.User }] && ContentJson.PlainText(Prompt) is not null
        && ContentJson.PlainText(Chosen) is not null && ContentJson.PlainText(Rejected) is not null;

    /// <summary>All pairs of a ranking, the best completions first; ties make none.</summary>
    public static IEnumerable<ExportedPair> All(RankedContent ranking)
    {
        var prompt = ContentJson.Read<IReadOnlyList<Message>>(ranking.Prompt == "null" ? "[]" : ranking.Prompt);
        var sorted = ranking.Completions.Zip(ranking.Ranks).OrderBy(c => c.Second).Select(c => (Content: Content(c.First), Rank: c.Second))
            .ToList();
        for (int better = 0; better < sorted.Count; better++)
        {
            for (int worse = better + 1; worse < sorted.Count; worse++)
            {
                if (sorted[better].Rank < sorted[worse].Rank)
                    yield return new ExportedPair(prompt, sorted[better].Content, sorted[worse].Content, ranking.Share);
            }
        }
    }

    /// <summary>Prompt and completion as one text.</summary>
    public string Text(IReadOnlyList<Message> completion) => ContentJson.AllText(Prompt) + ContentJson.AllText(completion);

    /// <summary>What TRL makes of {chosen, rejected}: it looks for the first difference.</summary>
    public (string? Fault, string? Warning) CheckImplicit()
    {
        string chosen = Text(Chosen), rejected = Text(Rejected);
        if (chosen.Length == 0 || rejected.Length == 0)
            return ("prompt and completion are empty", null);
        if (ContentJson.Write(Chosen) == ContentJson.Write(Rejected))
            return ("chosen and rejected are the same", null);
        return chosen.StartsWith(rejected, StringComparison.Ordinal) || rejected.StartsWith(chosen, StringComparison.Ordinal)
            ? (null, "one text begins with the other, which TRL splits at the wrong place; trl-explicit has the prompt of its own")
            : (null, null);
    }

    /// <summary>With a prompt of its own, nothing is split.</summary>
    public (string? Fault, string? Warning) CheckExplicit() =>
        (null, ContentJson.Write(Chosen) == ContentJson.Write(Rejected) ? "chosen and rejected are the same" : null);

    /// <summary>A completion that has a context of its own is a conversation of both.</summary>
    private static IReadOnlyList<Message> Content(RankedCompletion completion)
    {
        if (completion.Json.StartsWith('['))
            return ContentJson.Read<IReadOnlyList<Message>>(completion.Json);
        var own = ContentJson.Read<OwnContext>(completion.Json);
        return [.. own.Context, .. own.Content];
    }

    private sealed record OwnContext(IReadOnlyList<Message> Content, IReadOnlyList<Message> Context);
}
