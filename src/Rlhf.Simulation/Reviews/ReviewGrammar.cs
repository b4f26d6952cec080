using Rlhf.Core.Content;
using Rlhf.Core.Randomness;

namespace Rlhf.Simulation.Reviews;

/// <summary>
/// A seeded grammar of short reviews of places that do not exist. Its writers are of all kinds: some keep to what the prompt
/// asks, others confuse the names, contradict and repeat themselves, change the subject or do not finish. Prompt and
/// document n are pure functions of (seed, n).
/// </summary>
public static class ReviewGrammar
{
    /// <summary>Prompt <paramref name="index"/> of a seed; there are about 250,000 different ones.</summary>
    public static ReviewPrompt Prompt(ulong seed, int index) =>
        DrawPrompt(new Draws(new RandomStream(seed, "reviews/prompt"), (uint)index));

    /// <summary>Documents 0 … <paramref name="count"/>−1 of a seed, about 35 words each. Their prompts are never held-out ones.</summary>
    public static IEnumerable<Document> Documents(ulong seed, int count) =>
        Enumerable.Range(0, count).Select(index => Document(seed, index));

    /// <summary>Document <paramref name="index"/> of a seed.</summary>
    public static Document Document(ulong seed, int index)
    {
        var draws = new Draws(new RandomStream(seed, "reviews/document"), (uint)index);
        ReviewPrompt prompt;
        do
            prompt = DrawPrompt(draws);
        while (PromptSplit.Side(prompt.Text) == PromptSide.HeldOut);
        return new(prompt.Text, " " + new ReviewWriter(prompt, draws).Write());
    }

    private static ReviewPrompt DrawPrompt(Draws draws)
    {
        var kind = draws.Of(Places.Kinds);
        int first = draws.Below(kind.Aspects.Count);
        int second = (first + 1 + draws.Below(kind.Aspects.Count - 1)) % kind.Aspects.Count;
        return new(kind, DrawName(draws), kind.Aspects[first], kind.Aspects[second]);
    }

    internal static string DrawName(Draws draws) => $"{draws.Of(Places.NameAdjectives)} {draws.Of(Places.NameNouns)}";
}
