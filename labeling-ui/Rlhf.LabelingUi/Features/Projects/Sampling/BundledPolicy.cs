namespace Rlhf.LabelingUi.Features.Projects.Sampling;

/// <summary>The policy that comes with the program.</summary>
internal static class BundledPolicy
{
    /// <summary>Its folder; null in an installation without it.</summary>
    public static string? Folder { get; } =
        Path.Combine(AppContext.BaseDirectory, "pipelines", "policy") is var folder && File.Exists(Path.Combine(folder, "config.json"))
            ? folder
            : null;
}
