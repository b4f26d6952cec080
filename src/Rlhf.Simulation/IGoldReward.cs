namespace Rlhf.Simulation;

/// <summary>A judgment that simulated annotators share and that results are measured by. A pure function of both texts.</summary>
public interface IGoldReward
{
    public string Name { get; }

    /// <summary>What the reward looks at, in a sentence.</summary>
    public string Description { get; }

    /// <summary>The higher the better. <see cref="Core.UserError"/> where the prompt is not of the kind that the reward judges.</summary>
    public double Score(string prompt, string completion);
}
