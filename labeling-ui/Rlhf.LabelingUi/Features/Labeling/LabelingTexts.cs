namespace Rlhf.LabelingUi.Features.Labeling;

/// <summary>The texts of the annotator's pages, in LabelingTexts.resx and its languages.</summary>
internal sealed class LabelingTexts;
