namespace Rlhf.Pipeline.Stages;

/// <summary>The names under which run.json lists what a run starts from.</summary>
public static class InputNames
{
    /// <summary>The policy that is sampled, trained or compared with.</summary>
    public const string Policy = "policy";

    /// <summary>The policy that the round before sampled.</summary>
    public const string PreviousPolicy = "previousPolicy";

    /// <summary>The policy after training.</summary>
    public const string TrainedPolicy = "trainedPolicy";

    public const string RewardModel = "rewardModel";

    public const string Candidates = "candidates";

    public const string Prompts = "prompts";

    public const string Rankings = "rankings";

    public const string Text = "text";

    /// <summary>The weights of prompts in a dataset version.</summary>
    public const string Weights = "weights";
}
