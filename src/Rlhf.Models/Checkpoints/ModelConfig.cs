using System.Text.Json;
using System.Text.Json.Nodes;
using Rlhf.Core;
using Rlhf.Models.Layers;
using Rlhf.Models.Tokenization;

namespace Rlhf.Models.Checkpoints;

/// <summary>
/// The <c>config.json</c> of a model, with the same property names for every family. <see cref="Raw"/> keeps all other keys.
/// </summary>
public sealed record ModelConfig
{
    public required string Family { get; init; }

    /// <summary>The <c>model_type</c> as written.</summary>
    public required string ModelType { get; init; }

    /// <summary>Hugging Face's class: "LlamaForCausalLM", "GPT2ForSequenceClassification" …</summary>
    public required string Architecture { get; init; }

    public required int VocabSize { get; init; }

    public required int HiddenSize { get; init; }

    public required int Layers { get; init; }

    public required int Heads { get; init; }

    /// <summary>The number of key and value heads; equal to <see cref="Heads"/> without grouped-query attention.</summary>
    public required int KvHeads { get; init; }

    /// <summary>Width of one head; may differ from hidden size / heads.</summary>
    public required int HeadDim { get; init; }

    /// <summary>Width of the MLP's hidden layer.</summary>
    public required int IntermediateSize { get; init; }

    /// <summary>
    /// Maximum tokens of a row, prompt and completion together, for sampling, scoring and training. Learned position embeddings end here;
    /// rotary embeddings do not, but the model was not trained on longer rows.
    /// </summary>
    public required int MaxPositions { get; init; }

    public required double NormEps { get; init; }

    public double RopeTheta { get; init; } = 10000;

    public RopeScaling? RopeScaling { get; init; }

    public string Activation { get; init; } = "silu";

    public bool AttentionBias { get; init; }

    public bool MlpBias { get; init; }

    /// <summary>GPT-2: divide attention scores by the square root of the head's width.</summary>
    public bool ScaleAttention { get; init; } = true;

    /// <summary>GPT-2: also divide attention scores by the layer's number, from 1.</summary>
    public bool ScaleAttentionByLayer { get; init; }

    /// <summary>Whether the output layer shares the weights of the embedding table.</summary>
    public bool TieWordEmbeddings { get; init; }

    /// <summary>Standard deviation of initial weights.</summary>
    public double InitializerRange { get; init; } = 0.02;

    public int? BosId { get; init; }

    /// <summary>
    /// Each of these ids ends a completion: the ids of config.json and generation_config.json, and after <see cref="WithTokenizer"/> also
    /// the tokenizer's, which training appends. If empty, completions end only at the token limit.
    /// </summary>
    public IReadOnlyList<int> EosIds { get; init; } = [];

    public int? PadId { get; init; }

    /// <summary>Ids without a token in the tokenizer (padding rows of the vocabulary). Never sampled.</summary>
    public IReadOnlyList<int> UnusedIds { get; init; } = [];

    /// <summary>
    /// The id for padded positions, which are masked: the pad id, or 0 if there is none or if it is outside of the vocabulary.
    /// </summary>
    public int PaddingId => PadId is { } pad && pad < VocabSize ? pad : 0;

    /// <summary>
    /// The number of outputs of a classification head: the length of <c>id2label</c>, else 2, the default of transformers.
    /// </summary>
    public int NumLabels { get; init; } = 2;

    /// <summary>Normalized score = gain · raw score + bias, with mean 0 and variance 1 on samples of the reference policy.</summary>
    public double RewardGain { get; init; } = 1;

    public double RewardBias { get; init; }

    /// <summary>The JSON object that was read, or the initial one of a new model.</summary>
    public required JsonObject Raw { get; init; }

    /// <summary>The folder that the config was read from, for messages; null for a new model.</summary>
    public string? Folder { get; init; }

    /// <summary>The model's name in messages: its folder, if it has one.</summary>
    public string DisplayName => Folder ?? "this model";

    /// <summary>Whether the model gives one score per text instead of the next token.</summary>
    public bool IsScalar => Architecture.EndsWith("ForSequenceClassification", StringComparison.Ordinal);

    /// <summary>Reads config.json, and the EOS ids of generation_config.json in the same folder.</summary>
    /// <exception cref="UserError">The file is missing or not JSON, the family is unknown, or a value is out of range.</exception>
    public static ModelConfig Load(string folder) => ModelConfigReader.Read(folder);

