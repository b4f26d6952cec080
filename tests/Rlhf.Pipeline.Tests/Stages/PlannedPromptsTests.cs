using Rlhf.Pipeline.Stages.Planning;
using Rlhf.Simulation.Prompts;

namespace Rlhf.Pipeline.Tests.Stages;

public sealed class PlannedPromptsTests
{
    private static readonly PromptSet Set = new(["a", "b", "c", "d", "e"], ["x", "y"]);

    [Theory]
    [InlineData(2, 1, "ab")]
    [InlineData(2, 2, "cd")]
    [InlineData(2, 3, "ea")]
    [InlineData(2, 1001, "ab")]
    [InlineData(0, 2, "abcde")]
    [InlineData(5, 2, "abcde")]
    [InlineData(9, 3, "abcde")]
    public void Each_round_takes_the_training_prompts_that_follow(int count, int round, string expected) =>
        Assert.Equal(expected, string.Concat(PlannedInputs.Train(Set, count, round).Select(p => p.Prompt)));
}
