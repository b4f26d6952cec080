namespace Rlhf.LabelingUi.Features.Exchange;

/// <summary>The texts of the page for files.</summary>
internal sealed class ExchangeTexts;
