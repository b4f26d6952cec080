using Rlhf.Core;
using Rlhf.Core.Options.Labeling;
using Rlhf.Storage.Entities;

namespace Rlhf.Storage.Labeling;

/// <summary>Which tasks people can be asked in a project.</summary>
internal static class TaskRules
{
    /// <summary>How many completions a task may have.</summary>
    /// <exception cref="UserError">The questions and the number of completions do not go together.</exception>
    public static (int Least, int Most) CheckCompletions(IReadOnlyList<Question> questions, ProjectSettings settings)
    {
        bool pairwise = questions.Any(q => q.Kind == QuestionKind.Pairwise), ranked = questions.Any(q => q.Kind == QuestionKind.Ranking);
        (int least, int most) = pairwise ? (2, 2) : (ranked ? 2 : 1, ProjectTemplate.MaxCompletions);
        if (settings.Completions is not { } k)
            return (least, most);
        if (k >= least && k <= most)
            return (k, k);
        throw pairwise
            ? new UserError($"a pairwise question needs 2 completions; got k = {k}") { Field = "k" }
            : new UserError($"k must be {least} … {most} for these questions; got {k}") { Field = "k" };
    }

    /// <exception cref="UserError">A task has too few or too many completions, or an empty prompt.</exception>
    public static void Check(NewTask task, int index, (int Least, int Most) completions)
    {
        int count = task.Completions.Count;
        if (count < completions.Least || count > completions.Most)
        {
            string wanted = completions.Least == completions.Most ? $"{completions.Least}" : $"{completions.Least} … {completions.Most}";
            throw new UserError($"[{index}].completions: this project's tasks have {wanted} completions; got {count}")
            {
                Field = $"[{index}].completions",
            };
        }
        if (task.Overlap < 1)
            throw new UserError($"[{index}].overlap must be 1 or more; got {task.Overlap}") { Field = $"[{index}].overlap" };
    }
}
