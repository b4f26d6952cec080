using System.Runtime.InteropServices;

namespace Rlhf.Models.Native;

/// <summary>The instruction set that libtorch's CPU kernels were chosen for: results differ in their last bits between them.</summary>
internal static class CpuCapability
{
    // at::native::get_cpu_capability() of ATen/native/DispatchStub.h; TorchSharp has no name for it.
    private const string Symbol = "_ZN2at6native18get_cpu_capabilityEv";

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    private delegate int Ask();

    public static string Name(string libtorchCpu)
    {
        if (RuntimeInformation.ProcessArchitecture != Architecture.X64
            || !NativeLibrary.TryLoad(libtorchCpu, out nint library) || !NativeLibrary.TryGetExport(library, Symbol, out nint function))
        {
            return "unknown";
        }
        return Marshal.GetDelegateForFunctionPointer<Ask>(function)() switch
        {
            0 => "DEFAULT",
            1 => "AVX2",
            2 => "AVX512",
            _ => "unknown",
        };
    }
}
