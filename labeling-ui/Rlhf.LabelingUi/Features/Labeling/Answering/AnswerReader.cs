using Rlhf.Core;
using Rlhf.Definitions;
using Rlhf.Storage.Entities;
using Rlhf.Storage.Json;
using Rlhf.Storage.Labeling;

namespace Rlhf.LabelingUi.Features.Labeling.Answering;

/// <summary>
/// Answers of a request as they are stored: names of completions become indices into the task, and an answer about one of several
/// identical completions becomes an answer about each of them. Whether they fit their question is for the rules of labeling to say.
/// </summary>
internal sealed class AnswerReader(IReadOnlyList<Question> questions, PresentedPlaces places)
{
    /// <exception cref="UserError">No such question or completion, or a part that several questions could mean.</exception>
    public Answers Read(AnswersBody body)
    {
        var answers = new Answers();
        foreach (var (key, answer) in body.Answers ?? new Dictionary<string, AnswerBody>())
        {
            string place = $"answers.{key}";
            if (key == Question.Flag && questions.All(q => q.Key != key))
            {
                AddFlag(answer.Flags, answers, place + ".flags");
                continue;
            }
            var question = questions.FirstOrDefault(q => q.Key == key) ?? throw Refused(place,
                $"this project asks no '{key}'{NearestName.Suggest(key, questions.Select(q => q.Key))} Its questions: {Keys(questions)}");
            answers[key] = Convert(answer, question, place + ".");
        }
        AddTopLevel(body, answers);
        return answers;
    }

    /// <summary>The parts at the top of the body, each given to the one question that takes it.</summary>
    private void AddTopLevel(AnswersBody body, Answers answers)
    {
        if (body.Ranking is not null || body.Strength is not null || body.NoneAcceptable is not null)
        {
            Add(body.Ranking is not null ? "ranking" : body.Strength is not null ? "strength" : "noneAcceptable",
                new AnswerBody { Ranking = body.Ranking, Strength = body.Strength, NoneAcceptable = body.NoneAcceptable },
                QuestionKind.Ranking, QuestionKind.Pairwise);
        }
        if (body.Ratings is not null)
            Add("ratings", new AnswerBody { Ratings = body.Ratings }, QuestionKind.Rating);
        if (body.Flags is not null && questions.All(q => q.Kind != QuestionKind.Labels && q.Key != Question.Flag))
            AddFlag(body.Flags, answers, "flags");
        else if (body.Flags is not null)
            Add("flags", new AnswerBody { Flags = body.Flags }, QuestionKind.Labels);
        // What was pasted is told of the text, else of the rewrite.
        if (body.Rationale is not null)
            Add("rationale", new AnswerBody { Rationale = body.Rationale, Pasted = body.Pasted }, QuestionKind.Text);
        if (body.Rewrite is not null || body.RewriteOf is not null)
        {
            Add("rewrite", new AnswerBody
            {
                Rewrite = body.Rewrite,
                RewriteOf = body.RewriteOf,
                Pasted = body.Rationale is null ? body.Pasted : null,
            }, QuestionKind.Rewrite);
        }
        if (body.Marks is not null)
            Add("marks", new AnswerBody { Marks = body.Marks }, QuestionKind.Marks);

        void Add(string field, AnswerBody answer, params QuestionKind[] kinds)
        {
            Question[] takers = [.. questions.Where(q => kinds.Contains(q.Kind))];
            if (takers is not [var question])
            {
                throw Refused(field, takers.Length == 0
                    ? $"no question of this project takes {field}; its questions: {Keys(questions)}"
                    : $"several questions of this project take {field}: {Keys(takers)}; answer each under 'answers'");
            }
            if (!answers.TryAdd(question.Key, Convert(answer, question, "")))
                throw Refused(field, $"'{question.Key}' is answered twice: at the top and under 'answers'");
        }
    }

