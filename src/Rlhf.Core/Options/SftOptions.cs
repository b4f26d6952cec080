using System.ComponentModel.DataAnnotations;

namespace Rlhf.Core.Options;

/// <summary>Supervised fine-tuning of a pretrained decoder on prompts and completions.</summary>
public sealed record SftOptions : LanguageModelingOptions
{
    /// <summary>Folder of the decoder to start from (Hugging Face layout).</summary>
    public string Model { get; init; } = "";

    /// <summary>A JSON Lines file of {"prompt", "completion"}, or "grammar" (the corpus that this project generates itself).</summary>
    [Required]
    public string Data { get; init; } = "grammar";

    /// <summary>How many documents the grammar writes, where it is the data.</summary>
    [Range(1, 100000000)]
    public int Documents { get; init; } = 2000;

    /// <summary>Only tokens of the completion enter the loss; otherwise those of the prompt do too.</summary>
    public bool CompletionOnlyLoss { get; init; } = true;

    /// <summary>
    /// Rows are laid end to end and cut into sequences of exactly sequenceLength tokens; otherwise there is one sequence per row, padded.
    /// </summary>
    public override bool Packing { get; init; }
}
