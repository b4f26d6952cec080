using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using Rlhf.Core;
using TorchSharp;

namespace Rlhf.Models.Native;

/// <summary>
/// Finds and loads libtorch before TorchSharp does, for two reasons. libtorch may be in a folder that TorchSharp does not search
/// (RLHF_LIBTORCH, the package folder). And <c>libLibTorchSharp.so</c> requires a symbol version of GCC 13's libstdc++ (GLIBCXX_3.4.32)
/// that Debian 12 and Ubuntu 22.04 lack, although no symbol is bound to it. There a private copy is loaded that requires it weakly.
/// </summary>
public static partial class Libtorch
{
    public const string FolderVariable = "RLHF_LIBTORCH";
    public const string FolderSetting = "Rlhf.LibtorchFolder";

    private static readonly Lock Gate = new();
    private static string? _folder;
    private static string? _patchedCopy;

    /// <summary>Loads libtorch once per process. Must be called before the first use of torch.</summary>
    /// <exception cref="UserError">There is no working libtorch; the message says what is missing and what to install.</exception>
    public static void EnsureLoaded()
    {
        lock (Gate)
        {
            if (_folder is not null)
                return;
            string folder = FindFolder();
            OpenMpWaiting.Configure();
            NativeEnvironment.SetDefault(DeterministicAlgorithms.WorkspaceVariable, DeterministicAlgorithms.Workspace);
            LoadAll(folder);
            _folder = folder;
        }
    }

    /// <summary>The loaded libtorch and its capabilities.</summary>
    public static LibtorchInfo Info
    {
        get
        {
            EnsureLoaded();
            bool cuda = torch.cuda.is_available();
            return new LibtorchInfo(
                LibtorchVersion.Read(_folder!), _folder!, _patchedCopy, cuda, cuda ? CudaDevices.Names(torch.cuda.device_count()) : [],
                torch.get_num_threads(), CpuCapability.Name(LibraryPath("torch_cpu")));
        }
    }

    /// <summary>The path of one of libtorch's libraries, such as "torch_cpu".</summary>
    internal static string LibraryPath(string library)
    {
        EnsureLoaded();
        return Path.Combine(_folder!, FileName(library));
    }

    /// <summary>
    /// The folders to search for libtorch: only RLHF_LIBTORCH if it is set, else the setting, the program's folder and its runtimes folder.
    /// </summary>
    internal static IReadOnlyList<string> Candidates(string? variable, string? setting, string baseFolder)
    {
        if (!string.IsNullOrWhiteSpace(variable))
            return [variable];
        List<string> folders = [baseFolder, Path.Combine(baseFolder, "runtimes", RuntimeName, "native")];
        if (!string.IsNullOrWhiteSpace(setting))
            folders.Insert(0, setting);
        return folders;
    }

    private static string FindFolder()
    {
        string? variable = Environment.GetEnvironmentVariable(FolderVariable);
        var folders = Candidates(variable, AppContext.GetData(FolderSetting) as string, AppContext.BaseDirectory);
        string wanted = FileName("torch_cpu");
        foreach (string folder in folders)
        {
            if (File.Exists(Path.Combine(folder, wanted)))
                return Path.GetFullPath(folder);
        }
        throw new UserError(string.IsNullOrWhiteSpace(variable)
            ? $"libtorch is missing: no {wanted} in {string.Join(" or ", folders)}. Build with the package libtorch-cpu-{RuntimeName} " +
              $"(the default of this repository), or set {FolderVariable} to the folder \"torch/lib\" of a PyTorch installation."
            : $"{FolderVariable} is \"{variable}\", but there is no {wanted} in it. Set it to the folder that holds {wanted} "
            + "(\"torch/lib\" of a " +
              "PyTorch installation), or unset it.");
    }

    private static void LoadAll(string folder)
    {
        foreach (string name in new[] { "c10", "torch_cpu", "c10_cuda", "torch_cuda", "torch" })
        {
            string path = Path.Combine(folder, FileName(name));
            // The CUDA libraries are optional, but if a file exists, it must load.
            if (!File.Exists(path))
                continue;
            try
            {
                NativeLibrary.Load(path);
            }
            catch (Exception e) when (e is DllNotFoundException or BadImageFormatException)
            {
                throw new UserError($"libtorch does not load: {path}: {OneLine(e.Message)}. Install what it requires (on Debian: "
                    + "libstdc++6, libgomp1), " +
                    $"or set {FolderVariable} to another libtorch.", e);
            }
        }
        LoadBridge(folder);
    }

    /// <summary>
    /// Loads TorchSharp's native library, or a private copy of it if the system's libstdc++ lacks a version that it requires.
    /// </summary>
    private static void LoadBridge(string folder)
    {
        string name = FileName("LibTorchSharp");
        string[] places = [Path.Combine(AppContext.BaseDirectory, name),
            Path.Combine(AppContext.BaseDirectory, "runtimes", RuntimeName, "native", name), Path.Combine(folder, name)];
        string path = places.FirstOrDefault(File.Exists)
            ?? throw new UserError($"{name} is missing: it is part of the package TorchSharp and should "
                + $"be in {string.Join(" or ", places[..2])}. Build the program again.");
        try
        {
            NativeLibrary.Load(path);
        }
        catch (DllNotFoundException e) when (OperatingSystem.IsLinux() && MissingVersions().Matches(e.Message) is { Count: > 0 } missing)
        {
            byte[] copy = ElfVersionNeeds.Weaken(File.ReadAllBytes(path), [.. missing.Select(m => m.Groups[1].Value)])
                ?? throw new UserError($"{path} does not load: {OneLine(e.Message)}. Install a newer libstdc++6.", e);
            _patchedCopy = PrivateCopy.Place(name, copy);
            try
            {
                NativeLibrary.Load(_patchedCopy);
                PrivateCopy.Loaded(_patchedCopy);
            }
            catch (DllNotFoundException again)
            {
                throw new UserError($"{_patchedCopy} does not load: {OneLine(again.Message)}. Install a newer libstdc++6, or run where "
                    + "files of your own folder may be executed.", again);
            }
        }
        catch (Exception e) when (e is DllNotFoundException or BadImageFormatException)
        {
            throw new UserError($"{path} does not load with the libtorch in {folder}: {OneLine(e.Message)}. It needs "
                + $"libtorch {WantedVersion}.", e);
        }
    }

    private const string WantedVersion = "2.10";

    private static string RuntimeName =>
        OperatingSystem.IsWindows() ? "win-x64" : OperatingSystem.IsMacOS() ? "osx-arm64" : "linux-x64";

    private static string FileName(string library) =>
        OperatingSystem.IsWindows() ? library + ".dll" : OperatingSystem.IsMacOS() ? $"lib{library}.dylib" : $"lib{library}.so";

    private static string OneLine(string message) => message.ReplaceLineEndings(" ").Trim().TrimEnd('.');

    [GeneratedRegex("version [`'\"]((?:GLIBCXX|CXXABI|GLIBC)_[0-9.]+)' not found")]
    private static partial Regex MissingVersions();
}
