namespace Rlhf.LabelingUi.Features.Quality;

/// <summary>The texts of the quality page; they stand in the resource files of this name.</summary>
internal sealed class QualityTexts;
