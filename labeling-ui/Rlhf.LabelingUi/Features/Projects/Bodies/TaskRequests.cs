using Rlhf.Core;
using Rlhf.Core.Content;
using Rlhf.LabelingUi.Features.Labeling.Answering;
using Rlhf.Storage.Entities;
using Rlhf.Storage.Labeling;

namespace Rlhf.LabelingUi.Features.Projects.Bodies;

/// <summary>Tasks of a request as the rules of labeling take them.</summary>
internal static class TaskRequests
{
    /// <exception cref="UserError">A task that does not fit; the field names its place in the list.</exception>
    public static IReadOnlyList<NewTask> Read(IReadOnlyList<TaskBody> tasks, IReadOnlyList<Question> questions) =>
        [.. tasks.Select((task, i) => Read(task, questions, $"[{i}]"))];

    private static NewTask Read(TaskBody task, IReadOnlyList<Question> questions, string path)
    {
        NewCompletion[] completions = [.. task.Completions.Select((completion, i) => Read(completion, $"{path}.completions[{i}]"))];
        var gold = Gold(task, questions, completions, path);
        var kind = task.Kind ?? (gold is null ? TaskKind.Normal : TaskKind.Gold);
        if (kind == TaskKind.Normal && gold is not null)
            throw Refused($"{path}.kind", "a normal task has no right answers; leave out 'kind', or make it gold or qualification");
        if (kind is TaskKind.Gold or TaskKind.Qualification && gold is null)
            throw Refused($"{path}.gold", "a gold or qualification task needs the right answers");
        if (kind == TaskKind.Repeat)
            throw Refused($"{path}.kind", "tasks are repeated by the project's settings (repeatShare)");
        return new NewTask(task.Prompt.Messages, completions, task.Overlap)
        {
            Kind = kind,
            Gold = gold,
            Explanation = task.Explanation,
            SplitGroup = task.SplitGroup,
        };
    }

    private static NewCompletion Read(CompletionBody completion, string path)
    {
        if (completion.Text is null == completion.Messages is null)
            throw Refused(path, "a completion has either 'text' or 'messages'");
        if (completion.Messages is { Count: 0 })
            throw Refused($"{path}.messages", "the list of messages is empty");
        return new NewCompletion(completion.Messages ?? [Message.FromText(Message.Assistant, completion.Text!)])
        {
            SamplingSettings = CompletionSource.Write(completion.Source),
        };
    }

    private static Answers? Gold(TaskBody task, IReadOnlyList<Question> questions, NewCompletion[] completions, string path)
    {
        if (task.Gold is null && task.GoldAnswers is null)
            return null;
        var answers = new Answers();
        try
        {
            if (task.GoldAnswers is { } given)
            {
                var places = PresentedPlaces.Create(completions.Select((c, i) => new PresentedCompletion(i, c.Content, null)));
                answers = new AnswerReader(questions, places).Read(new AnswersBody { Answers = given });
            }
            if (task.Gold is { } ranking)
            {
                Question[] ranked = [.. questions.Where(q => q.Kind is QuestionKind.Ranking or QuestionKind.Pairwise)];
                if (ranked is not [var question])
                    throw new UserError($"the project asks {ranked.Length} rankings; name the right answers under 'goldAnswers'");
                answers[question.Key] = new Answer { Ranking = [.. ranking.Select(group => (IReadOnlyList<int>)[.. group.Order()])] };
            }
            return answers;
        }
        catch (UserError error)
        {
            string field = task.GoldAnswers is null ? $"{path}.gold" : $"{path}.goldAnswers";
            throw new UserError($"{field}: {error.Message}", error) { Field = field };
        }
    }

    private static UserError Refused(string field, string message) => new($"{field}: {message}") { Field = field };
}
