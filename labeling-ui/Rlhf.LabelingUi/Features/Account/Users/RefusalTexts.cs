using Microsoft.Extensions.Localization;

namespace Rlhf.LabelingUi.Features.Account.Users;

/// <summary>What was refused, in the reader's language.</summary>
internal static class RefusalTexts
{
    public static string Of(this IStringLocalizer<AccountTexts> texts, AccountRefusedException refused) => refused.Reason switch
    {
        AccountRefusal.PasswordTooShort => texts[nameof(AccountRefusal.PasswordTooShort), AccountRules.MinPasswordLength],
        AccountRefusal.PasswordTooLong => texts[nameof(AccountRefusal.PasswordTooLong), AccountRules.MaxPasswordLength],
        AccountRefusal.NameInvalid => texts[nameof(AccountRefusal.NameInvalid), AccountRules.MaxNameLength],
        var reason => texts[reason.ToString()],
    };
}
