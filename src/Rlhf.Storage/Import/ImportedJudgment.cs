using Rlhf.Core;
using Rlhf.Core.Content;
using Rlhf.Storage.Json;

namespace Rlhf.Storage.Import;

/// <summary>One judgment of a file: completions of one prompt, and how they were ranked.</summary>
/// <param name="Prompt">The messages that all completions follow.</param>
/// <param name="Completions">Two or more.</param>
/// <param name="Ranks">One per completion: 1 is best, equal ranks are a tie.</param>
/// <param name="Strength">How strong the preference is, where the file says so.</param>
/// <param name="Simulated">Whether a program gave it.</param>
public sealed record ImportedJudgment(
    IReadOnlyList<Message> Prompt, IReadOnlyList<IReadOnlyList<Message>> Completions, IReadOnlyList<int> Ranks, double? Strength = null,
    bool Simulated = false)
{
    /// <summary>A preference between two texts.</summary>
    public static ImportedJudgment FromTexts(string prompt, string chosen, string rejected) => FromPair(
        [Message.FromText(Message.User, prompt)], [Message.FromText(Message.Assistant, chosen)],
        [Message.FromText(Message.Assistant, rejected)]);

    /// <exception cref="UserError">The two are the same.</exception>
    public static ImportedJudgment FromPair(
        IReadOnlyList<Message> prompt, IReadOnlyList<Message> chosen, IReadOnlyList<Message> rejected) =>
        Same(chosen, rejected)
            ? throw new UserError("'chosen' and 'rejected' are the same: no preference")
            : new ImportedJudgment(prompt, [chosen, rejected], [1, 2]);

    internal static bool Same(IReadOnlyList<Message> one, IReadOnlyList<Message> other) =>
        ContentJson.Write(one) == ContentJson.Write(other);
}
