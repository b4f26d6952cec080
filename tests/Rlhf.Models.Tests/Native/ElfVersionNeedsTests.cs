using System.Runtime.InteropServices;
using Rlhf.Models.Native;

namespace Rlhf.Models.Tests.Native;

public sealed class ElfVersionNeedsTests
{
    private const string Troublesome = "GLIBCXX_3.4.32";

    private static byte[] Bridge()
    {
        string path = Path.Combine(AppContext.BaseDirectory, "runtimes", "linux-x64", "native", "libLibTorchSharp.so");
        if (!File.Exists(path))
            Assert.Skip($"SKIPPED: no {path} on this platform");
        return File.ReadAllBytes(path);
    }

    [Fact]
    public void Two_bytes_of_the_one_need_change_and_nothing_else()
    {
        byte[] original = Bridge();
        var needs = ElfVersionNeeds.Find(original);
        Assert.Contains(needs, n => n.Version == Troublesome);
        Assert.Contains(needs, n => n.Version.StartsWith("GLIBC_2.", StringComparison.Ordinal));
        byte[] copy = ElfVersionNeeds.Weaken(original, [Troublesome])!;
        int[] changed = [.. Enumerable.Range(0, original.Length).Where(i => original[i] != copy[i])];
        int flags = needs.Single(n => n.Version == Troublesome).FlagsOffset;
        Assert.Equal([flags], changed);
        Assert.Equal(2, copy[flags]);
    }

    [Fact]
    public void What_is_no_such_library_is_left_alone()
    {
        Assert.Null(ElfVersionNeeds.Weaken(
            "not a library at all, whatever its length may be, and however long it goes on"u8, [Troublesome]));
        Assert.Null(ElfVersionNeeds.Weaken([], [Troublesome]));
        Assert.Null(ElfVersionNeeds.Weaken(Bridge(), ["GLIBCXX_9.9.99"]));
    }

    [Fact]
    public void Truncated_and_damaged_libraries_are_read_without_a_crash()
    {
        byte[] original = Bridge();
        for (int length = 0; length < original.Length; length += 99_991)
            ElfVersionNeeds.Find(original.AsSpan(0, length));
        var stream = new Core.Randomness.RandomStream(1, "elf");
        for (uint i = 0; i < 200; i++)
        {
            byte[] damaged = [.. original];
            // The header says where everything lies: its offsets are what can lead astray.
            damaged[0x28 + stream.Below(24, i)] = (byte)stream.Bits(i, 1);
            ElfVersionNeeds.Find(damaged);
        }
    }

    [Fact]
    public void Libtorch_is_loaded_and_says_what_it_is()
    {
        Libtorch.EnsureLoaded();
        var info = Libtorch.Info;
        Assert.StartsWith("2.", info.Version);
        Assert.True(File.Exists(
            Path.Combine(info.Folder,
                OperatingSystem.IsWindows() ? "torch_cpu.dll" : OperatingSystem.IsMacOS() ? "libtorch_cpu.dylib" : "libtorch_cpu.so")));
        Assert.True(info.Threads >= 1);
        if (info.PatchedCopy is { } copy)
        {
            // Never the package's own file.
            Assert.False(copy.StartsWith(AppContext.BaseDirectory, StringComparison.Ordinal));
            Assert.True(!File.Exists(copy) || !File.ReadAllBytes(copy).AsSpan().SequenceEqual(Bridge()));
        }
        if (OperatingSystem.IsLinux() && RuntimeInformation.ProcessArchitecture == Architecture.X64)
            Assert.Matches("AVX|DEFAULT|NO AVX", info.CpuCapability);
    }

    [Fact]
    public void A_folder_of_ones_own_comes_first_and_alone()
    {
        Assert.Equal(["/opt/torch/lib"], Libtorch.Candidates("/opt/torch/lib", "/setting", "/base"));
        var places = Libtorch.Candidates(null, "/setting", "/base");
        Assert.Equal(["/setting", "/base"], places.Take(2));
        Assert.StartsWith(Path.Combine("/base", "runtimes"), places[2]);
        Assert.Equal(2, Libtorch.Candidates("", null, "/base").Count);
    }
}
