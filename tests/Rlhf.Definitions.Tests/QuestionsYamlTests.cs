using CsCheck;
using Rlhf.Core;
using Rlhf.Core.Options.Labeling;
using Rlhf.Definitions.Templates;

namespace Rlhf.Definitions.Tests;

/// <summary>Questions as YAML that people edit, and back.</summary>
public sealed class QuestionsYamlTests
{
    private static readonly string[] AwkwardTexts =
    [
        "- a", "true", "7", "a: b", "# no comment", "'", "\"", "", " x ", "two\nlines", "~", "null", "{a}", "[b", "ä 中 😀", "&x", "*x",
        "!x",
    ];

    public static TheoryData<string> Names => [.. ProjectTemplates.Names];

    [Theory]
    [MemberData(nameof(Names))]
    public void Questions_that_are_written_are_read_as_the_same(string name)
    {
        var questions = ProjectTemplates.Get(name).Questions;
        Assert.Equivalent(questions, QuestionsYaml.Parse(QuestionsYaml.Write(questions), "questions"), strict: true);
    }

    [Fact]
    public void Every_member_and_every_text_comes_back()
    {
        var text = Gen.Int[0, AwkwardTexts.Length - 1].Select(i => AwkwardTexts[i]).Where(value => value.Length > 0);
        var scale = Gen.Select(Gen.Int[-3, 3], Gen.Int[4, 9], Gen.Double[0.1, 2], text.Null()).Select((min, max, step, words) =>
            new ScaleTemplate { Min = min, Max = max, Step = step, MinText = words, MaxText = words });
        var choice = Gen.Select(text, text).Select((key, words) => new ChoiceTemplate { Key = key, Text = words });
        var flags = Gen.Select(Gen.Bool, Gen.Bool, Gen.Bool, Gen.Bool, Gen.Bool);
        var optional = Gen.Int[0, 2].Select(i => i == 2 ? (bool?)null : i == 1);
        var question =
            from key in text
            from words in text
            from kind in Gen.Enum<QuestionTemplateKind>()
            from flag in flags
            from maybe in Gen.Select(optional, optional, optional)
            from strength in Gen.Int[0, 4]
            from texts in text.Array[0, 3].Null()
            from numbers in scale.Null()
            from choices in choice.Array[0, 3].Null()
            from length in Gen.Select(Gen.Int[0, 9], Gen.Int[10, 20])
            select new QuestionTemplate
            {
                Key = key,
                Kind = kind,
                Text = words,
                Ties = flag.Item1,
                RankAll = flag.Item2,
                Multiple = flag.Item3,
                PerCompletion = flag.Item4,
                ReasonRequired = flag.Item5,
                Required = maybe.Item1,
                NoneAcceptable = maybe.Item2,
                StrengthRequired = maybe.Item3,
                MaxStrength = strength,
                StrengthTexts = texts,
                Scale = numbers,
                Choices = choices,
                MinLength = length.Item1,
                MaxLength = length.Item2,
            };
        question.Array[1, 3].Sample(
            questions => Assert.Equivalent(questions, QuestionsYaml.Parse(QuestionsYaml.Write(questions), "questions"), strict: true),
            iter: 100);
    }

    [Fact]
    public void What_is_as_by_default_is_left_out()
    {
        QuestionTemplate[] questions =
        [
            new() { Key = "ranking", Kind = QuestionTemplateKind.Ranking, Text = "Which is better?", Ties = false },
            new() { Key = "quality", Kind = QuestionTemplateKind.Rating, Text = "How good?", Scale = new ScaleTemplate() },
        ];
        Assert.Equal(
            """
            - key: ranking
              kind: ranking
              text: Which is better?
              ties: false
            - key: quality
              kind: rating
              text: How good?
              scale:
                min: 1
                max: 5

            """, QuestionsYaml.Write(questions), ignoreLineEndingDifferences: true);
    }

    [Theory]
    [InlineData("- {key: a, kind: text, txt: b}", "questions:1: unknown key 'txt' in template.questions[0]; did you mean 'text'?")]
    [InlineData("- {key: a, kind: text, text: b}\n- {key: b, kind: txt, text: c}", "questions:2: ")]
    [InlineData("", "questions: questions are a list")]
    [InlineData("just words", "questions: questions are a list")]
    public void What_does_not_fit_is_told_where(string yaml, string message) => Assert.StartsWith(
        message, Assert.Throws<UserError>(() => QuestionsYaml.Parse(yaml, "questions")).Message, StringComparison.Ordinal);

    [Fact]
    public void The_list_of_a_whole_template_is_taken_too() =>
        Assert.Equal(["quality", "flags", "ranking"], QuestionsYaml.Parse(ProjectTemplates.Yaml("instructgpt"), "x").Select(q => q.Key));
}
