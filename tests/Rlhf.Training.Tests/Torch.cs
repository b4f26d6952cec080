using System.Runtime.CompilerServices;
using Rlhf.Models.Native;

// One test at a time: two OpenMP teams slow each other tenfold, and live tensors are counted by thread.
[assembly: Xunit.v3.Parallelization(Mode = Xunit.Sdk.ParallelMode.None)]

namespace Rlhf.Training.Tests;

internal static class Torch
{
    [ModuleInitializer]
    internal static void Load()
    {
        Libtorch.EnsureLoaded();
        // Models of a few thousand weights gain nothing from a second thread.
        Devices.UseThreads(1);
    }
}
