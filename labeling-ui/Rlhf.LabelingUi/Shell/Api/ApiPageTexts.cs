namespace Rlhf.LabelingUi.Shell.Api;

/// <summary>The texts of the page that shows the API.</summary>
internal sealed class ApiPageTexts;
