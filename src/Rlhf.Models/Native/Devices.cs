using Rlhf.Core;
using Rlhf.Core.Options;
using TorchSharp;
using static TorchSharp.torch;

namespace Rlhf.Models.Native;

/// <summary>Devices, number formats and threads, from the options that every stage has.</summary>
public static class Devices
{
    /// <summary>The device of "auto" (CUDA where there is one), "cpu", "cuda", "cuda:n" or "meta" (shapes without numbers).</summary>
    /// <exception cref="UserError">Anything else, or a GPU that this machine does not have.</exception>
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
            throw new UserError($"device is \"{device}\"; it must be auto, cpu, cuda or cuda:n");
        if (!cuda.is_available())
        {
            throw new UserError($"device is \"{device}\", but this libtorch sees no CUDA device. Use \"cpu\", or "
                + $"set {Libtorch.FolderVariable} to the folder " +
                "\"torch/lib\" of a PyTorch installation with CUDA, on a machine with an NVIDIA GPU and its driver.");
        }
        int count = cuda.device_count();
        return index < count
            ? Cuda(index)
            : throw new UserError($"device is \"{device}\", but the last one here is cuda:{count - 1}");
    }

    /// <summary>The number format to train in: as <see cref="Resolve(Dtype, Device)"/>, but not fp16.</summary>
    /// <exception cref="UserError">fp16: most gradients are below its smallest number, and nothing here scales the loss.</exception>
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
    /// A GPU, with PyTorch's choices made on purpose: fp32 is fp32 (no TF32), fp16 and bf16 are summed in fp32, and the same numbers give
    /// the same bits each time.
    /// </summary>
    private static Device Cuda(int index)
    {
        backends.cuda.matmul.allow_tf32 = false;
        backends.cudnn.allow_tf32 = false;
        backends.cuda.matmul.allow_fp16_reduced_precision_reduction = false;
        // A user who gives cuBLAS another workspace gets speed for the last bits: libtorch would refuse every product.
        DeterministicAlgorithms.InUse = DeterministicAlgorithms.AllowedByCublas;
        return new Device(DeviceType.CUDA, index);
    }

    /// <summary>Sets the threads of one operation on the CPU; 0 leaves libtorch's own choice.</summary>
    public static void UseThreads(int threads)
    {
        Libtorch.EnsureLoaded();
        if (threads > 0)
            set_num_threads(threads);
    }
}
