using System.ComponentModel.DataAnnotations;
using Rlhf.Core;
using Rlhf.Core.Options;
using Rlhf.Definitions.Pipelines;
using Rlhf.Testing;

namespace Rlhf.Definitions.Tests;

public sealed record OtherOptions : ComputeOptions
{
    [Required]
    public string Data { get; init; } = "";

    public int Updates { get; init; } = 5;
}

public sealed class PipelineFileTests : IDisposable
{
    private const string Good = """
        name: quick-start
        description: Shows it
        seed: 7
        threads: 2
        parameters:
          model: ${here}/policy
          count: 4
          data:
            help: a folder of pairs
        stages:
          - example:
              model: ${model}
              epochs: ${count}
              labels: { path: "${model}/x" }
          - other: { threads: 1, seed: 9 }
          - other
        """;

    private static readonly Dictionary<string, Type> s_kinds =
        new() { ["example"] = typeof(ExampleOptions), ["other"] = typeof(OtherOptions) };
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Stages_get_their_options_parameters_and_defaults()
    {
        var pipeline = Load(Good);
        Assert.Equal(("quick-start", "Shows it", 7UL), (pipeline.Name, pipeline.Description, pipeline.Seed));
        Assert.Equal(["example", "other", "other"], pipeline.Stages.Select(s => s.Kind));
        var example = (ExampleOptions)pipeline.Stages[0].Options;
        Assert.Equal((_folder["policy"], 4, 2, 7UL), (example.Model, example.Epochs, example.Threads, example.Seed));
        Assert.Equal(_folder["policy/x"], example.Labels["path"]);
        // A stage's own words come before the defaults of the file; [Required] is left to the one who runs it.
        Assert.Equal([(1, 9UL, ""), (2, 7UL, "")],
            pipeline.Stages.Skip(1).Select(s => s.Options).Cast<OtherOptions>().Select(o => (o.Threads, o.Seed, o.Data)));
        Assert.Equal(_folder["policy"], pipeline.Parameters["model"]);
        Assert.Null(pipeline.Parameters["data"]);
    }

    [Fact]
    public void Overrides_reach_parameters_keys_kinds_and_single_stages()
    {
        var pipeline = Load(Good, "model=elsewhere", "seed=3", "example.epochs=9", "other.updates=10", "stages.2.other.updates=11",
            "example.sampling.temperature=0.1");
        var example = (ExampleOptions)pipeline.Stages[0].Options;
        Assert.Equal(("elsewhere", 9, 3UL, 0.1), (example.Model, example.Epochs, example.Seed, example.Sampling.Temperature));
        Assert.Equal("elsewhere/x", example.Labels["path"]);
        Assert.Equal([10, 11], pipeline.Stages.Skip(1).Select(s => ((OtherOptions)s.Options).Updates));
        Assert.Equal(9UL, ((OtherOptions)pipeline.Stages[1].Options).Seed);
    }

    [Theory]
    [InlineData("exmaple.epochs=9",
        "--set exmaple.epochs: this pipeline has nothing called 'exmaple'; did you mean 'example'? It has: model, count, data, name,")]
    [InlineData("example.epohcs=9", "--set example.epohcs: unknown key 'epohcs' in example; did you mean 'epochs'?")]
    [InlineData("example.epochs=0", "--set example.epochs: example.epochs must be between 1 and 100; got '0'")]
    [InlineData("modle=x", "--set modle: this pipeline has nothing called 'modle'; did you mean 'model'?")]
    [InlineData("seed=x", "--set seed: pipeline.seed must be 0 or a positive integer; got 'x'")]
    [InlineData("name=a/b", "--set name: pipeline.name must match")]
    [InlineData("model=[a]", "--set model: a parameter must be a single value")]
    [InlineData("stages=[]", "--set stages: this pipeline has nothing called 'stages'")]
    [InlineData("stages.7.other.updates=1", "--set stages.7.other.updates: 'stages' is a list of 3 items; '7' is not an index into it")]
    [InlineData("stages.1.example.epochs=1", "p.yaml:15: each stage is one key, its kind")]
    public void Wrong_overrides_are_refused(string text, string message) => Assert.StartsWith(message, Refusal(Good, text));

