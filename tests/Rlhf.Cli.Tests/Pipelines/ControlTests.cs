using System.Text.Json;
using Rlhf.Testing;

namespace Rlhf.Cli.Tests.Pipelines;

[Collection(TinyLoop.Tests)]
public sealed class ControlTests
{
    /// <summary>
    /// Where the labels say nothing, nothing may be gained: a gain would have come from elsewhere (a leak of the gold reward, say).
    /// </summary>
    [Fact]
    public void Shuffled_labels_show_no_gain()
    {
        string pipelines = Path.Combine(SharedData.RepositoryRoot, "pipelines");
        if (!File.Exists(Path.Combine(pipelines, "policy", "model.safetensors")))
            Assert.Skip("SKIPPED: no bundled policy (rlhf pretrain --config pipelines/pretrain.yaml makes it)");
        using var home = new TemporaryFolder();
        string[] small =
        [
            "collect.annotators.shuffleLabels=true", "threads=1",
            "candidates.trainPrompts=100", "candidates.heldOutPrompts=40", "candidates.sampling.maxNewTokens=48",
            "ppo.updates=6", "ppo.batchSize=32", "ppo.epochs=2", "ppo.maxNewTokens=48", "ppo.evaluationPrompts=2",
            "evaluate.heldOutPrompts=200", "evaluate.sampling.maxNewTokens=48",
        ];
        var answer = RlhfProgram.Run(
            ["pipeline", "run", Path.Combine(pipelines, "quickstart.yaml"), "--home", home.Path, "--json",
                .. small.SelectMany(s => new[] { "--set", s })]);
        Assert.True(answer.ExitCode == 0, answer.Error);
        var result = JsonDocument.Parse(answer.Text.TrimEnd('\n').Split('\n')[^1]).RootElement;

        Assert.True(result.GetProperty("win_rate").GetProperty("low").GetDouble() <= 0.5, answer.Text);
        // It did move: away from where it was, towards nothing.
        Assert.True(result.GetProperty("kl").GetDouble() > 0.05, answer.Text);
        Assert.True(result.GetProperty("reward_accuracy").GetProperty("ceiling").GetDouble() is > 0.35 and < 0.65, answer.Text);
    }
}
