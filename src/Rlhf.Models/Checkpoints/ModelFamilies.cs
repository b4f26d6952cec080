using Rlhf.Core;

namespace Rlhf.Models.Checkpoints;

/// <summary>The families by the <c>model_type</c> of their config.json.</summary>
public static class ModelFamilies
{
    public const string Llama = "llama";
    public const string Gpt2 = "gpt2";

    public static IReadOnlyList<string> Known { get; } = [Llama, Gpt2];

    /// <summary>The decoder's prefix in the state dict of a model with a head.</summary>
    public static string DecoderName(string family) => family switch
    {
        Llama => "model",
        Gpt2 => "transformer",
        _ => throw Unknown(family),
    };

    /// <summary>The name of the embedding table in the decoder's state dict.</summary>
    public static string EmbeddingName(string family) => family switch
    {
        Llama => "embed_tokens.weight",
        Gpt2 => "wte.weight",
        _ => throw Unknown(family),
    };

    /// <summary>Hugging Face's class name for a family's language model.</summary>
    public static string CausalClass(string family) => family switch
    {
        Llama => "LlamaForCausalLM",
        Gpt2 => "GPT2LMHeadModel",
        _ => throw Unknown(family),
    };

    /// <summary>Hugging Face's class name for a family with one score per text.</summary>
    public static string ScalarClass(string family) => family switch
    {
        Llama => "LlamaForSequenceClassification",
        Gpt2 => "GPT2ForSequenceClassification",
        _ => throw Unknown(family),
    };

    public static UserError Unknown(string family) =>
        new($"config.json: the model_type \"{family}\" is not known; known are {string.Join(", ", Known)}");
}
