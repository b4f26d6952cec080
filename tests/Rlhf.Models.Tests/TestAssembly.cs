using System.Runtime.CompilerServices;
using Rlhf.Models.Native;

// Two OpenMP teams on the same cores slow each other tenfold: one test at a time.
[assembly: Xunit.v3.Parallelization(Mode = Xunit.Sdk.ParallelMode.None)]

namespace Rlhf.Models.Tests;

/// <summary>libtorch is loaded before the first test, whichever that is: TorchSharp itself does not find it.</summary>
internal static class TestAssembly
{
    [ModuleInitializer]
    internal static void LoadLibtorch() => Libtorch.EnsureLoaded();
}
