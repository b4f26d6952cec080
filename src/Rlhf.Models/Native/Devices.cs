using Rlhf.Core;
using Rlhf.Core.Options;
using TorchSharp;
using static TorchSharp.torch;

namespace Rlhf.Models.Native;

/// <summary>Resolves the options that every stage has: device, number format and threads.</summary>
public static class Devices
{
    /// <summary>Resolves "auto" (CUDA if available, else the CPU), "cpu", "cuda", "cuda:n" or "meta" (shapes without data).</summary>
    /// <exception cref="UserError">The name is unknown, or this machine does not have the GPU.</exception>
    public static Device Resolve(string device)
    {
        Libtorch.EnsureLoaded();
        switch (device)
        {
            case "auto":
                return cuda.is_available() ? Cuda(0) : CPU;
            case "cpu":
                return CPU;
            case "meta":
                return META;
        }
        int index = 0;
        if (device != "cuda" && !(device.StartsWith("cuda:", StringComparison.Ordinal) && int.TryParse(device.AsSpan(5), out index)
            && index >= 0))
            throw new UserError($"device must be auto, cpu, cuda or cuda:n; got \"{device}\"");
        if (!cuda.is_available())
        {
            throw new UserError($"device is \"{device}\", but this libtorch sees no CUDA device. Use \"cpu\", or "
                + $"set {Libtorch.FolderVariable} to the folder " +
                "\"torch/lib\" of a PyTorch installation with CUDA, on a machine with an NVIDIA GPU and its driver.");
        }
        int count = cuda.device_count();
        return index < count
            ? Cuda(index)
            : throw new UserError($"device is \"{device}\", but the last GPU of this machine is cuda:{count - 1}");
    }

    /// <summary>The number format for training: like <see cref="Resolve(Dtype, Device)"/>, but fp16 is refused.</summary>
    /// <exception cref="UserError">The format is fp16: small gradients become 0 without loss scaling, which is not supported.</exception>
    public static ScalarType ResolveForTraining(Dtype dtype, Device device) => dtype == Dtype.Fp16
        ? throw new UserError("dtype: fp16 cannot be trained in, because small gradients become 0 without loss scaling; use bf16, which "
            + "takes the same memory, or fp32")
        : Resolve(dtype, device);

    /// <summary>The number format of a stage: auto is bf16 on CUDA and fp32 elsewhere.</summary>
    public static ScalarType Resolve(Dtype dtype, Device device) => dtype switch
    {
        Dtype.Fp32 => ScalarType.Float32,
        Dtype.Bf16 => ScalarType.BFloat16,
        Dtype.Fp16 => ScalarType.Float16,
        _ => device.type == DeviceType.CUDA ? ScalarType.BFloat16 : ScalarType.Float32,
    };

    /// <summary>
    /// A GPU with reproducible settings: no TF32 for fp32, fp16 and bf16 products are summed in fp32, and deterministic algorithms are on.
    /// </summary>
    private static Device Cuda(int index)
    {
        backends.cuda.matmul.allow_tf32 = false;
        backends.cudnn.allow_tf32 = false;
        backends.cuda.matmul.allow_fp16_reduced_precision_reduction = false;
        // With another cuBLAS workspace, chosen by the user, libtorch would refuse matrix products: then results may vary in the last bits.
        DeterministicAlgorithms.InUse = DeterministicAlgorithms.AllowedByCublas;
        return new Device(DeviceType.CUDA, index);
    }

    /// <summary>Sets the number of threads of CPU operations; 0 = libtorch's default.</summary>
    public static void UseThreads(int threads)
    {
        Libtorch.EnsureLoaded();
        if (threads > 0)
            set_num_threads(threads);
    }
}
