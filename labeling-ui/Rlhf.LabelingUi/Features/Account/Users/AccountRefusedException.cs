namespace Rlhf.LabelingUi.Features.Account.Users;

/// <summary>Why something about an account is not done; the names are those of the texts that pages show.</summary>
public enum AccountRefusal
{
    NameInvalid,
    NameTaken,
    PasswordTooShort,
    PasswordTooLong,
    PasswordIsName,
    PasswordWrong,
    LastAdmin,
    NoSuchAccount,
    InvitationInvalid,
    RoleTooHigh,
    NoSuchProject,
    WorkerIdInvalid,
    LimitInvalid,
    TokenNameInvalid,
}

/// <summary>Bad input about an account.</summary>
/// <param name="reason">For texts in the reader's language.</param>
/// <param name="field">The field of the form or of the request.</param>
/// <param name="message">In English: what is wrong and what would be right.</param>
public sealed class AccountRefusedException(AccountRefusal reason, string field, string message) : Exception(message)
{
    public AccountRefusal Reason { get; } = reason;

    public string Field { get; } = field;
}
