namespace Rlhf.LabelingUi.Features.Projects;

/// <summary>The texts of the project pages; they stand in the resource files of this name.</summary>
internal sealed class ProjectTexts;
