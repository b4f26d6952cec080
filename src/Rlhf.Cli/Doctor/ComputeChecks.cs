using System.Reflection;
using System.Runtime.InteropServices;
using Rlhf.Core;
using Rlhf.Models.Native;

namespace Rlhf.Cli.Doctor;

/// <summary>What computes: program, libtorch, devices, threads, memory.</summary>
internal static class ComputeChecks
{
    // What a quickstart may need at its peak.
    private const long EnoughMemory = 3L << 30;

    public static IEnumerable<CheckResult> Run()
    {
        string version = typeof(ComputeChecks).Assembly
            .GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "";
        yield return new CheckResult(
            "rlhf", Verdict.Ok, $"{version}, {RuntimeInformation.FrameworkDescription} on {RuntimeInformation.OSDescription}");
        foreach (CheckResult finding in Torch())
            yield return finding;
        long memory = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        yield return memory >= EnoughMemory
            ? new CheckResult("memory", Verdict.Ok, $"{CheckResult.Gibibytes(memory)} for this process")
            : new CheckResult("memory", Verdict.Note,
                $"{CheckResult.Gibibytes(memory)} for this process; quickstart may need {CheckResult.Gibibytes(EnoughMemory)}");
    }

    private static CheckResult[] Torch()
    {
        int cores = Environment.ProcessorCount;
        try
        {
            LibtorchInfo info = Libtorch.Info;
            string patched = info.Patched
                ? $"; TorchSharp's library is a private copy for this system's older libstdc++, {info.PatchedCopy}"
                : "";
            string cpu = $"cpu ({info.CpuCapability})";
            return
            [
                new CheckResult("torch", Verdict.Ok, $"{info.Version} in {info.Folder}{patched}"),
                info.CudaAvailable
                    ? new CheckResult("devices", Verdict.Ok, string.Join(", ", info.CudaDevices.Prepend(cpu)))
                    : new CheckResult("devices", Verdict.Ok, $"{cpu}; no CUDA"),
                info.Threads <= cores
                    ? new CheckResult("threads", Verdict.Ok, $"{info.Threads} of {cores} cores; {OpenMpWaiting.Describe()}")
                    : new CheckResult("threads", Verdict.Note,
                        $"{info.Threads} on {cores} cores: more threads than cores slow each other down; set OMP_NUM_THREADS={cores}"),
            ];
        }
        catch (UserError error)
        {
            return
            [
                new CheckResult("torch", Verdict.Bad, error.Message),
                new CheckResult("devices", Verdict.Bad, "none without torch"),
                new CheckResult("threads", Verdict.Note, $"{cores} cores"),
            ];
        }
    }
}
