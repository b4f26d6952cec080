namespace Rlhf.Pipeline.Runs;

/// <summary>The kinds of runs that the program itself speaks of, named as in pipeline files and on the command line.</summary>
public static class RunKinds
{
    public const string Pretrain = "pretrain";
    public const string Sft = "sft";
    public const string Candidates = "candidates";
    public const string Collect = "collect";
    public const string Label = "label";
    public const string Reward = "reward";
    public const string Ppo = "ppo";
    public const string Evaluate = "evaluate";
}
