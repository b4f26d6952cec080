using Rlhf.Definitions.Help;

namespace Rlhf.Definitions.Tests;

public sealed class OptionsHelpTests
{
    [Fact]
    public void Options_are_described_with_type_default_limits_and_documentation()
    {
        var options = OptionsHelp.Describe(typeof(ExampleOptions)).ToDictionary(o => o.Key);
        Assert.Equal(new OptionDescription("model", "text", null, null, true, "The folder of the model to start from, see "
            + "ExampleLoss.", false), options["model"]);
        Assert.Equal(new OptionDescription("epochs", "an integer", "1", "between 1 and 100", false, "Passes over the data.", false),
            options["epochs"]);
        Assert.Equal(("0.0001", "more than 0"), (options["learningRate"].Default, options["learningRate"].Limits));
        Assert.Equal(("one of pairwise, plackettLuce", "pairwise"), (options["loss"].Type, options["loss"].Default));
        Assert.Equal("[1, 2]", options["sizes"].Default);
        Assert.Equal("48", options["sampling.maxNewTokens"].Default);
        Assert.Equal("How often it errs.", options["annotators[].errorRate"].Text);
        // Inherited options come with the documentation of the assembly that declares them.
        Assert.StartsWith("The root seed", options["seed"].Text);
    }

    [Theory]
    [InlineData(40)]
    [InlineData(60)]
    [InlineData(140)]
    public void The_text_names_every_option_within_the_width(int width)
    {
        string text = OptionsHelp.Text(typeof(ExampleOptions), width);
        foreach (var option in OptionsHelp.Describe(typeof(ExampleOptions)))
            Assert.Contains($"\n  {option.Key}: ", "\n" + text);
        if (width >= 60)
            Assert.Contains("  epochs: an integer, between 1 and 100 [1]\n      Passes over the data.\n", text);
        Assert.All(text.Split('\n'), line => Assert.InRange(line.Length, 0, width));
    }
}
