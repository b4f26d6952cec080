using Rlhf.Core;
using Rlhf.Core.Options;
using Rlhf.Definitions.Pipelines;
using Rlhf.Definitions.Templates;
using Rlhf.Testing;

namespace Rlhf.Definitions.Tests;

/// <summary>label.template: read and checked when a pipeline file is, before anything is computed.</summary>
public sealed class LabelTemplateTests : IDisposable
{
    private static readonly Dictionary<string, Type> s_kinds = new()
    {
        ["candidates"] = typeof(CandidatesOptions),
        ["label"] = typeof(LabelOptions),
        ["ppo"] = typeof(PpoOptions),
    };

    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string> Names => [.. ProjectTemplates.Names];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Names))]
    public void Each_template_that_ships_can_be_named(string name)
    {
        var label = Label($"template: {name}");
        Assert.Equal((name, ProjectTemplates.Yaml(name)), (label.Template, label.TemplateText));
        Assert.Equal(ProjectTemplates.Get(name).Title, LabelTemplates.Read(label)!.Title);
    }

    [Fact]
    public void A_file_of_ones_own_is_read_once_and_the_same_in_every_round()
    {
        File.WriteAllText(_folder["own.yaml"], "title: first\nquestions:\n- { key: ranking, text: Which? }\n");
        File.WriteAllText(_folder["p.yaml"], $$"""
            name: p
            stages:
              - candidates
              - label: { template: "{{_folder["own.yaml"]}}" }
              - ppo
              - repeat: { rounds: 2 }
            """);
        var pipeline = PipelineFile.Load(_folder["p.yaml"], s_kinds, []);
        File.Delete(_folder["own.yaml"]);
        var again = PipelineFile.FromJson(pipeline.ToJson(), s_kinds);
        var labels = again.Stages.Select(stage => stage.Options).OfType<LabelOptions>().ToList();
        Assert.Equal([1, 2], labels.Select(label => label.Round));
        Assert.All(labels, label => Assert.Equal("first", LabelTemplates.Read(label)!.Title));
    }

    [Fact]
    public void Without_a_template_there_is_none() => Assert.Null(LabelTemplates.Read(Label("overlap: 2")));

    [Theory]
    [InlineData("template: aren", "label.template: there is no template 'aren'; did you mean 'arena'? Templates: arena, helpsteer, hh, ")]
    [InlineData("template: arena, text: Which?", "question, text and strengthLevels cannot be given together with it")]
    [InlineData("template: hh, strengthLevels: 2", "question, text and strengthLevels cannot be given together with it")]
    [InlineData("template: hh, question: pairwise", "question, text and strengthLevels cannot be given together with it")]
    [InlineData("template: none.yaml", "none.yaml: no such file")]
    public void What_does_not_fit_is_refused(string options, string message) =>
        Assert.Contains(message, Assert.Throws<UserError>(() => Label(options)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("questions:\n- { key: why, kind: text, text: Why? }", ": a label stage needs a ranking or pairwise question with the key "
        + "'ranking'; the template has why (label.template)")]
    [InlineData("questions:\n- { key: ranking, kind: rating, text: How good? }", "the template has ranking (label.template)")]
    [InlineData("questions:\n- { key: ranking, txt: Which? }", ":2: unknown key 'txt' in template.questions[0]; did you mean 'text'?")]
    public void A_file_that_does_not_fit_is_refused_with_its_place(string yaml, string message)
    {
        File.WriteAllText(_folder["own.yaml"], yaml);
        string said = Assert.Throws<UserError>(() => Label($"template: \"{_folder["own.yaml"]}\"")).Message;
        Assert.StartsWith(_folder["own.yaml"], said, StringComparison.Ordinal);
        Assert.Contains(message, said, StringComparison.Ordinal);
    }

    private LabelOptions Label(string options)
    {
        File.WriteAllText(_folder["p.yaml"], $"name: p\nstages:\n  - label: {{ {options} }}\n");
        return (LabelOptions)PipelineFile.Load(_folder["p.yaml"], s_kinds, []).Stages[0].Options;
    }
}
