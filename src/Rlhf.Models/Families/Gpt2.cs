using Rlhf.Models.Checkpoints;
using Rlhf.Models.Layers;
using Rlhf.Models.Native;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static Rlhf.Models.Native.Numbers;
using static TorchSharp.torch;

namespace Rlhf.Models.Families;

/// <summary>
/// GPT-2 (Radford et al. 2019): pre-layer-norm blocks, learned position embeddings, a fused q|k|v projection, and an MLP without a gate.
/// </summary>
public sealed class Gpt2 : Decoder
{
    [ComponentName(Name = "wte")]
    private readonly TokenEmbedding _tokenEmbedding;

    [ComponentName(Name = "wpe")]
    private readonly TokenEmbedding _positionEmbedding;

    [ComponentName(Name = "h")]
    private readonly ModuleList<Block> _blocks;

    [ComponentName(Name = "ln_f")]
    private readonly Layers.LayerNorm _norm;

    public Gpt2(ModelConfig config, Device device, ScalarType dtype) : base(config)
    {
        _tokenEmbedding = new TokenEmbedding(config.VocabSize, config.HiddenSize, device, dtype);
        _positionEmbedding = new TokenEmbedding(config.MaxPositions, config.HiddenSize, device, dtype);
        _blocks = new ModuleList<Block>([.. Enumerable.Range(0, config.Layers).Select(i => new Block(config, i, device, dtype))]);
        _norm = new Layers.LayerNorm(config.HiddenSize, config.NormEps, device, dtype);
        RegisterComponents();
    }

    public override Parameter Embedding => _tokenEmbedding.Weight;

    protected override Tensor Forward(Tensor ids, SequenceLayout layout, KvCache? cache)
    {
        // Position ids of padding may exceed the table. They are masked, but must be valid indices.
        var positions = layout.Positions?.clamp(Number(0), Number(Config.MaxPositions - 1))
            ?? TensorArithmetic.Range(layout.Start, layout.End, ids.device).unsqueeze(0);
        // "call", so that hooks on the embedding see every forward pass.
        var x = _tokenEmbedding.call(ids).Plus(_positionEmbedding.forward(positions));
        for (int i = 0; i < _blocks.Count; i++)
            x = _blocks[i].Forward(x, layout, cache, i);
        return _norm.forward(x);
    }

    private sealed class Block : nn.Module
    {
        [ComponentName(Name = "ln_1")]
        private readonly Layers.LayerNorm _attentionNorm;

        [ComponentName(Name = "attn")]
        private readonly SelfAttention _attention;

        [ComponentName(Name = "ln_2")]
        private readonly Layers.LayerNorm _mlpNorm;

        [ComponentName(Name = "mlp")]
        private readonly Mlp _mlp;

        public Block(ModelConfig config, int layer, Device device, ScalarType dtype) : base(nameof(Block))
        {
            _attentionNorm = new Layers.LayerNorm(config.HiddenSize, config.NormEps, device, dtype);
            _attention = new SelfAttention(config, layer, device, dtype);
            _mlpNorm = new Layers.LayerNorm(config.HiddenSize, config.NormEps, device, dtype);
            _mlp = new Mlp(config, device, dtype);
            RegisterComponents();
        }

        public Tensor Forward(Tensor x, SequenceLayout layout, KvCache? cache, int layer)
        {
            using var scope = NewDisposeScope();
            var h = x.Plus(_attention.Forward(_attentionNorm.forward(x), layout, cache, layer));
            return h.Plus(_mlp.forward(_mlpNorm.forward(h))).MoveToOuterDisposeScope();
        }
    }

    private sealed class SelfAttention : nn.Module
    {
        [ComponentName(Name = "c_attn")]
        private readonly Conv1D _fused;

        [ComponentName(Name = "c_proj")]
        private readonly Conv1D _output;

        private readonly ModelConfig _config;
        private readonly double _queryFactor;

        public SelfAttention(ModelConfig config, int layer, Device device, ScalarType dtype) : base(nameof(SelfAttention))
        {
            _config = config;
            _fused = new Conv1D(config.HiddenSize, 3L * config.HiddenSize, device, dtype);
            _output = new Conv1D(config.HiddenSize, config.HiddenSize, device, dtype);
            // The attention kernel divides by √head. GPT-2's two scaling options are applied to the queries instead.
            _queryFactor = (config.ScaleAttention ? 1 : Math.Sqrt(config.HeadDim)) / (config.ScaleAttentionByLayer ? layer + 1 : 1);
            RegisterComponents();
        }

        public Tensor Forward(Tensor x, SequenceLayout layout, KvCache? cache, int layer)
        {
            using var scope = NewDisposeScope();
            var parts = _fused.forward(x).view(x.shape[0], x.shape[1], 3 * _config.Heads, _config.HeadDim).chunk(3, 2);
            var queries = _queryFactor == 1 ? parts[0] : parts[0].mul(Number(_queryFactor));
            return _output.forward(Attention.ScaledDotProduct(queries, parts[1], parts[2], layout, cache, layer)).MoveToOuterDisposeScope();
        }
    }

    private sealed class Mlp : nn.Module<Tensor, Tensor>
    {
        [ComponentName(Name = "c_fc")]
        private readonly Conv1D _up;

        [ComponentName(Name = "c_proj")]
        private readonly Conv1D _down;

        private readonly Func<Tensor, Tensor> _activation;

        public Mlp(ModelConfig config, Device device, ScalarType dtype) : base(nameof(Mlp))
        {
            _up = new Conv1D(config.HiddenSize, config.IntermediateSize, device, dtype);
            _down = new Conv1D(config.IntermediateSize, config.HiddenSize, device, dtype);
            _activation = Activation.FromName(config.Activation);
            RegisterComponents();
        }

        public override Tensor forward(Tensor input)
        {
            using var scope = NewDisposeScope();
            return _down.forward(_activation(_up.forward(input))).MoveToOuterDisposeScope();
        }
    }
}
