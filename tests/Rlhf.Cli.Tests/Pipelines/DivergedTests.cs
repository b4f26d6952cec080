using Microsoft.EntityFrameworkCore;
using Rlhf.Storage;
using Rlhf.Storage.Entities;

namespace Rlhf.Cli.Tests.Pipelines;

[Collection(TinyLoop.Tests)]
public sealed class DivergedTests(TinyLoop loop)
{
    /// <summary>Each step multiplies the weights by -9.</summary>
    [Fact]
    public async Task A_training_that_diverges_is_a_failed_run_and_no_bad_input()
    {
        var stop = TestContext.Current.CancellationToken;
        string home = loop.Home("diverged");
        var answer = RlhfProgram.Run("sft", "--home", home, "--set", $"model={loop.Model}", "--set", "documents=100", "--set",
            "batchSize=1", "--set", "learningRate=10", "--set", "weightDecay=1", "--set", "warmupShare=0", "--set",
            "finalLearningRateShare=1");
        Assert.Equal(1, answer.ExitCode);
        string line = answer.Error.TrimEnd('\n').Split('\n')[^1];
        Assert.Matches(@"^rlhf: sft: training diverged at step \d+: .* a smaller learningRate \(10\) .* \(log: .*run\.log\)$", line);

        using var database = await RlhfDatabase.OpenAsync(Path.Combine(home, "rlhf.db"), stop);
        await using var context = database.OpenReadContext();
        var run = await context.Runs.SingleAsync(stop);
        Assert.Equal((RunState.Failed, FailureKind.Diverged, 1), (run.State, run.FailureKind, run.Attempt));
    }
}
