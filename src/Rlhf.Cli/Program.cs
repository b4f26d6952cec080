using System.CommandLine;
using Rlhf.Cli;

// The composition root: every verb is one file under Verbs/.
var root = new RootCommand("Reinforcement learning from human feedback: sample, rank, train a reward model, run PPO, evaluate.")
{
};

return await CommandLine.RunAsync(root, args).ConfigureAwait(false);
