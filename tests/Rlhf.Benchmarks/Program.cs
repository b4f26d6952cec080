using Rlhf.Benchmarks;
using Rlhf.Models.Native;

switch (args)
{
    case ["labeling"]:
        return await LabelingScale.RunAsync();
    case ["dataset"]:
        return await DatasetScale.RunAsync();
    case ["quality"]:
        return await QualityScale.RunAsync();
    case ["annotators", var address, var tokens, .. var rest]:
        return await AnnotatorLoad.RunAsync(address, tokens, rest is [var seconds] ? double.Parse(seconds) : 30);
    case ["training"]:
        Libtorch.EnsureLoaded();
        TrainingThroughput.Run();
        return 0;
    case ["ppo"]:
        Libtorch.EnsureLoaded();
        PpoUpdate.Run();
        return 0;
    default:
        Console.Error.WriteLine("usage: Rlhf.Benchmarks training|ppo|labeling|quality|dataset|annotators ADDRESS TOKENS [SECONDS]");
        return 2;
}
