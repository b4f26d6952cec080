namespace Rlhf.LabelingUi.Features.Projects.Training;

/// <summary>The texts of the training of reward models on a project's rankings.</summary>
internal sealed class TrainingTexts;
