namespace Rlhf.LabelingUi.Features.Account;

/// <summary>The texts of the pages about accounts, in AccountTexts.resx and its languages.</summary>
internal sealed class AccountTexts;
