namespace Rlhf.Models.Native;

/// <summary>The libtorch in use.</summary>
/// <param name="Version">Version of libtorch, such as 2.10.0 or 2.11.0+cu130.</param>
/// <param name="Folder">The folder of the libraries.</param>
/// <param name="PatchedCopy">
/// The private copy of TorchSharp's library that was loaded because the system's libstdc++ is too old; else null.
/// </param>
/// <param name="CudaAvailable">Whether a CUDA device is available.</param>
/// <param name="CudaDevices">Names of the GPUs, in the order of cuda:0, cuda:1 …</param>
/// <param name="Threads">Threads per operation on the CPU.</param>
/// <param name="CpuCapability">
/// The instruction set of the CPU kernels: DEFAULT, AVX2 or AVX512; "unknown" if it cannot be determined.
/// </param>
public sealed record LibtorchInfo(
    string Version, string Folder, string? PatchedCopy, bool CudaAvailable, IReadOnlyList<string> CudaDevices, int Threads,
    string CpuCapability)
{
    public bool Patched => PatchedCopy is not null;
}
