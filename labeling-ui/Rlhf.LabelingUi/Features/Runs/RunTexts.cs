namespace Rlhf.LabelingUi.Features.Runs;

/// <summary>The texts of the pages of runs; they stand in the resource files of this name.</summary>
internal sealed class RunTexts;
