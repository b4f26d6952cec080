using Rlhf.Testing;

namespace Rlhf.Training.Tests.Numerics;

/// <summary>Every golden file is either compared by a test here or named as not yet covered.</summary>
public sealed class GoldenFilesTests
{
    private static readonly string[] Covered =
        ["gae", "kl", "logprobs", "optim", "ppo_policy_loss", "ppo_value_loss", "reward_loss", "rewards", "tiny_ppo_run", "whiten"];

    public static TheoryData<string> Files
    {
        get
        {
            string folder = Path.Combine(SharedData.Root, "golden");
            return Directory.Exists(folder)
                ? [.. Directory.GetFiles(folder, "*.json").Select(f => Path.GetFileNameWithoutExtension(f)!).Order(StringComparer.Ordinal)]
                : [SharedData.Absent];
        }
    }

    [Theory, MemberData(nameof(Files))]
    public void Holds_cases_that_are_compared(string file)
    {
        string path = SharedData.Require($"golden/{file}.json");
        var cases = Golden.Read(path, file);
        if (!Covered.Contains(file))
            Assert.Skip($"SKIPPED: {file}.json, {cases.Count} cases: nothing here computes these yet");
        Assert.Contains(cases, c => c.Convention == "ppo.md");
    }
}
