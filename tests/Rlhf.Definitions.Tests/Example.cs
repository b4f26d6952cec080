using System.ComponentModel.DataAnnotations;
using Rlhf.Core.Options;
using Rlhf.Testing;

namespace Rlhf.Definitions.Tests;

public enum ExampleLoss
{
    Pairwise,
    PlackettLuce,
}

/// <summary>One annotator of the example.</summary>
public sealed record ExampleAnnotator
{
    /// <summary>How often it errs.</summary>
    [Range(0.0, 0.5)]
    public double ErrorRate { get; init; } = 0.1;

    public string? Note { get; init; } = "none";
}

public sealed record ExampleSampling
{
    public double Temperature { get; init; } = 0.7;

    public int MaxNewTokens { get; init; } = 64;
}

public sealed record ExampleOptions : ComputeOptions, IValidatableObject
{
    /// <summary>The folder of the <c>model</c> to start from, see
    /// <see cref="ExampleLoss"/>.</summary>
    [Required]
    public string Model { get; init; } = "";

    /// <summary>Passes over the data.</summary>
    [Range(1, 100)]
    public int Epochs { get; init; } = 1;

    [Range(0, double.MaxValue, MinimumIsExclusive = true)]
    public double LearningRate { get; init; } = 1e-4;

    public long Tokens { get; init; }

    public bool Shuffle { get; init; } = true;

    public int? Limit { get; init; }

    public ExampleLoss Loss { get; init; }

    public IReadOnlyList<string> Stop { get; init; } = [];

    public int[] Sizes { get; init; } = [1, 2];

    public IReadOnlyList<ExampleAnnotator> Annotators { get; init; } = [];

    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    public ExampleSampling Sampling { get; init; } = new() { MaxNewTokens = 48 };

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Limit > 10 && Epochs > 10)
            yield return new ValidationResult("limit and epochs cannot both exceed 10");
    }
}

internal static class Example
{
    public static ExampleOptions Bind(string yaml, params string[] overrides)
    {
        using var folder = new TemporaryFolder();
        string path = folder["file.yaml"];
        File.WriteAllText(path, yaml);
        try
        {
            return OptionsFile.Bind<ExampleOptions>(path, overrides);
        }
        catch (Core.UserError error)
        {
            throw new Core.UserError(error.Message.Replace(folder.Path + "/", ""));
        }
    }

    public static string Refusal(string yaml, params string[] overrides) =>
        Assert.Throws<Core.UserError>(() => Bind(yaml, overrides)).Message;
}
