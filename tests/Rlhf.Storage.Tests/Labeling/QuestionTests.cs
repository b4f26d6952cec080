using Rlhf.Core;
using Rlhf.Storage.Entities;
using Rlhf.Storage.Labeling;

namespace Rlhf.Storage.Tests.Labeling;

/// <summary>What each kind of question accepts: the protocols of the labs, each a set of questions.</summary>
public sealed class QuestionTests
{
    private static readonly string[] s_two = ["first text", "second"];

    private static readonly Choice[] s_safety = [new("safe", "Safe"), new("borderline", "Borderline"), new("unsafe", "Unsafe")];

    private static readonly Question s_hh = new("better", QuestionKind.Pairwise, "Which is better?", Ties: false, MaxStrength: 4);
    private static readonly Question s_helpSteer = new("preference", QuestionKind.Pairwise, "Which is better?", MaxStrength: 3);
    private static readonly Question s_arena = new("better", QuestionKind.Pairwise, "Which is better?");
    private static readonly Question s_likert = new("helpfulness", QuestionKind.Rating, "How helpful?")
    {
        Scale = new RatingScale(1, 7),
        Required = true,
    };
    private static readonly Question s_bins = new("safety", QuestionKind.Labels, "Safe?")
    {
        Choices = s_safety,
        PerCompletion = true,
        Required = true,
    };
    private static readonly Question s_flags = new("flags", QuestionKind.Labels, "Flags") { Choices = s_safety, Multiple = true };
    private static readonly Question s_why = new("why", QuestionKind.Text, "Why?") { MinLength = 5, MaxLength = 20 };
    private static readonly Question s_rewrite = new("rewrite", QuestionKind.Rewrite, "Write a better one") { Required = true };
    private static readonly Question s_marks = new("marks", QuestionKind.Marks, "Mark words")
    {
        Choices = [new("wrong", "Wrong")],
        ReasonRequired = true,
    };
    private static readonly Question s_all = new("ranking", QuestionKind.Ranking, "Rank all") { RankAll = true, NoneAcceptable = false };

    public static TheoryData<string, Question, Answer?> Good => new()
    {
        { "HH, strongest", s_hh, new() { Ranking = [[1], [0]], Strength = 4 } },
        { "HelpSteer, tie", s_helpSteer, new() { Ranking = [[0, 1]], Strength = 0 } },
        { "HelpSteer, tie without a number", s_helpSteer, new() { Ranking = [[0, 1]] } },
        { "arena, both bad", s_arena, new() { NoneAcceptable = true } },
        { "arena, both bad and a tie", s_arena, new() { Ranking = [[0, 1]], NoneAcceptable = true } },
        { "Likert", s_likert, new() { Ratings = [1, 7] } },
        { "bins", s_bins, new() { CompletionFlags = [["safe"], ["unsafe"]] } },
        { "no flags", s_flags, null },
        { "two flags", s_flags, new() { Flags = ["unsafe", "borderline"] } },
        { "no rationale", s_why, null },
        { "a rationale", s_why, new() { Rationale = "shorter", Pasted = true } },
        { "rewrite", s_rewrite, new() { Rewrite = "better", RewriteOf = 1 } },
        { "marks to the last letter", s_marks,
            new() { Marks = [new(0, 6, 4, Liked: false, "wrong"), new(1, 0, 6, Liked: true, "wrong")] } },
        { "all ranked", s_all, new() { Ranking = [[0, 1]] } },
    };

