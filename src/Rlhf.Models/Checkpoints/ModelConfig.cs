using System.Text.Json;
using System.Text.Json.Nodes;
using Rlhf.Core;
using Rlhf.Models.Layers;
using Rlhf.Models.Tokenization;

namespace Rlhf.Models.Checkpoints;

/// <summary>
/// The <c>config.json</c> of a model, with the same property names for every family. <see cref="Raw"/> keeps what is not understood here.
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

    /// <summary>Key and value heads; as many as heads where they are not shared.</summary>
    public required int KvHeads { get; init; }

    /// <summary>Width of one head; may differ from hidden size / heads.</summary>
    public required int HeadDim { get; init; }

    /// <summary>Width inside the MLP.</summary>
    public required int IntermediateSize { get; init; }

    /// <summary>
    /// The most tokens of one row, prompt and completion together: the rule of sampling, scoring and training alike. Learned positions end
    /// here; rotary positions go on, but the model was not trained beyond.
    /// </summary>
    public required int MaxPositions { get; init; }

    public required double NormEps { get; init; }

    public double RopeTheta { get; init; } = 10000;

    public RopeScaling? RopeScaling { get; init; }

    public string Activation { get; init; } = "silu";

    public bool AttentionBias { get; init; }

    public bool MlpBias { get; init; }

    /// <summary>GPT-2: divide by the root of the head's width.</summary>
    public bool ScaleAttention { get; init; } = true;

    /// <summary>GPT-2: divide by the number of the layer, from 1.</summary>
    public bool ScaleAttentionByLayer { get; init; }

    /// <summary>Whether the output layer is the embedding table.</summary>
    public bool TieWordEmbeddings { get; init; }

    /// <summary>Standard deviation of initial weights.</summary>
    public double InitializerRange { get; init; } = 0.02;

    public int? BosId { get; init; }

    /// <summary>
    /// Any of these ends a completion: those of config.json and generation_config.json, and after <see cref="WithTokenizer"/> the
    /// tokenizer's, which training appends. Empty: only the token limit ends a completion.
    /// </summary>
    public IReadOnlyList<int> EosIds { get; init; } = [];

    public int? PadId { get; init; }

    /// <summary>Ids that the tokenizer has no token for: rows that fill the vocabulary up. Never sampled.</summary>
    public IReadOnlyList<int> UnusedIds { get; init; } = [];

    /// <summary>
    /// An id to fill padding with, which nothing attends to: the pad id, or 0 where there is none or the embedding table has no row for it.
    /// </summary>
    public int FillId => PadId is { } pad && pad < VocabSize ? pad : 0;

    /// <summary>Outputs of a classifier's head: the length of <c>id2label</c>, else 2, as transformers has it.</summary>
    public int NumLabels { get; init; } = 2;

    /// <summary>A stage that scores uses gain · score + bias (mean 0, variance 1 on samples of the reference policy).</summary>
    public double RewardGain { get; init; } = 1;

    public double RewardBias { get; init; }

    /// <summary>The object that was read, or what a new one begins with.</summary>
    public required JsonObject Raw { get; init; }

    /// <summary>The folder it was read from, for messages; null for a new model.</summary>
    public string? Folder { get; init; }

    /// <summary>The model in a message: its folder, where it has one.</summary>
    public string DisplayName => Folder ?? "this model";

    /// <summary>Whether the model gives one score per text instead of the next token.</summary>
    public bool IsScalar => Architecture.EndsWith("ForSequenceClassification", StringComparison.Ordinal);

    /// <summary>Reads config.json, and EOS ids from generation_config.json beside it.</summary>
    /// <exception cref="UserError">Missing, no JSON, a family not known here, or a value out of range.</exception>
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
            // Both ways of writing it: transformers 5 reads the second, everything older the first.
            ["rope_theta"] = ropeTheta,
            ["rope_parameters"] = new JsonObject { ["rope_type"] = "default", ["rope_theta"] = ropeTheta },
            ["initializer_range"] = 0.02,
            ["tie_word_embeddings"] = tieWordEmbeddings,
            ["bos_token_id"] = bosId,
            ["pad_token_id"] = padId,
        };
        // Read back as a file's content is: numbers of a file have no C# type yet.
        const string place = "a new model's config.json";
        return ModelConfigReader.Parse(JsonFile.Parse(JsonSerializer.SerializeToUtf8Bytes(raw), place), place, [.. eosIds ?? []]);
    }

    /// <summary>
    /// This config with what the tokenizer knows: its BOS, its EOS among those that end a completion, and the ids that it has no token for.
    /// </summary>
    public ModelConfig WithTokenizer(Tokenizer tokenizer)
    {
        var unused = Enumerable.Range(0, VocabSize).Where(id => tokenizer.TokenOrNull(id) is null).ToList();
        return this with
        {
            BosId = tokenizer.BosId ?? BosId,
            EosIds = tokenizer.EosId is { } eos ? [.. EosIds.Append(eos).Distinct()] : EosIds,
            PadId = PadId ?? tokenizer.PadId,
            UnusedIds = unused,
        };
    }

    /// <summary>Refuses a row with more tokens than the model takes.</summary>
    /// <exception cref="UserError">It is too long.</exception>
    public void CheckLength(long tokens)
    {
        if (tokens > MaxPositions)
            throw new UserError($"a text of {tokens} tokens is too long: {DisplayName} has {MaxPositions} positions");
    }

    /// <summary>This config for the family's model with one score per text.</summary>
    public ModelConfig AsScalar() => this with { Architecture = ModelFamilies.ScalarClass(Family), NumLabels = 1 };

    /// <summary>The file's content: what was read, with what may have changed since.</summary>
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
