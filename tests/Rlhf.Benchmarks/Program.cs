using System.Globalization;
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
    case ["annotators", .. var rest]:
        return await AnnotatorLoad.RunAsync(rest is [var seconds] ? double.Parse(seconds, CultureInfo.InvariantCulture) : 30);
    case ["kills"]:
        return await LabelingKills.RunAsync();
    case ["training"]:
        Libtorch.EnsureLoaded();
        TrainingThroughput.Run();
        return 0;
    case ["ppo"]:
        Libtorch.EnsureLoaded();
        PpoUpdate.Run();
        return 0;
    default:
        Console.Error.WriteLine("usage: Rlhf.Benchmarks training|ppo|labeling|quality|dataset|kills|annotators [SECONDS]");
        return 2;
}
