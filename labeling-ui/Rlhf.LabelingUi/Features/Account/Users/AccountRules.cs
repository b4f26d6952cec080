using System.Globalization;
using System.Text;

namespace Rlhf.LabelingUi.Features.Account.Users;

/// <summary>What names and passwords must be.</summary>
internal static class AccountRules
{
    public const int MaxNameLength = 64, MinPasswordLength = 10, MaxPasswordLength = 200;

    private const string Marks = " ._-@+'";

    /// <summary>
    /// Letters and digits of any script, and some marks: nothing that is invisible, turns the direction of text, or is two lines.
    /// </summary>
    /// <exception cref="AccountRefusedException">It is something else.</exception>
    public static string CheckName(string? name)
    {
        string trimmed = name?.Trim() ?? "";
        return trimmed.Length is > 0 and <= MaxNameLength && trimmed.EnumerateRunes().All(IsAllowed)
            ? trimmed
            : throw new AccountRefusedException(AccountRefusal.NameInvalid, "name",
                $"a name has 1 … {MaxNameLength} letters, digits or marks ({Marks.Trim()} and spaces)");
    }

    /// <exception cref="AccountRefusedException">Too short, too long, or the name.</exception>
    public static string CheckPassword(string? password, string name) => password switch
    {
        null or { Length: < MinPasswordLength } => throw new AccountRefusedException(AccountRefusal.PasswordTooShort, "password",
            $"a password has at least {MinPasswordLength} characters; got {password?.Length ?? 0}"),
        { Length: > MaxPasswordLength } => throw new AccountRefusedException(AccountRefusal.PasswordTooLong, "password",
            $"a password has at most {MaxPasswordLength} characters; got {password.Length}"),
        _ when password.Contains(name, StringComparison.OrdinalIgnoreCase) && name.Length * 2 > password.Length =>
            throw new AccountRefusedException(AccountRefusal.PasswordIsName, "password", "the password is little more than the name"),
        _ => password,
    };

    private static bool IsAllowed(Rune rune) => rune.Value != 0xFFFD && (Rune.IsLetterOrDigit(rune)
        || Rune.GetUnicodeCategory(rune) is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark
        || (rune.IsAscii && Marks.Contains((char)rune.Value)));
}
