using Rlhf.Benchmarks;
using Rlhf.Models.Native;

Libtorch.EnsureLoaded();
switch (args)
{
    case ["training"]:
        TrainingThroughput.Run();
        return 0;
    case ["ppo"]:
        PpoUpdate.Run();
        return 0;
    default:
        Console.Error.WriteLine("usage: Rlhf.Benchmarks training|ppo");
        return 2;
}
