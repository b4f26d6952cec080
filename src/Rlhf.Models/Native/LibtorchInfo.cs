namespace Rlhf.Models.Native;

/// <summary>The libtorch in use.</summary>
/// <param name="Version">Version of libtorch, such as 2.10.0 or 2.11.0+cu130.</param>
/// <param name="Folder">Where it lies.</param>
/// <param name="PatchedCopy">
/// The private copy of TorchSharp's library that was loaded where the system's libstdc++ is too old; else null.
/// </param>
/// <param name="CudaAvailable">Whether tensors can live on a GPU.</param>
/// <param name="CudaDevices">Names of the GPUs, in the order of cuda:0, cuda:1 …</param>
/// <param name="Threads">Threads that one operation may use on the CPU.</param>
/// <param name="CpuCapability">
/// The instruction set that the kernels use: DEFAULT, AVX2 or AVX512; "unknown" where libtorch does not tell.
/// </param>
public sealed record LibtorchInfo(
    string Version, string Folder, string? PatchedCopy, bool CudaAvailable, IReadOnlyList<string> CudaDevices, int Threads,
    string CpuCapability)
{
    public bool Patched => PatchedCopy is not null;
}
