using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using System.Text.Json.Nodes;

namespace Rlhf.Pipeline.Runs;

/// <summary>A checkpoint or file that a run starts from: its role ("model", "reward" …), where it lies and what it holds.</summary>
/// <param name="Path">Absolute for checkpoints, relative to the run's folder for materialized files.</param>
/// <param name="Sha256">The hash of its content when the run was planned.</param>
public sealed record RunInput(string Name, string Path, string Sha256);

/// <summary>What decides the last bits of a result beside the options: the machine kind.</summary>
public sealed record MachineFacts(string Os, string Architecture, int Processors, IReadOnlyList<string> CpuFeatures, string Framework)
{
    public static MachineFacts Current() => new(
        RuntimeInformation.OSDescription,
        RuntimeInformation.ProcessArchitecture.ToString(),
        Environment.ProcessorCount,
        [.. Features().Where(f => f.Supported).Select(f => f.Name)],
        RuntimeInformation.FrameworkDescription);

    private static IEnumerable<(string Name, bool Supported)> Features() =>
    [
        ("sse4.2", Sse42.IsSupported), ("avx", Avx.IsSupported), ("avx2", Avx2.IsSupported), ("fma", Fma.IsSupported),
        ("avx512f", Avx512F.IsSupported), ("avx512bw", Avx512BW.IsSupported), ("neon", System.Runtime.Intrinsics.Arm.AdvSimd.IsSupported),
    ];
}

/// <summary>
/// <c>run.json</c>: all that a run's process needs to know. The id names the folder and does not affect the computation: runs with
/// otherwise equal fields give equal bytes.
/// </summary>
/// <param name="Options">The resolved options of the stage, every one of them.</param>
/// <param name="GoldReward">The gold reward that candidates and samples are judged by, where there is one.</param>
/// <param name="DatasetVersion">The dataset version that it trains on: its rankings.jsonl is that version written out.</param>
public sealed record RunManifest(
    Guid Id,
    string Kind,
    ulong Seed,
    JsonObject Options,
    IReadOnlyList<RunInput> Inputs,
    string? GoldReward,
    MachineFacts Machine,
    Guid? DatasetVersion = null);
