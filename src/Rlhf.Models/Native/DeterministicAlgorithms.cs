using System.Runtime.InteropServices;

namespace Rlhf.Models.Native;

/// <summary>
/// PyTorch's <c>torch.use_deterministic_algorithms</c>, for which TorchSharp has no binding: operations on a GPU give the same bits each
/// time (gradients of attention, index_select and gather are otherwise added up in any order), and one that cannot throws. It is libtorch's
/// own switch, for the whole process.
/// </summary>
public static class DeterministicAlgorithms
{
    /// <summary>What cuBLAS works in: with a fixed size it adds in the same order each time.</summary>
    public const string WorkspaceVariable = "CUBLAS_WORKSPACE_CONFIG";

    /// <summary>The value that the program sets where the user has set none.</summary>
    public const string Workspace = ":4096:8";

    // at::globalContext() and members of at::Context, ATen/Context.h.
    private const string GlobalContext = "_ZN2at13globalContextEv";
    private const string SetAlgorithms = "_ZN2at7Context26setDeterministicAlgorithmsEbb";
    private const string GetAlgorithms = "_ZNK2at7Context23deterministicAlgorithmsEv";
    private const string SetFill = "_ZN2at7Context39setDeterministicFillUninitializedMemoryEb";

    private static readonly Lazy<Switch?> s_switch = new(Switch.Find);

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    private delegate nint Context();

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    private delegate void SetBoth(nint context, [MarshalAs(UnmanagedType.U1)] bool on, [MarshalAs(UnmanagedType.U1)] bool warnOnly);

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    private delegate void SetOne(nint context, [MarshalAs(UnmanagedType.U1)] bool on);

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    [return: MarshalAs(UnmanagedType.U1)]
    private delegate bool Get(nint context);

    /// <summary>Whether the switch is on. Setting it does nothing where libtorch's functions have other names (not on Linux).</summary>
    public static bool InUse
    {
        get => s_switch.Value is { } found && found.Get(found.Context);
        set
        {
            if (s_switch.Value is not { } found)
                return;
            found.SetAlgorithms(found.Context, value, false);
            // New memory is written before it is read here; PyTorch would fill all of it, to find programs that do not.
            found.SetFill(found.Context, false);
        }
    }

    /// <summary>Whether cuBLAS keeps to one order: libtorch refuses its products otherwise.</summary>
    internal static bool AllowedByCublas => NativeEnvironment.Value(WorkspaceVariable) is ":4096:8" or ":16:8";

    private sealed record Switch(nint Context, SetBoth SetAlgorithms, SetOne SetFill, Get Get)
    {
        public static Switch? Find()
        {
            string library = Libtorch.LibraryPath("torch_cpu");
            return NativeLibrary.TryLoad(library, out nint handle)
                && NativeLibrary.TryGetExport(handle, GlobalContext, out nint context)
                && NativeLibrary.TryGetExport(handle, DeterministicAlgorithms.SetAlgorithms, out nint algorithms)
                && NativeLibrary.TryGetExport(handle, DeterministicAlgorithms.SetFill, out nint fill)
                && NativeLibrary.TryGetExport(handle, GetAlgorithms, out nint get)
                ? new Switch(
                    Marshal.GetDelegateForFunctionPointer<Context>(context)(), Marshal.GetDelegateForFunctionPointer<SetBoth>(algorithms),
                    Marshal.GetDelegateForFunctionPointer<SetOne>(fill), Marshal.GetDelegateForFunctionPointer<Get>(get))
                : null;
        }
    }
}
