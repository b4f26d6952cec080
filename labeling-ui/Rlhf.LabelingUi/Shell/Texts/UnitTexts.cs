namespace Rlhf.LabelingUi.Shell.Texts;

/// <summary>How numbers, units and times are written, in UnitTexts.resx and its languages.</summary>
internal sealed class UnitTexts;
