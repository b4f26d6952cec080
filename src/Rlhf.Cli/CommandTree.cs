using System.CommandLine;
using Rlhf.Cli.Verbs;

namespace Rlhf.Cli;

/// <summary>All verbs with their options; every verb is one file under Verbs/.</summary>
internal static class CommandTree
{
    public static RootCommand Create()
    {
        var root = new RootCommand("Reinforcement learning from human feedback: sample, rank, train a reward model, run PPO, evaluate.")
        {
            DoctorVerb.Create(),
            SampleVerb.Create(),
            TokenizeVerb.Create(),
            ScoreVerb.Create(),
            GoldVerb.Create(),
            QuickstartVerb.Create(),
            PipelineVerb.Create(),
            WorkerVerb.Create(),
            ExecuteVerb.Create(),
            ServeVerb.Create(),
            UsersVerb.Create(),
            LineageVerb.Create(),
            ExchangeVerbs.Import(),
            ExchangeVerbs.Export(),
            ErasureVerbs.Erase(),
            ErasureVerbs.Backup(),
            ErasureVerbs.Restore(),
        };
        foreach (var stage in StageVerbs.Create())
            root.Add(stage);
        return root;
    }
}
