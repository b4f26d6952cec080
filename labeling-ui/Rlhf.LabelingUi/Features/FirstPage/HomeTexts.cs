namespace Rlhf.LabelingUi.Features.FirstPage;

/// <summary>The texts of the first page, in HomeTexts.resx and its languages.</summary>
internal sealed class HomeTexts;
