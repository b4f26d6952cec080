namespace Rlhf.Core;

/// <summary>
/// Bad input. The message says what is wrong, where, and what would be right. The program prints only the message and exits with
/// code 2. Any other exception is a defect of the program, except a training that diverged.
/// </summary>
public sealed class UserError : Exception
{
    public UserError(string message) : base(message) { }

    public UserError(string message, Exception inner) : base(message, inner) { }
}
