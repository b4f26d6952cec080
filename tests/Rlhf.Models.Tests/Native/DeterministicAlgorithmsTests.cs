using Rlhf.Models.Generation;
using Rlhf.Models.Native;
using Rlhf.Testing;
using TorchSharp;
using static TorchSharp.torch;

namespace Rlhf.Models.Tests.Native;

public sealed class DeterministicAlgorithmsTests
{
    [Fact]
    public void The_switch_of_libtorch_is_found_and_turned()
    {
        Libtorch.EnsureLoaded();
        Assert.False(DeterministicAlgorithms.InUse);
        DeterministicAlgorithms.InUse = true;
        bool on = DeterministicAlgorithms.InUse;
        DeterministicAlgorithms.InUse = false;
        Assert.True(on);
        Assert.False(DeterministicAlgorithms.InUse);
    }

    [Fact]
    public void Cublas_gets_a_fixed_workspace_where_the_user_gives_none()
    {
        Libtorch.EnsureLoaded();
        Assert.NotNull(Environment.GetEnvironmentVariable(DeterministicAlgorithms.WorkspaceVariable));
    }

    [Fact]
    public void The_version_is_that_of_the_libtorch_that_was_loaded()
    {
        using var folder = new TemporaryFolder();
        string lib = Directory.CreateDirectory(folder["lib"]).FullName;
        Assert.Equal(torch.__version__, LibtorchVersion.Read(lib));
        File.WriteAllText(folder["build-version"], "2.10.0+cpu\n");
        Assert.Equal("2.10.0+cpu", LibtorchVersion.Read(lib));
        File.WriteAllText(folder["version.py"],
            "from typing import Optional\n__all__ = ['__version__']\n__version__ = '2.11.0+cu130'\ndebug = False\n");
        Assert.Equal("2.11.0+cu130", LibtorchVersion.Read(lib + "/"));
    }

    [Fact]
    public void Running_sums_on_cuda_are_the_same_each_time()
    {
        if (!cuda.is_available())
            Assert.Skip("SKIPPED: no CUDA device here");
        using var scope = NewDisposeScope();
        foreach (int rows in new[] { 1, 3 })
        {
            Tensor x = rand(rows, 50_000, ScalarType.Float64, Devices.Resolve("cuda"));
            Tensor first = CumulativeSum.AlongRows(x);
            Assert.True(DeterministicAlgorithms.InUse);
            Assert.Equal(x.cpu().cumsum(-1).narrow(1, 49_999, 1).data<double>().ToArray(),
                first.narrow(1, 49_999, 1).cpu().data<double>().ToArray(),
                (a, b) => Math.Abs(a - b) < 1e-6);
            for (int again = 0; again < 10; again++)
                Assert.True(first.eq(CumulativeSum.AlongRows(x)).all().item<bool>());
        }
    }
}
