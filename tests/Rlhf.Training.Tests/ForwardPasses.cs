using Rlhf.Models.Layers;
using static TorchSharp.torch;

namespace Rlhf.Training.Tests;

/// <summary>One forward pass of a model.</summary>
/// <param name="Model">The name that the test gave the model.</param>
/// <param name="Rows">Rows of the batch.</param>
/// <param name="Live">Tensors alive on this thread when the pass began.</param>
/// <param name="Learns">Whether gradients were enabled.</param>
internal sealed record ForwardPass(string Model, int Rows, long Live, bool Learns);

/// <summary>Records the forward passes of models, in their order, by a hook on each embedding.</summary>
internal sealed class ForwardPasses : List<ForwardPass>
{
    /// <summary>Watches a model until the result is disposed.</summary>
    public IDisposable Watch(string name, nn.Module model)
    {
        var hook = model.modules().OfType<TokenEmbedding>().First().register_forward_pre_hook((_, ids) =>
        {
            Add(new ForwardPass(name, (int)ids.shape[0], TinyModels.Live, is_grad_enabled()));
            return ids;
        });
        return new Watching(hook.remove);
    }

    private sealed class Watching(Action end) : IDisposable
    {
        public void Dispose() => end();
    }
}