    /// <summary>Where no labels are asked for, flags are reasons why the task is flagged; none of them is no flag.</summary>
    private static void AddFlag(FlagsBody? flags, Answers answers, string field)
    {
        if (flags?.Task is not { } reasons)
            throw Refused(field, "must be a list of reasons, for the task as a whole");
        if (reasons.Count > 0 && !answers.TryAdd(Question.Flag, new Answer { Flags = reasons }))
            throw Refused(field, $"'{Question.Flag}' is answered twice: at the top and under 'answers'");
    }

    private Answer Convert(AnswerBody body, Question question, string path) => new()
    {
        Ranking = body.Ranking is { } ranking ? [.. ranking.Select((group, i) => Group(group, $"{path}ranking[{i}]"))] : null,
        Strength = body.Strength,
        NoneAcceptable = body.NoneAcceptable,
        Ratings = body.Ratings is { } ratings
            ? ByIndex<double, double?>(ratings, path + "ratings", rating => rating, null) : null,
        Flags = body.Flags is { Task: { } task } ? (question.PerCompletion && task.Count == 0 ? null : task) : null,
        CompletionFlags = body.Flags is { Completions: { } each }
            ? ByIndex<IReadOnlyList<string>, IReadOnlyList<string>>(each, path + "flags", labels => labels, []) : null,
        Rewrite = body.Rewrite,
        RewriteOf = body.RewriteOf is { } of ? places.Completions[Place(of, path + "rewriteOf")][0].Index : null,
        Rationale = body.Rationale,
        Pasted = body.Pasted,
        Marks = body.Marks is { } marks ? [.. marks.SelectMany((mark, i) => Marks(mark, $"{path}marks[{i}]"))] : null,
    };

    /// <summary>In ascending order: the members of a group are equal, in whatever order they were named.</summary>
    private int[] Group(IReadOnlyList<string> group, string path)
    {
        int[] named = [.. group.Select(id => Place(id, path))];
        if (named.GroupBy(place => place).FirstOrDefault(same => same.Count() > 1) is { } twice)
            throw Refused(path, $"'{PresentedPlaces.IdOf(twice.Key)}' stands twice in the group");
        return [.. named.SelectMany(place => places.Completions[place].Select(c => c.Index)).Order()];
    }

    private TOut[] ByIndex<TIn, TOut>(IReadOnlyDictionary<string, TIn> values, string path, Func<TIn, TOut> convert, TOut missing)
    {
        var all = new TOut[places.CompletionCount];
        Array.Fill(all, missing);
        foreach (var (id, value) in values)
        {
            foreach (var completion in places.Completions[Place(id, path)])
                all[completion.Index] = convert(value);
        }
        return all;
    }

    /// <summary>The range in each of the identical completions, which may begin with other white space.</summary>
    private IEnumerable<Mark> Marks(MarkBody mark, string path)
    {
        var identical = places.Completions[Place(mark.Completion, path + ".completion")];
        int shown = LeadingSpace(identical[0]);
        foreach (var completion in identical)
        {
            int start = mark.Start - shown + LeadingSpace(completion);
            if (completion == identical[0] || (start >= 0 && start + (long)mark.Length <= Text(completion).Length))
                yield return new Mark(completion.Index, start, mark.Length, mark.Liked, mark.Reason);
        }
    }

    private int Place(string id, string path) => places.Place(id) ?? throw Refused(path,
        $"there is no completion '{id}'; there are {PresentedPlaces.IdOf(0)} … {PresentedPlaces.IdOf(places.Completions.Count - 1)}");

    private static int LeadingSpace(PresentedCompletion completion) =>
        Text(completion) is var text ? text.Length - text.TrimStart().Length : 0;

    private static string Text(PresentedCompletion completion) => ContentJson.AllText(completion.Content);

    private static string Keys(IEnumerable<Question> some) => string.Join(", ", some.Select(q => q.Key));

    private static UserError Refused(string field, string message) => new($"{field}: {message}") { Field = field };
}
