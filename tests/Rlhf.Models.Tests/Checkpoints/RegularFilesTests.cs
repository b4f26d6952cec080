using System.Diagnostics;
using Rlhf.Core;
using Rlhf.Models.Checkpoints;
using Rlhf.Models.Tokenization;
using Rlhf.Testing;
using static TorchSharp.torch;

namespace Rlhf.Models.Tests.Checkpoints;

/// <summary>
/// Devices and named pipes in a model folder are refused at once: opening one would block, reading the other would never end.
/// </summary>
public sealed class RegularFilesTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public RegularFilesTests()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "SKIPPED: device files and named pipes as on Linux");
        using var model = SmallModels.Create(SmallModels.Llama());
        ModelFolder.Save(model, _folder.Path);
    }

    public static TheoryData<string> Files =>
        ["config.json", "generation_config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Files))]
    public void A_named_pipe_is_refused(string name)
    {
        File.Delete(_folder[name]);
        using (var made = Process.Start("mkfifo", _folder[name]))
            made.WaitForExit();
        Assert.Contains("named pipe", Refusal(name));
        Assert.Contains("named pipe", Assert.Throws<UserError>(() => ModelFolder.Sha256(_folder.Path)).Message);
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void A_link_to_a_device_is_refused(string name)
    {
        File.Delete(_folder[name]);
        File.CreateSymbolicLink(_folder[name], "/dev/zero");
        Assert.Matches("character device|outside of its folder", Refusal(name));
    }

    [Fact]
    public void A_file_that_is_too_large_to_be_one_is_not_read()
    {
        using (var file = File.Create(_folder["tokenizer.json"]))
            file.SetLength(1L << 40);
        Assert.Contains("has at most", Refusal("tokenizer.json"));
        using (var file = File.Create(_folder["config.json"]))
            file.SetLength(1L << 40);
        Assert.Contains("has at most", Refusal("config.json"));
    }

    private string Refusal(string name)
    {
        var error = Assert.Throws<UserError>(() =>
        {
            if (name.StartsWith("tokenizer", StringComparison.Ordinal))
                Tokenizer.Load(_folder.Path);
            else
                ModelFolder.LoadCausalLm(_folder.Path, CPU, ScalarType.Float32).Dispose();
        });
        Assert.Contains(name, error.Message);
        return error.Message;
    }
}
