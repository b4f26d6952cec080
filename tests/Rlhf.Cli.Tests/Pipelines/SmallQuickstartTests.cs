using System.Text.Json;
using Rlhf.Testing;

namespace Rlhf.Cli.Tests.Pipelines;

/// <summary>
/// The quickstart at a sixth of its size, with a learning rate for so few rankings, on the bundled policy: enough to see that
/// rankings carry over to the policy (ControlTests: and that rankings which say nothing do not). The whole of it is
/// tests/bars/quickstart.sh.
/// </summary>
[Collection(SmallQuickstartAlone.Name)]
public sealed class SmallQuickstartTests
{
    private static readonly string[] Small =
    [
        "candidates.trainPrompts=400", "candidates.heldOutPrompts=40", "reward.learningRate=0.001", "ppo.updates=8", "ppo.batchSize=48",
        "ppo.minibatches=2", "ppo.epochs=2", "evaluate.heldOutPrompts=300",
    ];

    [Fact]
    public void Rankings_make_the_policy_better_by_the_judgment_they_came_from()
    {
        using var home = new TemporaryFolder();
        var result = Run(home);
        Assert.True(Low(result) > 0.5, result.GetRawText());
        Assert.True(result.GetProperty("gold_after").GetDouble() > result.GetProperty("gold_before").GetDouble());
        Assert.True(result.GetProperty("kl").GetDouble() is > 0 and < 25);
        double accuracy = result.GetProperty("reward_accuracy").GetProperty("value").GetDouble();
        Assert.True(accuracy > 0.6, $"reward accuracy {accuracy}");
    }

    private static double Low(JsonElement result) => result.GetProperty("win_rate").GetProperty("low").GetDouble();

    private static JsonElement Run(TemporaryFolder home)
    {
        string file = Path.Combine(SharedData.RepositoryRoot, "pipelines", "quickstart.yaml");
        Answer answer = RlhfProgram.Run(
            ["pipeline", "run", file, "--home", home.Path, "--json", .. Small.SelectMany(set => new[] { "--set", set })]);
        Assert.True(answer.ExitCode == 0, answer.Error);
        return JsonDocument.Parse(answer.Text.TrimEnd('\n').Split('\n')[^1]).RootElement;
    }
}

/// <summary>Runs when no other test does: two teams of threads on the same cores make each other many times slower.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class SmallQuickstartAlone
{
    internal const string Name = "the quickstart alone";
}
