namespace Rlhf.LabelingUi.Shell.Texts;

/// <summary>The texts around every page, in ShellTexts.resx and its languages.</summary>
internal sealed class ShellTexts;
