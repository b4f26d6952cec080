using Rlhf.Core;
using Rlhf.Core.Options.Labeling;
using Rlhf.Definitions.Templates;

namespace Rlhf.Definitions.Tests;

/// <summary>The protocols that ship, and template files of one's own.</summary>
public sealed class ProjectTemplateTests
{
    public static TheoryData<string> Names => [.. ProjectTemplates.Names];

    [Fact]
    public void The_six_protocols_ship() =>
        Assert.Equal(["arena", "helpsteer", "hh", "instructgpt", "llama2", "open-assistant"], ProjectTemplates.Names);

    [Theory]
    [MemberData(nameof(Names))]
    public void Each_asks_for_the_ranking_that_trains_a_reward_model(string name)
    {
        var template = ProjectTemplates.Get(name);
        var ranking = Assert.Single(template.Questions, q => q.Key == "ranking");
        Assert.Contains(ranking.Kind, new[] { QuestionTemplateKind.Ranking, QuestionTemplateKind.Pairwise });
        Assert.Equal(ranking.Kind == QuestionTemplateKind.Pairwise ? 2 : null, template.K);
        Assert.Equal(ranking.MaxStrength, ranking.StrengthTexts?.Count ?? 0);
        Assert.NotEmpty(template.Title);
        Assert.NotEmpty(template.Guidelines);
    }

    [Fact]
    public void Each_protocol_asks_what_its_paper_says()
    {
        Assert.Equal((4, false, false), Pairwise("hh"));
        Assert.Equal((4, false, false), Pairwise("llama2"));
        Assert.Equal((3, true, false), Pairwise("helpsteer"));
        Assert.Equal((0, true, true), Pairwise("arena"));
        Assert.Equal(3, ProjectTemplates.Get("llama2").Questions.Single(q => q.Key == "safety").Choices!.Count);
        Assert.Equal([(0.0, 4.0), (0, 4), (0, 4), (0, 4), (0, 4)], ProjectTemplates.Get("helpsteer").Questions
            .Where(q => q.Kind == QuestionTemplateKind.Rating).Select(q => (q.Scale!.Min, q.Scale.Max)));
        var rated = ProjectTemplates.Get("instructgpt").Questions;
        Assert.Equal(["quality", "flags", "ranking"], rated.Select(q => q.Key));
        Assert.Equal((1, 7), (rated[0].Scale!.Min, rated[0].Scale!.Max));
        Assert.True(rated[2] is { RankAll: true, Ties: true });

        static (double, bool, bool) Pairwise(string name) => ProjectTemplates.Get(name).Questions.Single(q => q.Key == "ranking") is var q
            ? (q.MaxStrength, q.Ties, q.NoneAcceptable ?? true) : default;
    }

    [Fact]
    public void A_file_says_how_the_project_is_run()
    {
        var settings = ProjectTemplates.Parse("""
            settings: { passMark: 0.7, pauseAboveQuickShare: 0.25, quickWordsPerMinute: 900, pauseAboveStraightShare: 0.5 }
            questions: [{ key: ranking, text: Which? }]
            """, "mine.yaml").Settings!;
        Assert.Equal((0.7, 0.25, 900, 0.5, null), (settings.PassMark, settings.PauseAboveQuickShare, settings.QuickWordsPerMinute,
            settings.PauseAboveStraightShare, settings.PauseAfterAnswers));
        Assert.Null(ProjectTemplates.Get("hh").Settings);
    }

    [Theory]
    [InlineData("settings: { pauseAfterAnswers: 0 }\nquestions: []", "mine.yaml:1: template.settings.pauseAfterAnswers must be")]
    [InlineData("title: x", "mine.yaml:1: 'questions' is missing in template")]
    [InlineData("questions:\n- {key: a, kind: text, txt: b}",
        "mine.yaml:2: unknown key 'txt' in template.questions[0]; did you mean 'text'?")]
    [InlineData("k: 10\nquestions: []", "mine.yaml:1: template.k must be between 1 and 9; got '10'")]
    [InlineData("- a", "mine.yaml: a template is lines of 'key: value'")]
    public void A_file_that_does_not_fit_is_told_where(string yaml, string message) => Assert.StartsWith(
        message, Assert.Throws<UserError>(() => ProjectTemplates.Parse(yaml, "mine.yaml")).Message, StringComparison.Ordinal);
}
