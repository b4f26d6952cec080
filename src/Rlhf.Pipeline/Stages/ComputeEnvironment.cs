using System.Text.Json;
using Rlhf.Core.Files;
using Rlhf.Core.Options;
using Rlhf.Pipeline.Runs;
using static TorchSharp.torch;

namespace Rlhf.Pipeline.Stages;

/// <summary>
/// What a run computed with: written by its process, since the hub loads no libtorch. With other values the last bits of the result differ.
/// </summary>
public sealed record ComputeEnvironment(string Libtorch, string CpuCapability, string Device, string Dtype, int Threads)
{
    private const string FileName = "computed.json";

    public static void Write(AttemptFolder folder, ComputeOptions options)
    {
        var (device, dtype) = LoadedPolicy.Prepare(options);
        var info = Rlhf.Models.Native.Libtorch.Info;
        AtomicFile.WriteText(folder.In(FileName), JsonSerializer.Serialize(
            new ComputeEnvironment(info.Version, info.CpuCapability, device.ToString(), dtype.ToString(), get_num_threads()),
            RunJson.Indented) + "\n");
    }

    public static ComputeEnvironment? TryRead(AttemptFolder folder) => File.Exists(folder.In(FileName))
        ? JsonSerializer.Deserialize<ComputeEnvironment>(RegularFile.ReadAllText(folder.In(FileName)), RunJson.Indented)
        : null;
}
