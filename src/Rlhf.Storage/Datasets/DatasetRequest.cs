using Rlhf.Core.Content;
using Rlhf.Core.Options;
using Rlhf.Storage.Entities;

namespace Rlhf.Storage.Datasets;

/// <summary>What goes into a dataset version.</summary>
public sealed record DatasetRequest
{
    /// <summary>The labeling projects whose annotations are taken.</summary>
    public required IReadOnlyList<Guid> Projects { get; init; }

    /// <summary>Which question's rankings.</summary>
    public string Question { get; init; } = Entities.Question.Ranking;

    public Aggregation Aggregation { get; init; } = Aggregation.Each;

    /// <summary>Whether annotations by people are taken.</summary>
    public bool People { get; init; } = true;

    /// <summary>Whether annotations by simulated annotators are taken.</summary>
    public bool Simulated { get; init; } = true;

    /// <summary>The share of prompts held out, by hash of the normalized prompt.</summary>
    public double HeldOut { get; init; } = PromptSplit.DefaultShare;

    /// <summary>The weight of prompts, by <see cref="PromptKey"/>; 1 where none is given.</summary>
    public IReadOnlyDictionary<string, double> Weights { get; init; } = new Dictionary<string, double>();

    /// <summary>What names a prompt: the SHA-256 of its normalized text, lower-case hex.</summary>
    public static string PromptKey(string prompt) => Convert.ToHexStringLower(PromptSplit.Hash(prompt));
}

/// <summary>A dataset version that was made or found.</summary>
/// <param name="Id">The row.</param>
/// <param name="Name">SHA-256 of the manifest.</param>
/// <param name="Annotations">Annotation revisions in it.</param>
/// <param name="SimulatedAnnotations">How many of them simulated annotators gave.</param>
/// <param name="Prompts">Different prompts.</param>
public sealed record DatasetInfo(Guid Id, string Name, int Annotations, int SimulatedAnnotations, int Prompts)
{
    internal static DatasetInfo From(DatasetVersion row) => new(row.Id, row.Name, row.Annotations, row.SimulatedAnnotations, row.Prompts);
}

/// <summary>What was written as rankings.jsonl.</summary>
/// <param name="Train">Lines with split "train".</param>
/// <param name="HeldOut">Lines with split "heldOut".</param>
/// <param name="Simulated">Lines with a simulated annotation in them.</param>
/// <param name="Sha256">Of the file, lower-case hex.</param>
public sealed record MaterializedDataset(int Train, int HeldOut, int Simulated, string Sha256)
{
    public int Lines => Train + HeldOut;
}
