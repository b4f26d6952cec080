using Rlhf.Core;
using Rlhf.Core.Options;
using Rlhf.Models.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Rlhf.Models.Tests.Native;

public sealed class DevicesTests
{
    [Fact]
    public void Words_become_devices()
    {
        Assert.Equal(DeviceType.CPU, Devices.Resolve("cpu").type);
        Assert.Equal(DeviceType.META, Devices.Resolve("meta").type);
        Assert.Equal(cuda.is_available() ? DeviceType.CUDA : DeviceType.CPU, Devices.Resolve("auto").type);
        foreach (string wrong in new[] { "gpu", "cuda:", "cuda:-1", "cuda:x", "" })
            Assert.Contains("auto, cpu, cuda or cuda:n", Assert.Throws<UserError>(() => Devices.Resolve(wrong)).Message);
    }

    [Fact]
    public void A_gpu_that_is_not_there_is_named_with_what_would_help()
    {
        Libtorch.EnsureLoaded();
        var error = Assert.Throws<UserError>(() => Devices.Resolve("cuda:99"));
        Assert.Contains(cuda.is_available() ? "the last GPU of this machine" : Libtorch.FolderVariable, error.Message);
    }

    [Fact]
    public void Fp16_is_for_sampling_and_not_for_training()
    {
        Assert.Equal(ScalarType.Float16, Devices.Resolve(Dtype.Fp16, CPU));
        Assert.Contains("bf16", Assert.Throws<UserError>(() => Devices.ResolveForTraining(Dtype.Fp16, CPU)).Message);
        Assert.Equal(ScalarType.BFloat16, Devices.ResolveForTraining(Dtype.Bf16, CPU));
        Assert.Equal(ScalarType.Float32, Devices.ResolveForTraining(Dtype.Auto, CPU));
    }

    [Fact]
    public void Auto_is_fp32_on_the_cpu_and_bf16_on_a_gpu()
    {
        Assert.Equal(ScalarType.Float32, Devices.Resolve(Dtype.Auto, CPU));
        Assert.Equal(ScalarType.BFloat16, Devices.Resolve(Dtype.Auto, new Device(DeviceType.CUDA, 0)));
        Assert.Equal(ScalarType.BFloat16, Devices.Resolve(Dtype.Bf16, CPU));
        Assert.Equal(ScalarType.Float16, Devices.Resolve(Dtype.Fp16, CPU));
    }
}
