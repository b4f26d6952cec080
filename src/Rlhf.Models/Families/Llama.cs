using Rlhf.Models.Checkpoints;
using Rlhf.Models.Layers;
using Rlhf.Models.Native;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace Rlhf.Models.Families;

/// <summary>The Llama family (Touvron et al. 2023): RMSNorm, rotary position embeddings, grouped-query attention and a gated MLP.</summary>
public sealed class Llama : Decoder
{
    [ComponentName(Name = "embed_tokens")]
    private readonly TokenEmbedding _embedTokens;

    [ComponentName(Name = "layers")]
    private readonly ModuleList<Block> _blocks;

    [ComponentName(Name = "norm")]
    private readonly RmsNorm _norm;

    private readonly Rotary _rotary;

    public Llama(ModelConfig config, Device device, ScalarType dtype) : base(config)
    {
        _embedTokens = new TokenEmbedding(config.VocabSize, config.HiddenSize, device, dtype);
        _blocks = new ModuleList<Block>([.. Enumerable.Range(0, config.Layers).Select(_ => new Block(config, device, dtype))]);
        _norm = new RmsNorm(config.HiddenSize, config.NormEps, device, dtype);
        _rotary = new Rotary(config.HeadDim, config.RopeTheta, config.RopeScaling);
        RegisterComponents();
    }

    public override Parameter Embedding => _embedTokens.Weight;

    protected override Tensor Forward(Tensor ids, SequenceLayout layout, KvCache? cache)
    {
        // "call", so that hooks on the embedding see every forward pass.
        var x = _embedTokens.call(ids);
        var at = _rotary.At(layout, x.device, x.dtype);
        for (int i = 0; i < _blocks.Count; i++)
            x = _blocks[i].Forward(x, at, layout, cache, i);
        return _norm.forward(x);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _rotary.Dispose();
        base.Dispose(disposing);
    }

    private sealed class Block : nn.Module
    {
        [ComponentName(Name = "self_attn")]
        private readonly SelfAttention _attention;

        [ComponentName(Name = "mlp")]
        private readonly GatedMlp _mlp;

        [ComponentName(Name = "input_layernorm")]
        private readonly RmsNorm _attentionNorm;

        [ComponentName(Name = "post_attention_layernorm")]
        private readonly RmsNorm _mlpNorm;

        public Block(ModelConfig config, Device device, ScalarType dtype) : base(nameof(Block))
        {
            _attention = new SelfAttention(config, device, dtype);
            _mlp = new GatedMlp(config.HiddenSize, config.IntermediateSize, config.MlpBias, config.Activation, device, dtype);
            _attentionNorm = new RmsNorm(config.HiddenSize, config.NormEps, device, dtype);
            _mlpNorm = new RmsNorm(config.HiddenSize, config.NormEps, device, dtype);
            RegisterComponents();
        }

        public Tensor Forward(Tensor x, (Tensor, Tensor) at, SequenceLayout layout, KvCache? cache, int layer)
        {
            using var scope = NewDisposeScope();
            var h = x.Plus(_attention.Forward(_attentionNorm.forward(x), at, layout, cache, layer));
            return h.Plus(_mlp.forward(_mlpNorm.forward(h))).MoveToOuterDisposeScope();
        }
    }

    private sealed class SelfAttention : nn.Module
    {
        [ComponentName(Name = "q_proj")]
        private readonly Layers.Linear _queries;

        [ComponentName(Name = "k_proj")]
        private readonly Layers.Linear _keys;

        [ComponentName(Name = "v_proj")]
        private readonly Layers.Linear _values;

        [ComponentName(Name = "o_proj")]
        private readonly Layers.Linear _output;

        private readonly ModelConfig _config;

        public SelfAttention(ModelConfig config, Device device, ScalarType dtype) : base(nameof(SelfAttention))
        {
            _config = config;
            long width = (long)config.Heads * config.HeadDim, kvWidth = (long)config.KvHeads * config.HeadDim;
            _queries = new Layers.Linear(config.HiddenSize, width, config.AttentionBias, device, dtype);
            _keys = new Layers.Linear(config.HiddenSize, kvWidth, config.AttentionBias, device, dtype);
            _values = new Layers.Linear(config.HiddenSize, kvWidth, config.AttentionBias, device, dtype);
            _output = new Layers.Linear(width, config.HiddenSize, config.AttentionBias, device, dtype);
            RegisterComponents();
        }

        public Tensor Forward(Tensor x, (Tensor, Tensor) at, SequenceLayout layout, KvCache? cache, int layer)
        {
            using var scope = NewDisposeScope();
            long batch = x.shape[0], time = x.shape[1];
            var queries = Rotary.Apply(_queries.forward(x).view(batch, time, _config.Heads, _config.HeadDim), at);
            var keys = Rotary.Apply(_keys.forward(x).view(batch, time, _config.KvHeads, _config.HeadDim), at);
            var values = _values.forward(x).view(batch, time, _config.KvHeads, _config.HeadDim);
            return _output.forward(Attention.ScaledDotProduct(queries, keys, values, layout, cache, layer)).MoveToOuterDisposeScope();
        }
    }
}
