using System.Text.Json;
using System.Text.Json.Nodes;
using Rlhf.Core;
using Rlhf.Models.Layers;

namespace Rlhf.Models.Checkpoints;

/// <summary>Reads config.json with the keys of transformers 4 and 5.</summary>
internal static class ModelConfigReader
{
    public const string GainKey = "rlhf_reward_gain";
    public const string BiasKey = "rlhf_reward_bias";

    private const int MaxLayers = 1 << 16;

    public static ModelConfig Read(string folder)
    {
        if (!Directory.Exists(folder))
            throw new UserError($"the model folder {folder} does not exist");
        string generation = Path.Combine(folder, "generation_config.json");
        IReadOnlyList<int> more = File.Exists(generation)
            ? new JsonFields(JsonFile.Read(generation), generation).Ids("eos_token_id")
            : [];
        string path = Path.Combine(folder, "config.json");
        return Parse(JsonFile.Read(path), path, more) with { Folder = folder };
    }

    public static ModelConfig Parse(JsonObject json, string place, IReadOnlyList<int> moreEosIds)
    {
        var fields = new JsonFields(json, place);
        string type = fields.Text("model_type") ?? throw new UserError($"{place}: \"model_type\" is missing");
        var config = type switch
        {
            ModelFamilies.Llama => Llama(json, fields, place),
            ModelFamilies.Gpt2 => Gpt2(json, fields),
            _ => throw new UserError($"{place}: the model_type \"{DisplayText.Text(type)}\" is not known; known "
                + $"are {string.Join(", ", ModelFamilies.Known)}"),
        };
        Activation.FromName(config.Activation);
        if (config.Heads % config.KvHeads != 0)
            throw new UserError($"{place}: {config.Heads} heads cannot share {config.KvHeads} key-value heads evenly");
        if ((long)config.Heads * config.HeadDim > 1 << 27)
            throw new UserError(
                $"{place}: {config.Heads} heads of width {config.HeadDim} are too wide; their product may be at most {1 << 27}");
        string causal = ModelFamilies.CausalClass(type);
        string architecture = (fields.Array("architectures") is { Count: > 0 } classes ? classes[0] : null) switch
        {
            null => causal,
            JsonValue name when name.GetValueKind() == JsonValueKind.String => name.GetValue<string>(),
            var other => throw new UserError($"{place}: \"architectures\" must be a list of texts, "
                + $"not {DisplayText.Text(other.ToJsonString())}"),
        };
        return config with
        {
            Architecture = architecture,
            TieWordEmbeddings = fields.Flag("tie_word_embeddings", config.TieWordEmbeddings),
            InitializerRange = fields.Number("initializer_range", 0.02),
            BosId = fields.Ids("bos_token_id") is [var bos, ..] ? bos : null,
            EosIds = [.. fields.Ids("eos_token_id").Concat(moreEosIds).Distinct()],
            PadId = fields.Ids("pad_token_id") is [var pad, ..] ? pad : null,
            NumLabels = fields.Object("id2label")?.Count ?? (int)fields.Whole("num_labels", 1, 1 << 20, 2),
            RewardGain = fields.Number(GainKey, 1),
            RewardBias = fields.Number(BiasKey, 0, positive: false),
        };
    }

    private static ModelConfig Llama(JsonObject json, JsonFields fields, string place)
    {
        int hidden = fields.Size("hidden_size"), heads = fields.Size("num_attention_heads");
        int headDim = fields.Size("head_dim", hidden / heads is var whole and > 0 && whole * heads == hidden ? whole : null);
        if (headDim % 2 != 0)
            throw new UserError($"{place}: heads of width {headDim} cannot be rotated; the width must be even");
        var (theta, scaling) = RopeConfig.Read(fields, place);
        return new ModelConfig
        {
            Family = ModelFamilies.Llama,
            ModelType = ModelFamilies.Llama,
            Architecture = "",
            VocabSize = fields.Size("vocab_size"),
            HiddenSize = hidden,
            Layers = Layers(fields, "num_hidden_layers"),
            Heads = heads,
            KvHeads = fields.Size("num_key_value_heads", heads),
            HeadDim = headDim,
            IntermediateSize = fields.Size("intermediate_size"),
            MaxPositions = fields.Size("max_position_embeddings", 2048),
            NormEps = fields.Number("rms_norm_eps", 1e-6),
            RopeTheta = theta,
            RopeScaling = scaling,
            Activation = fields.Text("hidden_act") ?? "silu",
            AttentionBias = fields.Flag("attention_bias", false),
            MlpBias = fields.Flag("mlp_bias", false),
            TieWordEmbeddings = false,
            Raw = json,
        };
    }

    private static ModelConfig Gpt2(JsonObject json, JsonFields fields)
    {
        int hidden = fields.Size("n_embd", alias: "hidden_size"), heads = fields.Size("n_head", alias: "num_attention_heads");
        if (hidden % heads != 0)
            throw new UserError($"config.json: n_embd {hidden} must be a multiple of n_head {heads}");
        return new ModelConfig
        {
            Family = ModelFamilies.Gpt2,
            ModelType = ModelFamilies.Gpt2,
            Architecture = "",
            VocabSize = fields.Size("vocab_size"),
            HiddenSize = hidden,
            Layers = Layers(fields, "n_layer", "num_hidden_layers"),
            Heads = heads,
            KvHeads = heads,
            HeadDim = hidden / heads,
            IntermediateSize = fields.Size("n_inner", 4 * hidden),
            MaxPositions = fields.Size("n_positions", 1024, "max_position_embeddings"),
            NormEps = fields.Number("layer_norm_epsilon", 1e-5),
            Activation = fields.Text("activation_function") ?? "gelu_new",
            AttentionBias = true,
            MlpBias = true,
            ScaleAttention = fields.Flag("scale_attn_weights", true),
            ScaleAttentionByLayer = fields.Flag("scale_attn_by_inverse_layer_idx", false),
            TieWordEmbeddings = true,
            Raw = json,
        };
    }

    private static int Layers(JsonFields fields, string name, string? alias = null) => (int)fields.Whole(name, 1, MaxLayers, alias: alias);

}
