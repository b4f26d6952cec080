using Rlhf.Core;
using Rlhf.Core.Options;
using Rlhf.Models;
using Rlhf.Models.Checkpoints;
using Rlhf.Models.Native;
using Rlhf.Models.Tokenization;
using static TorchSharp.torch;

namespace Rlhf.Pipeline.Stages;

/// <summary>A policy with its tokenizer, on its device.</summary>
public sealed class LoadedPolicy(CausalLm model, Tokenizer tokenizer, Device device) : IDisposable
{
    public CausalLm Model { get; } = model;

    public Tokenizer Tokenizer { get; } = tokenizer;

    public Device Device { get; } = device;

    /// <summary>What fills a batch up. It is masked everywhere, so any id will do.</summary>
    public int PadId => PadOf(Model.Config, Tokenizer);

    /// <exception cref="UserError">No such folder, or it holds no policy with a tokenizer.</exception>
    public static LoadedPolicy Load(string folder, StageOptions options)
    {
        var (device, dtype) = Prepare(options);
        var tokenizer = TokenizerOf(folder);
        return new LoadedPolicy(ModelFolder.LoadCausalLm(folder, device, dtype), tokenizer, device);
    }

    /// <summary>Loads libtorch and sets the threads that the stage asks for.</summary>
    public static (Device Device, ScalarType Dtype) Prepare(StageOptions options)
    {
        Libtorch.EnsureLoaded();
        if (options.Threads > 0)
            Devices.UseThreads(options.Threads);
        var device = Devices.Resolve(options.Device);
        return (device, Devices.Resolve(options.Dtype, device));
    }

    public static Tokenizer TokenizerOf(string folder) => Directory.Exists(folder)
        ? Tokenizer.TryLoad(folder) ?? throw new UserError($"{folder}: no tokenizer.json, nor vocab.json with merges.txt: prompts and completions are texts here")
        : throw new UserError($"{folder}: no such folder; a model is a Hugging Face folder with config.json, model.safetensors and tokenizer.json");

    public static int PadOf(ModelConfig config, Tokenizer tokenizer) => config.PadId ?? tokenizer.PadId ?? 0;

    public void Dispose() => Model.Dispose();
}
