using System.ComponentModel.DataAnnotations;
using System.Globalization;

namespace Rlhf.Core.Options;

/// <summary>Pretraining: trains a new decoder and its tokenizer on text.</summary>
public sealed record PretrainOptions : LanguageModelingOptions, IValidatableObject
{
    private const int DefaultDocuments = 20000;

    /// <summary>
    /// The text: "grammar" (a generated corpus of reviews), or a UTF-8 file with documents separated by lines
    /// "&lt;|endoftext|&gt;".
    /// </summary>
    [Required]
    [FilePath("grammar")]
    public string Corpus { get; init; } = "grammar";

    /// <summary>The number of documents that the grammar generates, if corpus is "grammar".</summary>
    [Range(1, 100000000)]
    public int Documents { get; init; } = DefaultDocuments;

    /// <summary>Size of the tokenizer's vocabulary, special tokens included.</summary>
    [Range(260, 1000000)]
    public int VocabularySize { get; init; } = 1024;

    /// <summary>Shape of the decoder.</summary>
    public DecoderShape Model { get; init; } = new();

    /// <summary>
    /// Documents are concatenated and cut into sequences of exactly sequenceLength tokens; otherwise there is one padded document per
    /// row.
    /// </summary>
    public override bool Packing { get; init; } = true;

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext) =>
        Corpus != "grammar" && Documents != DefaultDocuments
        ? [new ValidationResult(string.Create(CultureInfo.InvariantCulture,
            $"documents: {Documents} has no effect on a file (corpus), which is read whole; leave documents out"))]
        : [];
}

/// <summary>Shape of a new decoder of the Llama family.</summary>
public sealed record DecoderShape
{
    /// <summary>Width of the residual stream.</summary>
    [Range(8, 65536)]
    public int HiddenSize { get; init; } = 128;

    /// <summary>Decoder layers.</summary>
    [Range(1, 1024)]
    public int Layers { get; init; } = 5;

    /// <summary>Attention heads; divides hiddenSize.</summary>
    [Range(1, 1024)]
    public int Heads { get; init; } = 4;

    /// <summary>Key and value heads; divides heads. 0 = as many as heads.</summary>
    [Range(0, 1024)]
    public int KvHeads { get; init; }

    /// <summary>Width of the gated MLP.</summary>
    [Range(8, 1048576)]
    public int IntermediateSize { get; init; } = 344;

    /// <summary>The longest sequence that the model accepts, in tokens.</summary>
    [Range(8, 1048576)]
    public int MaxPositions { get; init; } = 256;

    /// <summary>The embedding table is also the output layer.</summary>
    public bool TieWordEmbeddings { get; init; } = true;
}
