using Rlhf.Benchmarks;
using Rlhf.Models.Native;

switch (args)
{
    case ["labeling"]:
        return await LabelingScale.RunAsync();
    case ["dataset"]:
        return await DatasetScale.RunAsync();
    case ["training"]:
        Libtorch.EnsureLoaded();
        TrainingThroughput.Run();
        return 0;
    case ["ppo"]:
        Libtorch.EnsureLoaded();
        PpoUpdate.Run();
        return 0;
    default:
        Console.Error.WriteLine("usage: Rlhf.Benchmarks training|ppo|labeling|dataset");
        return 2;
}
