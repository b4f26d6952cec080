using Rlhf.Core;
using Rlhf.Core.Options;

namespace Rlhf.Definitions.Tests;

public sealed class OptionsFileTests
{
    [Fact]
    public void Every_kind_of_option_is_bound()
    {
        var options = Example.Bind("""
            # a comment
            model: models/start   # another
            epochs: 3
            learningRate: 1e-3
            tokens: 3000000000
            shuffle: false
            limit: 7
            loss: plackettluce
            stop: [a, "b c", 'd']
            sizes:
              - 4
              - 5
            annotators:
              - errorRate: 0.25
                note: ~
              - {}
            labels: { one: "1", two: zwei }
            sampling:
              temperature: 0.5
            seed: 18446744073709551615
            device: cuda:1
            dtype: BF16
            """);
        Assert.Equal(("models/start", 3, 1e-3, 3_000_000_000, false, 7),
            (options.Model, options.Epochs, options.LearningRate, options.Tokens, options.Shuffle, options.Limit));
        Assert.Equal(ExampleLoss.PlackettLuce, options.Loss);
        Assert.Equal(["a", "b c", "d"], options.Stop);
        Assert.Equal([4, 5], options.Sizes);
        Assert.Equal([new ExampleAnnotator { ErrorRate = 0.25, Note = null }, new ExampleAnnotator()], options.Annotators);
        Assert.Equal("zwei", options.Labels["two"]);
        // What the outer record says of its inner one stays where the file is silent.
        Assert.Equal(new ExampleSampling { Temperature = 0.5, MaxNewTokens = 48 }, options.Sampling);
        Assert.Equal((ulong.MaxValue, "cuda:1", Dtype.Bf16), (options.Seed, options.Device, options.Dtype));
    }

    [Theory]
    [InlineData("model: m\nepohcs: 2",
        "file.yaml:2: unknown key 'epohcs' in example; did you mean 'epochs'? Known keys: model, epochs, learningRate,")]
    [InlineData("model: m\nEpochs: 2", "file.yaml:2: unknown key 'Epochs' in example; did you mean 'epochs'?")]
    [InlineData("model: m\nzebra: 2", "file.yaml:2: unknown key 'zebra' in example. Known keys:")]
    [InlineData("model: m\nsampling:\n  temprature: 1",
        "file.yaml:3: unknown key 'temprature' in example.sampling; did you mean 'temperature'?")]
    [InlineData("model: m\nepochs: many", "file.yaml:2: example.epochs must be an integer; got 'many'")]
    [InlineData("model: m\nepochs: 1.5", "file.yaml:2: example.epochs must be an integer; got '1.5'")]
    [InlineData("model: m\nepochs: '2'", "file.yaml:2: example.epochs must be an integer; got '2' in quotes")]
    [InlineData("model: m\nepochs: 99999999999", "file.yaml:2: example.epochs must be an integer; got '99999999999' (at most 2147483647)")]
    [InlineData("model: m\nepochs: 0", "file.yaml:2: example.epochs must be between 1 and 100; got '0'")]
    [InlineData("model: m\nepochs:", "file.yaml:2: example.epochs has no value; it must be an integer")]
    [InlineData("model: m\nlearningRate: 0", "file.yaml:2: example.learningRate must be more than 0; got '0'")]
    [InlineData("model: m\nlearningRate: .nan", "file.yaml:2: example.learningRate must be a number; got '.nan'")]
    [InlineData("model: m\nlearningRate: 1e999", "file.yaml:2: example.learningRate must be a number; got '1e999'")]
    [InlineData("model: m\nshuffle: yes", "file.yaml:2: example.shuffle must be true or false; got 'yes'")]
    [InlineData("model: m\nseed: -1", "file.yaml:2: example.seed must be 0 or a positive integer; got '-1' (at most 18446744073709551615)")]
    [InlineData("model: m\nloss: pairwize",
        "file.yaml:2: example.loss must be one of pairwise, plackettLuce; got 'pairwize'; did you mean 'pairwise'?")]
    [InlineData("model: m\nloss: 1", "file.yaml:2: example.loss must be one of pairwise, plackettLuce; got '1'")]
    [InlineData("model: m\ndevice: gpu", "file.yaml:2: example.device must be auto, cpu, cuda or cuda:n; got 'gpu'")]
    [InlineData("model: m\ndevice: meta", "file.yaml:2: example.device must be auto, cpu, cuda or cuda:n; got 'meta'")]
    [InlineData("model: m\nstop: a", "file.yaml:2: example.stop must be a list, each item text; got 'a' (a list is written [a, b])")]
    [InlineData("model: m\nsizes: [1, x]", "file.yaml:2: example.sizes[1] must be an integer; got 'x'")]
    [InlineData("model: m\nannotators:\n- errorRate: 0.1\n- errorRate: 0.7",
        "file.yaml:4: example.annotators[1].errorRate must be between 0 and 0.5; got '0.7'")]
    [InlineData("model: m\nsampling: 3", "file.yaml:2: example.sampling must be a section with keys; got '3'")]
    [InlineData("model: [m]", "file.yaml:1: example.model must be text; got a list")]
    [InlineData("epochs: 2", "file.yaml:1: 'model' is missing in example; it must be text")]
    [InlineData("model: ''", "file.yaml:1: example.model must not be empty")]
    [InlineData("", "file.yaml:1: 'model' is missing in example")]
    [InlineData("model: m\nlimit: 20\nepochs: 20", "file.yaml:1: example: limit and epochs cannot both exceed 10")]
    public void What_does_not_fit_is_refused_with_its_place(string yaml, string message)
    {
        string refusal = Example.Refusal(yaml);
        Assert.StartsWith(message, refusal);
        Assert.DoesNotContain('\n', refusal);
    }