    /// <summary>A config for a new policy of the Llama family.</summary>
    public static ModelConfig CreateLlama(
        int vocabSize, int hiddenSize, int layers, int heads, int kvHeads, int intermediateSize, int maxPositions,
        bool tieWordEmbeddings = true, double ropeTheta = 10000, double normEps = 1e-5, int? bosId = null,
        IReadOnlyList<int>? eosIds = null, int? padId = null,
        int? headDim = null)
    {
        if (hiddenSize % heads != 0 && headDim is null)
            throw new UserError($"the hidden size {hiddenSize} must be a multiple of the {heads} heads");
        var raw = new JsonObject
        {
            ["architectures"] = new JsonArray(ModelFamilies.CausalClass(ModelFamilies.Llama)),
            ["model_type"] = ModelFamilies.Llama,
            ["vocab_size"] = vocabSize,
            ["hidden_size"] = hiddenSize,
            ["intermediate_size"] = intermediateSize,
            ["num_hidden_layers"] = layers,
            ["num_attention_heads"] = heads,
            ["num_key_value_heads"] = kvHeads,
            ["head_dim"] = headDim ?? hiddenSize / heads,
            ["hidden_act"] = "silu",
            ["attention_bias"] = false,
            ["mlp_bias"] = false,
            ["max_position_embeddings"] = maxPositions,
            ["rms_norm_eps"] = normEps,
            // Both keys: transformers 5 reads the second, older versions the first.
            ["rope_theta"] = ropeTheta,
            ["rope_parameters"] = new JsonObject { ["rope_type"] = "default", ["rope_theta"] = ropeTheta },
            ["initializer_range"] = 0.02,
            ["tie_word_embeddings"] = tieWordEmbeddings,
            ["bos_token_id"] = bosId,
            ["pad_token_id"] = padId,
        };
        // Serialized and parsed again, so that numbers are JSON numbers without a C# type, as in a file.
        const string place = "a new model's config.json";
        return ModelConfigReader.Parse(JsonFile.Parse(JsonSerializer.SerializeToUtf8Bytes(raw), place), place, [.. eosIds ?? []]);
    }

    /// <summary>
    /// This config completed from the tokenizer: its BOS, its EOS added to <see cref="EosIds"/>, and the ids without a token.
    /// </summary>
    public ModelConfig WithTokenizer(Tokenizer tokenizer)
    {
        var unused = Enumerable.Range(0, VocabSize).Where(id => tokenizer.IdToTokenOrNull(id) is null).ToList();
        return this with
        {
            BosId = tokenizer.BosId ?? BosId,
            EosIds = tokenizer.EosId is { } eos ? [.. EosIds.Append(eos).Distinct()] : EosIds,
            PadId = PadId ?? tokenizer.PadId,
            UnusedIds = unused,
        };
    }

    /// <summary>Checks that a row is not longer than the model's maximum.</summary>
    /// <exception cref="UserError">The row is too long.</exception>
    public void CheckLength(long tokens)
    {
        if (tokens > MaxPositions)
            throw new UserError($"a text of {tokens} tokens is too long: {DisplayName} has {MaxPositions} positions");
    }

    /// <summary>This config for a model of the same family with one score per text.</summary>
    public ModelConfig AsScalar() => this with { Architecture = ModelFamilies.ScalarClass(Family), NumLabels = 1 };

    /// <summary>The content of config.json: the original object with the current values.</summary>
    /// <param name="dtype">number format of the weights: "float32", "bfloat16" or "float16"</param>
    public JsonObject ToJson(string dtype)
    {
        var json = (JsonObject)Raw.DeepClone();
        json["architectures"] = new JsonArray(Architecture);
        json["model_type"] = ModelType;
        json["dtype"] = dtype;
        json["torch_dtype"] = dtype;
        json["tie_word_embeddings"] = TieWordEmbeddings;
        if (BosId is not null || json.ContainsKey("bos_token_id"))
            json["bos_token_id"] = BosId;
        json["eos_token_id"] = EosIds.Count switch
        {
            0 => null,
            1 => EosIds[0],
            _ => new JsonArray([.. EosIds.Select(id => (JsonNode)id)]),
        };
        if (PadId is not null || json.ContainsKey("pad_token_id"))
            json["pad_token_id"] = PadId;
        foreach (string name in new[] { "id2label", "label2id", "num_labels", ModelConfigReader.GainKey, ModelConfigReader.BiasKey })
            json.Remove(name);
        if (IsScalar)
        {
            json["id2label"] = new JsonObject { ["0"] = "LABEL_0" };
            json["label2id"] = new JsonObject { ["LABEL_0"] = 0 };
            json[ModelConfigReader.GainKey] = RewardGain;
            json[ModelConfigReader.BiasKey] = RewardBias;
        }
        return json;
    }
}
