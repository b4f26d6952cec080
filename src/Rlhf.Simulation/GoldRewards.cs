using Rlhf.Core;
using Rlhf.Simulation.Reviews;
using Rlhf.Simulation.Stories;

namespace Rlhf.Simulation;

/// <summary>The gold rewards by name.</summary>
public static class GoldRewards
{
    private static readonly IGoldReward[] All = [new ReviewReward(), new StoryReward()];

    public static IReadOnlyList<string> Names { get; } = [.. All.Select(reward => reward.Name)];

    public static IGoldReward Get(string name) => All.FirstOrDefault(reward => reward.Name == name)
        ?? throw new UserError($"unknown gold reward '{name}'; expected one of {string.Join(", ", Names)}");
}
