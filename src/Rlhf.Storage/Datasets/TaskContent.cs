using Rlhf.Core.Content;
using Rlhf.Storage.Json;

namespace Rlhf.Storage.Datasets;

/// <summary>A task as dataset versions see it.</summary>
/// <param name="Context">The prompt; null where each completion has a context of its own.</param>
/// <param name="SplitGroup">What keeps tasks on one side of the split where that is not the prompt.</param>
/// <param name="Completions">In the order that rankings index.</param>
internal sealed record TaskContent(IReadOnlyList<Message>? Context, string? SplitGroup, IReadOnlyList<TaskCompletion> Completions)
{
    /// <summary>The context's messages as JSON; "null" where there is none.</summary>
    public string Prompt { get; } = ContentJson.Write(Context);

    /// <summary>
    /// What decides the side of the held-out split: the group, else the prompt. A task without a prompt has completions with
    /// contexts of their own; what all of these begin with is then the prompt, so that what only one completion has decides nothing.
    /// </summary>
    public string SplitText { get; } = SplitGroup ?? ContentJson.AllText(Context ?? SharedContext(Completions));

    private static List<Message> SharedContext(IReadOnlyList<TaskCompletion> completions)
    {
        var shared = new List<Message>(completions.Count == 0 ? [] : completions[0].Context ?? []);
        foreach (var completion in completions.Skip(1))
        {
            int same = shared.Zip(completion.Context ?? [])
                .TakeWhile(pair => ContentJson.Write(pair.First) == ContentJson.Write(pair.Second)).Count();
            shared.RemoveRange(same, shared.Count - same);
        }
        return shared;
    }
}

/// <summary>A completion as its task has it.</summary>
internal sealed record TaskCompletion(RankedCompletion Ranked, IReadOnlyList<Message>? Context)
{
    public static TaskCompletion Create(IReadOnlyList<Message> content, IReadOnlyList<Message>? context, int[]? ids, double? gold) => new(
        new RankedCompletion(context is null ? ContentJson.Write(content) : ContentJson.Write(new { content, context }), ids, gold),
        context);
}