    public static TheoryData<string, Question, Answer?> Bad => new()
    {
        { "'better' has no ranking; an unchanged order is not an answer", s_hh, null },
        { "ties are not allowed", s_hh, new() { Ranking = [[0, 1]] } },
        { "must be a whole number in 1 … 4; got nothing", s_hh, new() { Ranking = [[0], [1]] } },
        { "must be a whole number in 1 … 4; got 1.5", s_hh, new() { Ranking = [[0], [1]], Strength = 1.5 } },
        { "must be a whole number in 1 … 3; got 0", s_helpSteer, new() { Ranking = [[0], [1]], Strength = 0 } },
        { "strength 5 is not in 0 … 4", s_hh, new() { Ranking = [[0], [1]], Strength = 5 } },
        { "a tie has no strength; got 2", s_helpSteer, new() { Ranking = [[0, 1]], Strength = 2 } },
        { "1 of 2 completions are ranked", s_arena, new() { Ranking = [[0]] } },
        { "completion 1 has no rating", s_likert, new() { Ratings = [3, null] } },
        { "completion 0 has no rating", s_likert, null },
        { "rating 8 of completion 1 is not on the scale 1 … 7", s_likert, new() { Ratings = [3, 8] } },
        { "rating 2.5 of completion 0", s_likert, new() { Ratings = [2.5, 3] } },
        { "ratings must be 2 numbers", s_likert, new() { Ratings = [2, 3, 4] } },
        { "completion 1 has no label", s_bins, new() { CompletionFlags = [["safe"], []] } },
        { "2 labels for completion 0; choose one", s_bins, new() { CompletionFlags = [["safe", "unsafe"], ["safe"]] } },
        { "given for each completion", s_bins, new() { Flags = ["safe"] } },
        { "there is no label 'spam'; there are safe, borderline, unsafe", s_flags, new() { Flags = ["spam"] } },
        { "a label is given twice to the task", s_flags, new() { Flags = ["safe", "safe"] } },
        { "labels must be 2 lists", s_bins, new() { CompletionFlags = [["safe"]] } },
        { "has 3 characters; at least 5", s_why, new() { Rationale = "abc" } },
        { "has at most 20 characters", s_why, new() { Rationale = new string('x', 21) } },
        { "the text is empty; this question must be answered", s_rewrite, new() { Rewrite = "  " } },
        { "there is no completion 2", s_rewrite, new() { Rewrite = "better", RewriteOf = 2 } },
        { "characters 7 … 10 are not in completion 0, which has 10", s_marks, new() { Marks = [new(0, 7, 4, Liked: true, "wrong")] } },
        { "characters 2147483647 … ", s_marks, new() { Marks = [new(0, int.MaxValue, int.MaxValue, Liked: true, "wrong")] } },
        { "needs a reason", s_marks, new() { Marks = [new(0, 0, 4, Liked: true)] } },
        { "there is no reason 'odd'; there are wrong", s_marks, new() { Marks = [new(0, 0, 4, Liked: true, "odd")] } },
        { "1 of 2 completions are ranked; rank all of them", s_all, new() { Ranking = [[1]] } },
        { "'none acceptable' is not an answer", s_all, new() { NoneAcceptable = true } },
        { "a text question takes no ranking", s_why, new() { Ranking = [[0], [1]] } },
        { "a rating question takes no text", s_likert, new() { Ratings = [1, 2], Rationale = "because" } },
    };

    [Theory]
    [MemberData(nameof(Good))]
    public void What_fits_is_accepted(string what, Question question, Answer? answer)
    {
        Assert.NotEmpty(what);
        QuestionRules.Check([question]);
        AnswerRules.Check(AnswersOf(question, answer), [question], s_two);
    }

    [Theory]
    [MemberData(nameof(Bad))]
    public void What_does_not_fit_is_refused_with_the_reason(string complaint, Question question, Answer? answer) =>
        Assert.Contains(complaint,
            Assert.Throws<UserError>(() => AnswerRules.Check(AnswersOf(question, answer), [question], s_two)).Message);

    [Fact]
    public void A_pairwise_question_needs_two_completions() =>
        Assert.Contains("this one has 3",
            Assert.Throws<UserError>(
                () => AnswerRules.Check(AnswersOf(s_arena, new Answer { Ranking = [[0], [1]] }), [s_arena], ["a", "b", "c"])).Message);

    [Fact]
    public void Questions_that_nobody_could_answer_are_refused()
    {
        foreach (var (complaint, questions) in new (string, Question[])[]
        {
            ("at least one question", []),
            ("two have the key 'why'", [s_why, s_why]),
            ("needs choices", [s_flags with { Choices = null }]),
            ("two choices have the key 'safe'", [s_flags with { Choices = [s_safety[0], s_safety[0]] }]),
            ("from a lower to a higher number", [s_likert with { Scale = new RatingScale(7, 1) }]),
            ("from a lower to a higher number", [s_likert with { Scale = new RatingScale(1, 7, 0) }]),
            ("whole numbers; got a greatest strength of 2.5", [s_hh with { MaxStrength = 2.5 }]),
            ("must be 0 or more; got -1", [s_hh with { MaxStrength = -1 }]),
            ("cannot have 5 … 4 characters", [s_why with { MaxLength = 4 }]),
            ("each needs a key", [s_why with { Key = " " }]),
        })
        {
            Assert.Contains(complaint, Assert.Throws<UserError>(() => QuestionRules.Check(questions)).Message);
        }
    }

    private static Answers AnswersOf(Question question, Answer? answer) => answer is null ? [] : new Answers { [question.Key] = answer };
}
