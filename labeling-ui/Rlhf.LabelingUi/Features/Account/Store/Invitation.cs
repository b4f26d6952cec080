using Rlhf.LabelingUi.Features.Account.Access;

namespace Rlhf.LabelingUi.Features.Account.Store;

/// <summary>What a link of an invitation leads to.</summary>
public enum InvitationKind
{
    /// <summary>An account with a name and a password.</summary>
    Account,

    /// <summary>A guest account for each worker id that the link brings (Prolific, MTurk).</summary>
    Workers,

    /// <summary>The first account of a home folder, an administrator. Void as soon as there is one.</summary>
    FirstAdmin,
}

/// <summary>Lets somebody make an account, for some time and a number of times. The code itself is shown once and not kept.</summary>
public sealed class Invitation
{
    public Guid Id { get; init; } = Guid.CreateVersion7();

    public InvitationKind Kind { get; init; }

    /// <summary>The SHA-256 of the code, hexadecimal.</summary>
    public required string CodeHash { get; init; }

    /// <summary>The role of the accounts that are made with it.</summary>
    public AccountRole Role { get; init; }

    /// <summary>The labeling project that they become members of.</summary>
    public Guid? ProjectId { get; init; }

    /// <summary>How often it may be used; null for as often as wanted.</summary>
    public int? Uses { get; init; }

    public int Used { get; set; }

    public DateTimeOffset Created { get; init; }

    public DateTimeOffset Expires { get; init; }

    /// <summary>The account that made it; null where it was made on the command line.</summary>
    public Guid? CreatedBy { get; init; }

    /// <summary>Whether it can be used at a time.</summary>
    public bool IsValid(DateTimeOffset now) => now < Expires && (Uses is null || Used < Uses);
}
