using System.Runtime.InteropServices;

namespace Rlhf.Models.Native;

/// <summary>The instruction set of libtorch's CPU kernels. The last bits of results differ between instruction sets.</summary>
internal static class CpuCapability
{
    // std::string at::get_cpu_capability() of ATen/Version.h, in libstdc++'s current ABI; TorchSharp has no binding for it.
    private const string Symbol = "_ZN2at18get_cpu_capabilityB5cxx11Ev";

    // The layout of std::string: a pointer to the characters, their number, and an inline buffer of 16.
    private const int StringBytes = 32;
    private const int MaxInlineLength = 15;

    /// <summary>A class is returned through a pointer passed as the first argument (System V ABI for x86-64, section 3.2.3).</summary>
    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    private delegate nint Ask(nint result);

    public static string Name(string libtorchCpu)
    {
        const string unknown = "unknown";
        if (!OperatingSystem.IsLinux() || RuntimeInformation.ProcessArchitecture != Architecture.X64
            || !NativeLibrary.TryLoad(libtorchCpu, out nint library) || !NativeLibrary.TryGetExport(library, Symbol, out nint function))
        {
            return unknown;
        }
        nint text = Marshal.AllocHGlobal(StringBytes);
        try
        {
            Marshal.GetDelegateForFunctionPointer<Ask>(function)(text);
            long length = Marshal.ReadInt64(text, 8);
            return length is > 0 and <= MaxInlineLength ? Marshal.PtrToStringUTF8(Marshal.ReadIntPtr(text), (int)length) : unknown;
        }
        finally
        {
            Marshal.FreeHGlobal(text);
        }
    }
}
