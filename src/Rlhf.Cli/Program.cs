using System.CommandLine;
using System.Globalization;
using Rlhf.Cli;
using Rlhf.Cli.Verbs;

// Numbers are read and written the same in every country: files, options and outputs are for other programs too.
CultureInfo.CurrentCulture = CultureInfo.CurrentUICulture = CultureInfo.InvariantCulture;
CultureInfo.DefaultThreadCurrentCulture = CultureInfo.DefaultThreadCurrentUICulture = CultureInfo.InvariantCulture;

// The composition root: every verb is one file under Verbs/.
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
    LineageVerb.Create(),
    ErasureVerbs.Erase(),
    ErasureVerbs.Backup(),
    ErasureVerbs.Restore(),
};
foreach (var stage in StageVerbs.Create())
    root.Add(stage);

return await CommandLine.RunAsync(root, args);
