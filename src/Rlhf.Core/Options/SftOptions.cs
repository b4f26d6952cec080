using System.ComponentModel.DataAnnotations;
using System.Globalization;

namespace Rlhf.Core.Options;

/// <summary>Supervised fine-tuning of a pretrained decoder on prompts and completions.</summary>
public sealed record SftOptions : LanguageModelingOptions, IValidatableObject
{
    private const int DefaultDocuments = 2000;

    /// <summary>Folder of the decoder to start from (Hugging Face layout).</summary>
    [FilePath]
    public string Model { get; init; } = "";

    /// <summary>A JSON Lines file of {"prompt", "completion"}, or "grammar" (a generated corpus of reviews).</summary>
    [Required]
    [FilePath("grammar")]
    public string Data { get; init; } = "grammar";

    /// <summary>The number of documents that the grammar generates, if data is "grammar".</summary>
    [Range(1, 100000000)]
    public int Documents { get; init; } = DefaultDocuments;

    /// <summary>Only completion tokens enter the loss; otherwise prompt tokens do too.</summary>
    public bool CompletionOnlyLoss { get; init; } = true;

    /// <summary>
    /// Rows are concatenated and cut into sequences of exactly sequenceLength tokens; otherwise there is one padded sequence per row.
    /// </summary>
    public override bool Packing { get; init; }

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext) =>
        Data != "grammar" && Documents != DefaultDocuments
        ? [new ValidationResult(string.Create(CultureInfo.InvariantCulture,
            $"documents: {Documents} has no effect on a file (data), which is read whole; leave documents out"))]
        : [];
}
