namespace Rlhf.Pipeline.Runs;

/// <summary>The kinds of runs, named as in pipeline files and on the command line.</summary>
public static class RunKinds
{
    public const string Pretrain = "pretrain";
    public const string Sft = "sft";
    public const string Candidates = "candidates";
    public const string Collect = "collect";
    public const string Reward = "reward";
    public const string Ppo = "ppo";
    public const string Evaluate = "evaluate";

    /// <summary>Every kind, in the order of the loop.</summary>
    public static IReadOnlyList<string> All { get; } = [Pretrain, Sft, Candidates, Collect, Reward, Ppo, Evaluate];

    /// <summary>The hub's own work (no child process, no torch); every other kind is computed by an executor's child process.</summary>
    public static bool IsHubWork(string kind) => kind == Collect;
}
