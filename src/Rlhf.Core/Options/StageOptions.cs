using System.ComponentModel.DataAnnotations;

namespace Rlhf.Core.Options;

/// <summary>The number format that a stage computes in.</summary>
public enum Dtype
{
    /// <summary>bf16 on CUDA, fp32 on the CPU (bf16 is emulated there and a hundred times slower).</summary>
    Auto,
    Fp32,
    Bf16,
    Fp16,
}

/// <summary>The options of a stage.</summary>
public abstract record StageOptions;

/// <summary>The options of a stage that draws random numbers.</summary>
public abstract record SeededOptions : StageOptions
{
    /// <summary>The root seed: every random draw of the stage is a function of it.</summary>
    public ulong Seed { get; init; } = 1;
}

/// <summary>The options of a stage that computes with a model.</summary>
public abstract record ComputeOptions : SeededOptions
{
    /// <summary>Device: auto (CUDA if available, else the CPU), cpu, cuda or cuda:n.</summary>
    [RegularExpression("auto|cpu|cuda(:[0-9]+)?", ErrorMessage = "must be auto, cpu, cuda or cuda:n")]
    public string Device { get; init; } = "auto";

    /// <summary>Number format: auto (bf16 on CUDA, fp32 on the CPU), fp32, bf16 or fp16.</summary>
    public Dtype Dtype { get; init; } = Dtype.Auto;

    /// <summary>
    /// Threads of libtorch on the CPU; 0 = libtorch's default. A different thread count changes the last bits of the result.
    /// </summary>
    [Range(0, 1024)]
    public int Threads { get; init; }
}
