using Rlhf.Core;
using Rlhf.Core.Options;
using Rlhf.Models;
using Rlhf.Models.Checkpoints;
using Rlhf.Models.Native;
using Rlhf.Models.Tokenization;
using static TorchSharp.torch;

namespace Rlhf.Pipeline.Stages;

/// <summary>A policy with its tokenizer.</summary>
public sealed class LoadedPolicy(CausalLm model, ModelTokenizer tokenizer) : IDisposable
{
    public CausalLm Model { get; } = model;

    public ModelTokenizer Tokenizer { get; } = tokenizer;

    /// <summary>What fills a batch up. It is masked everywhere, so any id of the vocabulary will do.</summary>
    public int PadId => Model.Config.PaddingId;

    /// <summary>Refuses a model that is given this policy's token ids but reads them as other words.</summary>
    /// <exception cref="UserError">Its folder has another tokenizer, or none.</exception>
    public void RequireSameTokenizer(string folder, string role) =>
        TokenizerCompatibility.Require(Tokenizer.Tokenizer, "the policy", folder, role);

    /// <summary>What should be known of a result that was made with this policy.</summary>
    public IReadOnlyList<string> Warnings => Tokenizer.MissingEosWarning is { } warning ? [warning] : [];

    /// <exception cref="UserError">No such folder, or it holds no policy with a tokenizer.</exception>
    public static LoadedPolicy Load(string folder, ComputeOptions options)
    {
        var (device, dtype) = Prepare(options);
        var tokenizer = LoadTokenizer(folder);
        var model = ModelFolder.LoadCausalLm(folder, device, dtype, tokenizer);
        return new LoadedPolicy(model, new ModelTokenizer(tokenizer, model.Config));
    }

    /// <summary>Loads libtorch and sets the threads that the stage asks for.</summary>
    public static (Device Device, ScalarType Dtype) Prepare(ComputeOptions options)
    {
        Libtorch.EnsureLoaded();
        if (options.Threads > 0)
            Devices.UseThreads(options.Threads);
        var device = Devices.Resolve(options.Device);
        return (device, options is ITrainingOptions
            ? Devices.ResolveForTraining(options.Dtype, device)
            : Devices.Resolve(options.Dtype, device));
    }

    private static Tokenizer LoadTokenizer(string folder) => Directory.Exists(folder)
        ? Models.Tokenization.Tokenizer.TryLoad(folder)
            ?? throw new UserError($"{folder}: no tokenizer.json, nor vocab.json with merges.txt: prompts and completions are texts here")
        : throw new UserError(
            $"{folder}: no such folder; a model is a Hugging Face folder with config.json, model.safetensors and tokenizer.json");

    public void Dispose() => Model.Dispose();
}