    [Theory]
    [InlineData("stages:", "stagez:", "p.yaml:10: unknown key 'stagez' in a pipeline; did you mean 'stages'? Known keys: name,")]
    [InlineData("  - other\n", "  - otter\n",
        "p.yaml:16: unknown kind of stage 'otter'; did you mean 'other'? Known kinds: example, other")]
    [InlineData("epochs: ${count}", "epochs: ${cuont}",
        "p.yaml:13: no parameter 'cuont'; did you mean 'count'? Known: model, count, data, here")]
    [InlineData("epochs: ${count}", "epochs: ${model}", "p.yaml:13: example.epochs must be an integer; got '/")]
    [InlineData("model: ${model}", "model: ${data}", "p.yaml:8: 'data' must be given: --set data=… (a folder of pairs)")]
    [InlineData("  count: 4", "  example: 4", "p.yaml:7: a parameter cannot be called 'example'")]
    [InlineData("  count: 4", "  count: [4]", "p.yaml:7: parameter 'count' must be a single value")]
    [InlineData("help: a", "hlep: a", "p.yaml:9: unknown key 'hlep' in parameter 'data'. Known keys: value, help")]
    [InlineData("name: quick-start", "name: \"\"", "p.yaml:1: pipeline.name must not be empty")]
    [InlineData("name: quick-start\n", "", "p.yaml:1: 'name' is missing in pipeline")]
    [InlineData("threads: 2", "threads: -2", "p.yaml:4: pipeline.threads must be between 0 and 1024; got '-2'")]
    [InlineData("{ threads: 1, seed: 9 }", "3", "p.yaml:15: other must be a section with keys")]
    public void Wrong_files_are_refused(string old, string with, string message) =>
        Assert.StartsWith(message, Refusal((Good + "\n").Replace(old, with)));

    [Fact]
    public void A_resolved_pipeline_survives_json()
    {
        var pipeline = Load(Good, "data=x");
        string json = pipeline.ToJson();
        var again = PipelineFile.FromJson(json, s_kinds);
        Assert.Equal(json, again.ToJson());
        Assert.Equal(OptionsJson.Write(pipeline.Stages[0].Options), OptionsJson.Write(again.Stages[0].Options));
        Assert.StartsWith("pipeline: not a resolved pipeline",
            Assert.Throws<UserError>(() => PipelineFile.FromJson("{}", s_kinds)).Message);
        Assert.StartsWith("pipeline: unknown kind of stage 'other'",
            Assert.Throws<UserError>(
                () => PipelineFile.FromJson(json, new Dictionary<string, Type> { ["example"] = typeof(ExampleOptions) })).Message);
    }

    [Theory]
    [InlineData("{}", "'name', 'description', 'seed', 'parameters', 'stages' is missing")]
    [InlineData("null", "the value must be an object; got null")]
    [InlineData("5", "the value must be an object; got 5")]
    [InlineData("{", "not valid JSON at position 2: ")]
    [InlineData("""{"name":"a","description":"","seed":-1,"parameters":{},"stages":[]}""", "seed must be a whole number; got -1")]
    [InlineData("""{"name":null,"description":"","seed":1,"parameters":{},"stages":[]}""", "name must be a text; got null")]
    [InlineData("""{"name":"a","description":"","seed":1,"parameters":{},"stages":{}}""", "stages must be a list; got {}")]
    [InlineData("""{"name":"a","description":"","seed":1,"parameters":{},"stages":[]}""", "stages must list one or more; got []")]
    [InlineData("""{"name":"a","description":"","seed":1,"parameters":{},"stages":[null]}""", "stages[0] must be an object; got null")]
    [InlineData("""{"name":"a","description":"","seed":1,"parameters":{},"stages":[{"kind":7,"options":{}}]}""",
        "stages[0].kind must be a text; got 7")]
    [InlineData("""{"name":"a","description":"","seed":1,"parameters":{},"stages":[{"kind":"example"}]}""", "'options' is missing")]
    public void What_a_resolved_pipeline_lacks_is_told(string json, string message) =>
        Assert.StartsWith("pipeline: not a resolved pipeline: " + message,
            Assert.Throws<UserError>(() => PipelineFile.FromJson(json, s_kinds)).Message, StringComparison.Ordinal);

    private PipelineFile Load(string yaml, params string[] overrides)
    {
        File.WriteAllText(_folder["p.yaml"], yaml);
        return PipelineFile.Load(_folder["p.yaml"], s_kinds, overrides);
    }

    private string Refusal(string yaml, params string[] overrides) =>
        Assert.Throws<UserError>(() => Load(yaml, overrides)).Message.Replace(_folder.Path + "/p.yaml", "p.yaml");
}
