using System.Runtime.InteropServices;

namespace Rlhf.Models.Native;

/// <summary>
/// PyTorch's <c>torch.use_deterministic_algorithms</c>, for which TorchSharp has no binding. Operations on a GPU then give the same bits
/// every time (otherwise gradients of attention, index_select and gather are summed in varying order), and operations without a
/// deterministic algorithm throw. The setting of libtorch applies to the whole process.
/// </summary>
public static class DeterministicAlgorithms
{
    /// <summary>The environment variable with the size of cuBLAS's workspace: with a fixed size cuBLAS is deterministic.</summary>
    public const string WorkspaceVariable = "CUBLAS_WORKSPACE_CONFIG";

    /// <summary>The value that the program sets if the user has not set the variable.</summary>
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

    /// <summary>Whether the setting is on. Setting it has no effect if libtorch exports other names, as on Windows.</summary>
    public static bool InUse
    {
        get => s_switch.Value is { } found && found.Get(found.Context);
        set
        {
            if (s_switch.Value is not { } found)
                return;
            found.SetAlgorithms(found.Context, value, false);
            // Off: PyTorch would fill all new memory, to find reads before writes, which costs time.
            found.SetFill(found.Context, false);
        }
    }

    /// <summary>Whether the workspace makes cuBLAS deterministic; otherwise libtorch refuses matrix products.</summary>
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
