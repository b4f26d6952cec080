namespace Rlhf.Core;

/// <summary>What kind of bad input it is; the API answers each with a status of its own.</summary>
public enum ErrorKind
{
    /// <summary>A value that does not fit.</summary>
    Invalid,

    /// <summary>It names something that does not exist, or not for whoever acts.</summary>
    NotFound,

    /// <summary>It fits, but not the present state: something was changed or closed before.</summary>
    Conflict,

    /// <summary>Whoever acts may not do this.</summary>
    Forbidden,

    /// <summary>An idempotency key that came with another request before.</summary>
    KeyReused,
}

/// <summary>
/// Bad input. The message says what is wrong, where, and what would be right. The program prints only the message and exits with
/// code 2. Any other exception is a defect of the program, except a training that diverged.
/// </summary>
public sealed class UserError : Exception
{
    public UserError(string message) : this(message, null, null) { }

    public UserError(string message, Exception inner) : this(message, null, inner) { }

    public UserError(MessageTemplate message) : this(message.ToString(), message, null) { }

    public UserError(MessageTemplate message, Exception inner) : this(message.ToString(), message, inner) { }

    private UserError(string message, MessageTemplate? template, Exception? inner) : base(message, inner)
    {
        // What an inner error says word for word is its message.
        var same = template is null && inner is UserError other && other.Message == message ? other : null;
        Template = same?.Template ?? template?.Format ?? message;
        Values = same?.Values ?? template?.Values ?? [];
    }

    /// <summary>The message with places for its values, such as "must be 1 or more; got {0}": the key of its translations.</summary>
    public string Template { get; }

    /// <summary>The values of <see cref="Template"/>.</summary>
    public IReadOnlyList<object?> Values { get; }

    public ErrorKind Kind { get; init; }

    /// <summary>The field of a request that is at fault, as a path such as "answers.ranking"; null where it is no single one.</summary>
    public string? Field { get; init; }
}
