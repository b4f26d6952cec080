namespace Rlhf.LabelingUi.Features.Account.Store;

/// <summary>A token with which a program acts for an account. The token itself is shown once and not kept.</summary>
public sealed class ApiToken
{
    public Guid Id { get; init; } = Guid.CreateVersion7();

    public Guid AccountId { get; init; }

    /// <summary>What it is for, in words of its owner.</summary>
    public required string Name { get; init; }

    /// <summary>The SHA-256 of the token, hexadecimal.</summary>
    public required string Hash { get; init; }

    public DateTimeOffset Created { get; init; }

    /// <summary>Null: until it is revoked.</summary>
    public DateTimeOffset? Expires { get; init; }

    /// <summary>To the hour.</summary>
    public DateTimeOffset? LastUsed { get; set; }
}
