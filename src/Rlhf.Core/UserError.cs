namespace Rlhf.Core;

/// <summary>
/// Bad input. The message says what was wrong, where, and what would be right. The program prints the message alone and ends with
/// exit code 2; any other exception is a defect of this program, except for a training that diverged.
/// </summary>
public sealed class UserError : Exception
{
    public UserError(string message) : base(message) { }

    public UserError(string message, Exception inner) : base(message, inner) { }
}
