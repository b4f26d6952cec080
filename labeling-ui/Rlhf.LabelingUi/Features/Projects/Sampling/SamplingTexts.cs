namespace Rlhf.LabelingUi.Features.Projects.Sampling;

/// <summary>The texts of what samples a policy for a labeling project.</summary>
internal sealed class SamplingTexts;