    [Fact]
    public void Overrides_replace_what_the_file_says()
    {
        var options = Example.Bind(
            "model: m\nepochs: 3\nannotators: [{}]\nsampling:", "epochs=5", "sampling.temperature=0.1", "stop=[a, 'b, c']",
            "annotators.0.errorRate=0.3", "model=C:\\x y: #z", "limit=", "epochs=6");
        Assert.Equal((6, 0.1, 0.3, "C:\\x y: #z", null),
            (options.Epochs, options.Sampling.Temperature, options.Annotators[0].ErrorRate, options.Model, options.Limit));
        Assert.Equal(["a", "b, c"], options.Stop);
    }

    [Theory]
    [InlineData("epohcs=2", "--set epohcs: unknown key 'epohcs' in example; did you mean 'epochs'?")]
    [InlineData("sampling.temprature=2",
        "--set sampling.temprature: unknown key 'temprature' in example.sampling; did you mean 'temperature'?")]
    [InlineData("epochs=0", "--set epochs: example.epochs must be between 1 and 100; got '0'")]
    [InlineData("epochs=x", "--set epochs: example.epochs must be an integer; got 'x'")]
    [InlineData("epochs", "--set epochs: expected key=value")]
    [InlineData("=1", "--set =1: expected key=value")]
    [InlineData("a..b=1", "--set a..b=1: expected key=value")]
    [InlineData("epochs.x=1", "--set epochs.x: 'epochs' is a single value and has no key 'x'")]
    [InlineData("annotators.3.errorRate=0.3",
        "--set annotators.3.errorRate: 'annotators' is a list of 1 items; '3' is not an index into it (the first is 0)")]
    [InlineData("stop=[a", "--set stop: not valid YAML: ")]
    [InlineData("stop=[a]\n---\nb", "--set stop: a second document starts here")]
    public void Overrides_are_checked_alike(string text, string message) =>
        Assert.StartsWith(message, Example.Refusal("model: m\nepochs: 3\nannotators: [{}]", text));

    [Fact]
    public void Options_completed_later_are_validated_alike()
    {
        Binding.OptionBinder.Validate(new ExampleOptions { Model = "m" }, "example");
        Assert.Equal("example.model must not be empty",
            Assert.Throws<UserError>(() => Binding.OptionBinder.Validate(new ExampleOptions(), "example")).Message);
        Assert.Equal("example.epochs must be between 1 and 100; got '0'",
            Assert.Throws<UserError>(
                () => Binding.OptionBinder.Validate(new ExampleOptions { Model = "m", Epochs = 0 }, "example")).Message);
    }

    [Fact]
    public void Resolved_options_survive_json_in_a_stable_order()
    {
        var options = Example.Bind("model: é<x>\nloss: plackettLuce\nannotators: [{errorRate: 0.3}]\nseed: 18446744073709551615\nlabels: "
            + "{b: x, a: y}");
        string json = OptionsJson.Write(options);
        Assert.Equal(json, OptionsJson.Write(OptionsJson.Read<ExampleOptions>(json)));
        Assert.StartsWith("{\n  \"model\": \"é<x>\",\n  \"epochs\": 1,\n", json);
        Assert.EndsWith("\"device\": \"auto\",\n  \"dtype\": \"auto\",\n  \"threads\": 0,\n  \"seed\": 18446744073709551615\n}\n", json);
        Assert.StartsWith("run.json:2: not the options of example: ",
            Assert.Throws<UserError>(() => OptionsJson.Read<ExampleOptions>("{\n\"epohcs\": 1}", "run.json")).Message);
    }
}
