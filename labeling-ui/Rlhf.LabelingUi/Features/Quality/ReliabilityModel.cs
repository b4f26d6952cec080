using Rlhf.Core;
using Rlhf.Statistics.Judgments;

namespace Rlhf.LabelingUi.Features.Quality;

/// <summary>The model whose reliabilities weight the answers of annotators.</summary>
public enum ReliabilityModel
{
    /// <summary>Dawid and Skene's: agreement about the outcome of each pair of completions.</summary>
    DawidSkene,

    /// <summary>Crowd-BT: agreement about the policies behind the completions.</summary>
    CrowdBt,
}

/// <summary>Names and weights of the models.</summary>
internal static class ReliabilityModels
{
    /// <summary>What addresses and forms call them.</summary>
    public static string Name(ReliabilityModel model) => model == ReliabilityModel.DawidSkene ? "dawid-skene" : "crowd-bt";

    /// <exception cref="UserError">Neither of them.</exception>
    public static ReliabilityModel Parse(string? name) => name switch
    {
        null or "" or "dawid-skene" => ReliabilityModel.DawidSkene,
        "crowd-bt" => ReliabilityModel.CrowdBt,
        _ => throw new UserError($"model must be dawid-skene or crowd-bt; got '{name}'"),
    };

    public static double? Weight(AnnotatorReliability? reliability, ReliabilityModel model) =>
        model == ReliabilityModel.DawidSkene ? reliability?.DawidSkeneWeight : reliability?.CrowdWeight;

    /// <summary>The weights of the annotators that have one.</summary>
    /// <exception cref="UserError">Nobody has one.</exception>
    public static IReadOnlyDictionary<Guid, double> Weights(QualityReport report, ReliabilityModel model)
    {
        var weights = report.Annotators.Where(a => Weight(a.Reliability, model) is not null)
            .ToDictionary(a => a.Annotator, a => Weight(a.Reliability, model)!.Value);
        return weights.Count > 0 ? weights : throw new UserError(model == ReliabilityModel.DawidSkene
            ? "no task was ranked by two annotators: their reliability is not known"
            : "no completions of two policies were compared: Crowd-BT has nothing to fit");
    }
}
