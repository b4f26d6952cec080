namespace Rlhf.Models.Native;

/// <summary>The names of the GPUs, from the driver (TorchSharp gives only their number).</summary>
internal static class CudaDevices
{
    private const string DriverFolder = "/proc/driver/nvidia/gpus";

    public static IReadOnlyList<string> Names(int count)
    {
        string[] known = Directory.Exists(DriverFolder)
            ? [.. Directory.GetDirectories(DriverFolder).Order(StringComparer.Ordinal).Select(Model)]
            : [];
        // CUDA_VISIBLE_DEVICES may hide some GPUs, so names are used only if the mapping is certain.
        return [.. Enumerable.Range(0, count).Select(i => known.Length == count ? $"cuda:{i} {known[i]}" : $"cuda:{i}")];
    }

    private static string Model(string folder)
    {
        string file = Path.Combine(folder, "information");
        string? line = File.Exists(file)
            ? File.ReadLines(file).FirstOrDefault(l => l.StartsWith("Model:", StringComparison.Ordinal)) : null;
        return line is null ? "NVIDIA GPU" : line["Model:".Length..].Trim();
    }
}
